/* SPDX-License-Identifier: MIT */
/* A CPU without any of the optional groups: all of this may be NULL. */
#include <stddef.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_run.h"

const struct arch_interrupt_ops *const arch_interrupt = NULL;
const struct arch_width_ops *const arch_width = NULL;
const struct arch_emulator_ops *const arch_emulator = NULL;
const struct arch_firmware_ops *const arch_firmware = NULL;
