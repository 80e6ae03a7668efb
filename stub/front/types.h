/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_TYPES_H
#define STUB_FRONT_TYPES_H

/*
 * The debugger as a client meets it: an engine, the session that speaks for it,
 * and what the user has decided beforehand. It turns the client's wishes into
 * the engine's, and the engine's stops into stop replies.
 *
 * Everything here belongs to the loop's thread. Types alone.
 */

#include "rsp/state.h"
#include "stub/engine/types.h"
#include "stub/front/ending.h"
#include "stub/front/policy.h"

struct broker;

struct debugger {
    struct engine engine;
    struct rsp_session session;
    struct rsp_target_ops ops; /* the session's */

    enum follow_mode follow_mode;
    enum when_gone on_detach, on_disconnect;
    enum when_killed on_kill;
    enum when_stopped on_stop;
    struct broker *broker; /* opens files for `monitor` commands */

    bool connected;    /* a client is there */
    uint64_t bulk_end; /* of its last write, if it was large */
    struct {
        struct stub_regs *regs;
        bool taken_back, passing; /* of the thread */
    } saved;                      /* between reg_begin() and reg_end() */

    struct rsp_stop last;    /* why the guest is stopped now */
    char error[ENGINE_TEXT]; /* the last failure, for the client */

    bool in_trouble; /* the guest cannot go on from here: */
    char trouble[ENGINE_TEXT];
    struct ending ending; /* of the program, if it is not NONE */
};

#endif
