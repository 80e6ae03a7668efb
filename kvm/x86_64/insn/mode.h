/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_MODE_H
#define KVM_X86_64_INSN_MODE_H

/* How instructions are decoded. */
enum insn_mode {
    INSN_MODE_16,
    INSN_MODE_32,
    INSN_MODE_COMPAT_16, /* long mode's two compatibility modes */
    INSN_MODE_COMPAT_32,
    INSN_MODE_64,
    INSN_MODE_REAL,
};

#endif
