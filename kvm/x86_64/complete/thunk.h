/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_THUNK_H
#define KVM_X86_64_COMPLETE_THUNK_H

/* The guest's registers around an instruction of its own. For C and for
 * assembler. */

/* Offsets in struct thunk_frame. */
#define THUNK_FLAGS 128
#define THUNK_CODE  136
#define THUNK_PARTS 144
#define THUNK_GUEST 192
#define THUNK_HOST  2944

/* x87, SSE, AVX, AVX-512 in XSAVE's standard form, wherever this CPU has them
 * in it: Intel SDM 1 13.4. */
#define THUNK_AREA 2752

#ifndef __ASSEMBLER__

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

struct thunk_frame {
    uint64_t gp[16]; /* as the CPU numbers them; RSP's is not used */
    uint64_t flags;
    const void *code; /* the instruction, and a RET */
    uint64_t parts;   /* of the XSAVE state: those that this CPU has */
    alignas(64) uint8_t guest[THUNK_AREA];
    alignas(64) uint8_t host[THUNK_AREA];
};

_Static_assert(offsetof(struct thunk_frame, flags) == THUNK_FLAGS &&
                   offsetof(struct thunk_frame, code) == THUNK_CODE &&
                   offsetof(struct thunk_frame, parts) == THUNK_PARTS &&
                   offsetof(struct thunk_frame, guest) == THUNK_GUEST &&
                   offsetof(struct thunk_frame, host) == THUNK_HOST,
               "thunk.S goes by these offsets");

/* Loads gp, flags and guest, calls code, and stores what it has made of them.
 * The stack stays that of the caller. */
void x86_thunk(struct thunk_frame *frame);

#endif

#endif
