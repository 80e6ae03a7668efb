/* SPDX-License-Identifier: MIT */
/* stub/arch.h and the `monitor` commands of a CPU that has a pc and two
 * registers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "stub/arch.h"
#include "stub/monitor/command.h"
#include "tests/support/arch_null/cpu.h"

static const struct rsp_reg regs[] = {
    {.name = "a", .bits = 8, .id = 0},
    {.name = "n", .bits = 8, .id = 1},
    {.name = "pc", .bits = 64, .id = 2, .flags = RSP_REG_EXPEDITE},
};

/* What a client sees of it as long as addresses have 32 bits. */
static const struct rsp_reg narrow_regs[] = {
    {.name = "a", .bits = 8, .id = 0},
    {.name = "n", .bits = 8, .id = 1},
    {.name = "pc", .bits = 32, .id = 2, .flags = RSP_REG_EXPEDITE},
};

static const struct rsp_desc narrow_desc = {.architecture = "null32",
                                            .osabi = "none",
                                            .title = "[null32]",
                                            .regs = narrow_regs,
                                            .n_regs = 3};

static const struct rsp_desc desc = {.architecture = "null",
                                     .osabi = "none",
                                     .title = "[null]",
                                     .regs = regs,
                                     .n_regs = 3};

const struct monitor_command stub_monitor_commands[] = {{0}};

void stub_set_syscall_result(void *context, long value)
{
    (void)context;
    (void)value;
}

enum cpu_mode stub_code_mode(struct vcpu *vcpu)
{
    return null_cpu.width && vcpu->arch->pc <= UINT32_MAX ? CPU_MODE_PROT
                                                          : CPU_MODE_LONG;
}

void stub_cpu(enum image_kind kind, struct rsp_host *ret)
{
    (void)kind;
    ret->triple = NULL;
    ret->pointer_bytes = 8;
}

const struct rsp_desc *stub_describe(struct vcpu *vcpu, enum cpu_mode mode,
                                     const struct rsp_client *client)
{
    (void)client;
    null_cpu.described |= 1u << vcpu->index;
    return mode == CPU_MODE_LONG ? &desc : &narrow_desc;
}

unsigned stub_address_bits(const struct rsp_desc *known)
{
    return known->regs[2].bits;
}

int stub_reg_read(struct vcpu *vcpu, const struct rsp_reg *reg, uint8_t *out)
{
    const struct vcpu_arch *arch = vcpu->arch;

    if (reg->id == 2)
        memcpy(out, &arch->pc, reg->bits / 8);
    else
        *out = reg->id ? arch->n : arch->a;
    return 0;
}

int stub_reg_write(struct vcpu *vcpu, const struct rsp_reg *reg,
                   const uint8_t *in, struct diag *diag)
{
    struct vcpu_arch *arch = vcpu->arch;
    uint64_t pc = 0;

    if (reg->id == 2) {
        memcpy(&pc, in, reg->bits / 8);
        return stub_set_pc(vcpu, pc, diag);
    }
    *(reg->id ? &arch->n : &arch->a) = *in;
    return 0;
}

int stub_set_pc(struct vcpu *vcpu, uint64_t pc, struct diag *diag)
{
    if (pc >= NULL_RAM)
        return diag_set(diag, -EINVAL, "pc has 16 bits");
    return arch_set_pc(vcpu, pc);
}

struct stub_regs {
    struct vcpu_arch arch;
};

struct stub_regs *stub_regs_save(struct vcpu *vcpu)
{
    struct stub_regs *saved = malloc(sizeof *saved);

    if (saved)
        saved->arch = *vcpu->arch;
    return saved;
}

void stub_regs_restore(struct vcpu *vcpu, const struct stub_regs *saved)
{
    *vcpu->arch = saved->arch;
}
