/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_DECODER_H
#define KVM_X86_64_INSN_DECODER_H

/* Zydis, set up for how the CPU decodes now: for the files that look into
 * instructions. */

#include <Zydis/Zydis.h>

#include "kvm/x86_64/insn/mode.h"

ZydisDecoder insn_decoder(enum insn_mode mode);

#endif
