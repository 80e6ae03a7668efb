/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_HOST_TRACE_H
#define TESTS_KVM_X86_64_HOST_TRACE_H

/*
 * Something done between two given instructions of this very program: it steps
 * through itself once with RFLAGS.TF and records where it comes by, and from
 * then on has an int3 at the place that is wanted. One thread.
 */

#include <stdbool.h>
#include <stddef.h>

/* Takes SIGTRAP. -errno. */
int host_trace_setup(void);

/* Records the instructions up to host_trace_end(); how many there are. */
void host_trace_begin(void);
size_t host_trace_end(void);

/* How often the program has been there before, when it comes to the i-th. */
size_t host_trace_passes(size_t i);

/* act is called when the instruction that was the i-th is next; once, if the
 * program comes there before host_trace_forget(). Never in code that cannot be
 * written to: the kernel's, in the vDSO. */
void host_trace_act_at(size_t i, void (*act)(void));
void host_trace_forget(void);

#endif
