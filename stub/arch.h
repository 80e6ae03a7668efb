/* SPDX-License-Identifier: MIT */
#ifndef STUB_ARCH_H
#define STUB_ARCH_H

/*
 * What the debugger knows of an architecture's registers: the descriptions
 * that clients are served, and values in GDB's format. (Its `monitor` commands
 * are in stub/monitor/monitor.h.) One implementation lives in
 * stub/<architecture>/; generic code never looks behind it.
 */

#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "rsp/target.h"

/* In a handler of SIGSYS: what the system call that was refused returns.
 * context is the handler's ucontext_t. */
void stub_set_syscall_result(void *context, long value);

/* How the vCPU decodes instructions now; LONG: as 64-bit code. */
enum cpu_mode stub_code_mode(struct vcpu *vcpu);

/* The CPU of a guest from this kind of image, in LLDB's words: triple and
 * pointer_bytes of ret. */
void stub_cpu(enum image_kind kind, struct rsp_host *ret);

/* The description for a client, for a guest that is in this CPU mode and has
 * what the vCPU has. Borrowed; lives as long as the process. */
const struct rsp_desc *stub_describe(struct vcpu *vcpu, enum cpu_mode mode,
                                     const struct rsp_client *client);

/* How wide the addresses are that a client with this description has. */
unsigned stub_address_bits(const struct rsp_desc *desc);

/* bits / 8 bytes, little endian. -ENODATA when the value is not to be had. */
int stub_reg_read(struct vcpu *vcpu, const struct rsp_reg *reg, uint8_t *out);
/* -errno with a sentence when the CPU would not take the value; the vCPU is
 * then as it was. */
int stub_reg_write(struct vcpu *vcpu, const struct rsp_reg *reg,
                   const uint8_t *in, struct diag *diag);

/* The same for the program counter, linear. */
int stub_set_pc(struct vcpu *vcpu, uint64_t pc, struct diag *diag);

/* All that stub_reg_write() can change, as it is now; NULL: no memory. To be
 * put back as often as wanted, and freed with free(). */
struct stub_regs;
struct stub_regs *stub_regs_save(struct vcpu *vcpu);
void stub_regs_restore(struct vcpu *vcpu, const struct stub_regs *saved);

#endif
