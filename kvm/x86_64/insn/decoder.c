/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/insn/decoder.h"

/* clang-format off */
static const struct {
    ZydisMachineMode mode;
    ZydisStackWidth stack;
} decoders[] = {
    [INSN_MODE_16]        = {ZYDIS_MACHINE_MODE_LEGACY_16,
                             ZYDIS_STACK_WIDTH_16},
    [INSN_MODE_32]        = {ZYDIS_MACHINE_MODE_LEGACY_32,
                             ZYDIS_STACK_WIDTH_32},
    [INSN_MODE_COMPAT_16] = {ZYDIS_MACHINE_MODE_LONG_COMPAT_16,
                             ZYDIS_STACK_WIDTH_16},
    [INSN_MODE_COMPAT_32] = {ZYDIS_MACHINE_MODE_LONG_COMPAT_32,
                             ZYDIS_STACK_WIDTH_32},
    [INSN_MODE_64]        = {ZYDIS_MACHINE_MODE_LONG_64,
                             ZYDIS_STACK_WIDTH_64},
    [INSN_MODE_REAL]      = {ZYDIS_MACHINE_MODE_REAL_16,
                             ZYDIS_STACK_WIDTH_16},
};

ZydisDecoder insn_decoder(enum insn_mode mode)
{
    ZydisDecoder decoder;

    (void)ZydisDecoderInit(&decoder, decoders[mode].mode, decoders[mode].stack);
    return decoder;
}
