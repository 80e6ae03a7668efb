/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/insn/decoded.h"

#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

void x86_decode(struct vcpu *vcpu, struct decoded *ret)
{
    ZydisDecoder decoder;

    ret->mode = x86_code_mode(vcpu);
    ret->n_accesses = 0;
    ret->n_bytes = x86_read(vcpu, arch_pc(vcpu), ret->bytes, sizeof ret->bytes);
    decoder = insn_decoder(ret->mode);
    ret->status = ZydisDecoderDecodeFull(&decoder, ret->bytes, ret->n_bytes,
                                         &ret->insn, ret->op);
    if (!ZYAN_SUCCESS(ret->status)) /* it may have been written in part */
        memset(&ret->insn, 0, sizeof ret->insn);
    else
        ret->n_accesses =
            operand_list_decoded(ret->mode, &ret->insn, ret->op, x86_gp(vcpu),
                                 x86_sys(vcpu), ret->access);
}
