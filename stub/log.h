/* SPDX-License-Identifier: MIT */
#ifndef STUB_LOG_H
#define STUB_LOG_H

/*
 * What the program says: one line, one write(2), to standard error. Where
 * nobody reads that, lines are dropped after a moment, and counted: the first
 * one that finds room again comes behind their number. One thread.
 */

#include <stdbool.h>
#include <stddef.h>

enum log_topic {
    LOG_RSP = 1u << 0, /* packets */
    LOG_RUN = 1u << 1, /* resumes and stops */
    LOG_BP = 1u << 2,  /* breakpoints going in and out */
    LOG_MEM = 1u << 3, /* the debugger's memory accesses */
};

/* For the user: "kvmgdbstub: ..." */
void log_user(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Everything that was printed on standard output is out. Where it is not (a
 * full disk, say) that is said, and false. */
bool log_flush_output(void);

/* "rsp,run" or "all": adds the topics. Returns false at an unknown one. */
bool log_enable(const char *topics);
bool log_enabled(enum log_topic topic);
/* A line of --trace output; nothing when the topic is off. */
void log_trace(enum log_topic topic, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A packet: "<- $m1000,4" with bytes that do not print escaped. */
void log_packet(char direction, const char *bytes, size_t n);

#endif
