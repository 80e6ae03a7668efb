/* SPDX-License-Identifier: MIT */
#include "kvm/arch_run.h"
#include "kvm/x86_64/insn/losses.h"

static const struct arch_emulator_ops ops = {
    .stacks_now = x86_stacks_now,
    .lost_stores = x86_lost_stores,
    .pops_begin = x86_pops_begin,
    .pops_end = x86_pops_end,
};

const struct arch_emulator_ops *const arch_emulator = &ops;
