/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_NATIVE_H
#define KVM_X86_64_COMPLETE_NATIVE_H

/*
 * Instructions that compute, executed by the CPU in this process: on the
 * guest's registers, with its operand in memory checked and replaced
 * (kvm/x86_64/complete/encode.h).
 */

#include "kvm/arch_run.h"
#include "kvm/x86_64/complete/types.h"

/* May it be executed so? Then how is kept for x86_native(). */
struct encoded;
bool x86_native_may(const struct complete *c, struct encoded *ret);

/* Executes it: the cached registers are those behind it. An exception of it is
 * in *ret_vector and *ret_code, a page fault's address in CR2; else the vector
 * is -1, and pc has not moved yet. */
enum arch_completion x86_native(const struct complete *c,
                                const struct encoded *how, int *ret_vector,
                                uint32_t *ret_code);

#endif
