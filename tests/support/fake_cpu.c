/* SPDX-License-Identifier: MIT */
#include "tests/support/fake_cpu.h"

#include "kvm/arch_fault.h"

/* The one that is executed. */
struct insn {
    struct fake_machine *m;
    unsigned cpu;
    struct vcpu *vcpu;
    struct vcpu_arch *arch;
    uint64_t at;
    uint8_t operand;
    uint16_t address;
    struct fake_access *access;
    struct vcpu_event *event;
};

/* --- memory --- */

static bool is_guarded(const struct fake_machine *m, uint64_t gpa,
                       bool is_write)
{
    for (size_t i = 0; i < m->n_guards && !m->lowered; i++)
        if (gpa - m->guard[i].gpa < m->guard[i].size)
            return is_write || m->guard[i].kind == GUARD_ACCESS;
    return false;
}

static void note_registers(const struct insn *i, uint64_t gva, bool is_write)
{
    for (unsigned k = 0; k < i->vcpu->debug.n_hw; k++) {
        const struct hw_point *point = &i->vcpu->debug.hw[k];

        if (point->kind != HW_EXEC && gva - point->gva < point->size &&
            (is_write || point->kind == HW_ACCESS))
            i->access->hw |= 1u << k;
    }
}

static void ask_owner(const struct insn *i, uint64_t gva, uint8_t *value,
                      bool is_write)
{
    i->m->inside = i->cpu + 1;
    i->access->guard_hit |= i->m->owner.access(i->m->owner.context, i->cpu, gva,
                                               value, 1, is_write);
    i->m->inside = 0;
}

static uint8_t load(const struct insn *i, uint16_t gva)
{
    uint8_t value = *fake_byte(i->m, gva);

    note_registers(i, gva, false);
    if (is_guarded(i->m, gva, false))
        ask_owner(i, gva, &value, false);
    return value;
}

static void store(const struct insn *i, uint16_t gva, uint8_t value)
{
    note_registers(i, gva, true);
    if (is_guarded(i->m, gva, true))
        ask_owner(i, gva, &value, true);
    else
        *fake_byte(i->m, gva) = value;
}

/* --- exceptions --- */

static enum fake_done shut_down(const struct insn *i)
{
    i->arch->pc = i->at;
    i->event->kind = VCPU_EVENT_SHUTDOWN;
    return FAKE_EVENT;
}

/* Its frame goes onto the stack, and must not leave the guest. */
static bool push_frame(const struct insn *i, uint8_t vector)
{
    uint16_t sp = (uint16_t)(i->arch->sp - 1);

    if (!i->arch->sp)
        return true;
    if (is_guarded(i->m, sp, true))
        return false;
    *fake_byte(i->m, sp) = vector;
    i->arch->sp = sp;
    return true;
}

/* To the handler, if there is one. */
static enum fake_done deliver(const struct insn *i, struct null_exception what)
{
    uint64_t handler;

    if (arch_handler(i->vcpu, what.vector, &handler) < 0) {
        what.vector = NULL_DOUBLE;
        if (arch_handler(i->vcpu, what.vector, &handler) < 0)
            return shut_down(i);
    }
    if (!push_frame(i, what.vector))
        return shut_down(i);
    what.there = true;
    i->arch->raised = what;
    i->arch->entered = true;
    i->arch->pc = handler;
    return FAKE_DONE;
}

static enum fake_done raise(const struct insn *i)
{
    struct null_exception what = {.at = i->at,
                                  .back = i->arch->pc,
                                  .vector = i->operand,
                                  .is_explained = true};

    if (*fake_byte(i->m, i->at) == I_CODE) {
        what.has_code = true;
        what.code = (uint8_t)(i->address >> 8);
    }
    return deliver(i, what);
}

static enum fake_done call(const struct insn *i)
{
    return deliver(i, (struct null_exception){.at = i->arch->pc,
                                              .back = i->arch->pc,
                                              .vector = i->operand,
                                              .is_trap = true,
                                              .is_call = true});
}

static enum fake_done back(const struct insn *i)
{
    i->arch->pc = i->arch->raised.back;
    i->arch->raised.there = false;
    if (i->arch->sp)
        i->arch->sp++;
    return FAKE_DONE;
}

/* Without privileges it is, on some hosts. */
static enum fake_done guests_trap(const struct insn *i)
{
    struct null_exception what = {.at = i->m->user_behind ? i->arch->pc : i->at,
                                  .back = i->arch->pc,
                                  .vector = NULL_TRAPPED,
                                  .is_trap = true};
    enum fake_done done;

    if (i->m->user_refuses)
        what = (struct null_exception){.at = i->at,
                                       .back = i->arch->pc,
                                       .vector = NULL_REFUSED,
                                       .has_code = true,
                                       .code = NULL_REFUSED_CODE};
    done = deliver(i, what);
    if (done == FAKE_EVENT)
        i->arch->pc = what.at;
    i->arch->reset = done == FAKE_EVENT && null_cpu.trap.user_is_end;
    return done;
}

static enum fake_done trap(const struct insn *i)
{
    if (i->m->written_stays || (i->m->user_raises && null_is_user(i->at)))
        return guests_trap(i);
    i->arch->pc = i->at;
    i->event->kind = VCPU_EVENT_DEBUG;
    i->event->hit.trap = true;
    return FAKE_EVENT;
}

static enum fake_done other_trap(const struct insn *i)
{
    if (i->m->user_raises && null_is_user(i->at))
        return guests_trap(i);
    i->event->kind = VCPU_EVENT_DEBUG;
    i->event->hit.trap = true;
    return FAKE_EVENT;
}

static enum fake_done own(const struct insn *i)
{
    i->event->kind = VCPU_EVENT_DEBUG;
    i->event->hit.foreign = true;
    return FAKE_EVENT;
}

/* --- the stack --- */

/* The emulator stores the last one alone where it leaves the guest. */
static enum fake_done push(const struct insn *i)
{
    struct vcpu_arch *arch = i->arch;

    arch->sp = (uint16_t)(arch->sp - i->operand);
    arch->pushed.at = arch->sp;
    arch->pushed.n = i->operand;
    arch->pushed.first = arch->a;
    for (unsigned k = 0; k < i->operand; k++) {
        uint16_t to = (uint16_t)(arch->sp + i->operand - 1u - k);
        bool is_lost = null_cpu.emulator && k + 1u < i->operand &&
                       is_guarded(i->m, to, true);

        if (!is_lost)
            store(i, to, (uint8_t)(arch->a + k));
    }
    return FAKE_DONE;
}

/* It counts the first one twice if that left the guest. */
static enum fake_done pop(const struct insn *i)
{
    struct vcpu_arch *arch = i->arch;
    bool wrong = null_cpu.emulator && is_guarded(i->m, arch->sp, false);
    uint64_t behind = arch->pc;

    arch->pc = i->at;
    for (unsigned k = 0; k < i->operand; k++) {
        arch->a = load(i, arch->sp);
        arch->sp = (uint16_t)(arch->sp + 1 + (k == 0 && wrong));
    }
    arch->pc = behind;
    arch->popped_wrong = wrong;
    return FAKE_DONE;
}

/* --- repeated ones: a byte each time --- */

static enum fake_done repeat(const struct insn *i, uint16_t to, int sp_moves)
{
    struct vcpu_arch *arch = i->arch;

    if (!arch->n)
        return FAKE_DONE;
    store(i, to, arch->a);
    arch->sp = (uint16_t)(arch->sp + sp_moves);
    if (--arch->n == 0)
        return FAKE_DONE;
    arch->pc = i->at;
    return FAKE_PART;
}

static enum fake_done fill(const struct insn *i)
{
    return repeat(i, (uint16_t)(i->address + i->arch->n - 1u), 0);
}

static enum fake_done pump(const struct insn *i)
{
    return repeat(i, i->arch->sp, 1);
}

/* --- the others --- */

static enum fake_done loop(const struct insn *i)
{
    if (--i->arch->n)
        i->arch->pc = i->address;
    return FAKE_DONE;
}

static enum fake_done stay(const struct insn *i)
{
    i->arch->pc = i->at;
    i->m->kicked = true; /* nobody else would call it back */
    return FAKE_NOWHERE;
}

static enum fake_done halt(const struct insn *i)
{
    i->vcpu->halted = true;
    i->event->kind = VCPU_EVENT_HALT;
    i->event->stepped = i->vcpu->debug.step;
    return FAKE_EVENT;
}

static enum fake_done end(const struct insn *i)
{
    i->event->kind = VCPU_EVENT_END;
    i->event->code = i->operand;
    return FAKE_EVENT;
}

static enum fake_done reset(const struct insn *i)
{
    (void)end(i);
    i->event->kind = VCPU_EVENT_RESET;
    return FAKE_EVENT;
}

static enum fake_done fail(const struct insn *i, enum vcpu_event_kind kind)
{
    i->arch->pc = i->at;
    i->event->kind = kind;
    return FAKE_EVENT;
}

static enum fake_done widen(const struct insn *i)
{
    i->arch->widening = true;
    i->m->kicked |= i->m->tells_widening;
    return FAKE_DONE;
}

/* To 0, where the firmware halts, or to what it has. */
static enum fake_done ask(const struct insn *i)
{
    i->arch->asked_at = i->at;
    i->arch->raised.back = i->arch->pc;
    i->arch->pc = NULL_FIRMWARE + (uint64_t)i->operand;
    return FAKE_DONE;
}

/* What goes to somewhere, or changes registers alone. */
static enum fake_done plain(const struct insn *i, uint8_t opcode)
{
    struct vcpu_arch *arch = i->arch;

    switch (opcode) {
    case I_NOP:
        break;
    case I_JMP:
        arch->pc = i->address;
        break;
    case I_FAR:
        arch->pc = NULL_UPPER + i->address;
        break;
    case I_SET:
        arch->n = i->operand;
        break;
    case I_STACK:
        arch->sp = i->address;
        break;
    case I_WIDE:
        arch->wide = true;
        arch->widening = false;
        break;
    default:
        return fail(i, VCPU_EVENT_EMULATION);
    }
    return FAKE_DONE;
}

static enum fake_done transfer(const struct insn *i, uint8_t opcode)
{
    switch (opcode) {
    case I_INC:
        store(i, i->address, (uint8_t)(load(i, i->address) + 1));
        return FAKE_DONE;
    case I_LOAD:
        i->arch->a = load(i, i->address);
        return FAKE_DONE;
    case I_STORE:
        store(i, i->address, i->arch->a);
        return FAKE_DONE;
    case I_READS:
        return is_guarded(i->m, i->address, false) ? stay(i) : FAKE_DONE;
    case I_PUSH:
        return push(i);
    case I_POP:
        return pop(i);
    case I_FILL:
        return fill(i);
    case I_PUMP:
        return pump(i);
    default:
        return plain(i, opcode);
    }
}

static enum fake_done dispatch(const struct insn *i, uint8_t opcode)
{
    switch (opcode) {
    case I_LOOP:
        return loop(i);
    case I_RAISE:
    case I_CODE:
        return raise(i);
    case I_CALL:
        return call(i);
    case I_BACK:
        return back(i);
    case I_TRAP:
        return trap(i);
    case I_OTHER:
        return other_trap(i);
    case I_OWN:
        return own(i);
    case I_HALT:
        return halt(i);
    case I_END:
        return end(i);
    case I_CALLS:
        i->event->kind = VCPU_EVENT_ASKS;
        return FAKE_EVENT;
    case I_RESET:
        return reset(i);
    case I_ODD:
        return fail(i, VCPU_EVENT_UNKNOWN);
    case I_STUCK:
        return stay(i);
    case I_WIDEN:
        return widen(i);
    case I_ASK:
        return ask(i);
    default:
        return transfer(i, opcode);
    }
}

enum fake_done fake_execute(struct fake_machine *m, unsigned cpu,
                            struct fake_access *access,
                            struct vcpu_event *event)
{
    struct vcpu *vcpu = &m->vm.vcpu[cpu];
    struct vcpu_arch *arch = vcpu->arch;
    uint64_t at = arch->pc;
    uint8_t opcode = *fake_byte(m, at);
    const struct insn insn = {
        .m = m,
        .cpu = cpu,
        .vcpu = vcpu,
        .arch = arch,
        .at = at,
        .operand = *fake_byte(m, at + 1),
        .address = (uint16_t)(*fake_byte(m, at + 1) |
                              (unsigned)*fake_byte(m, at + 2) << 8),
        .access = access,
        .event = event,
    };

    *event = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    arch->reflected = arch->entered = false;
    if (is_guarded(m, at % NULL_RAM, false))
        return fail(&insn, VCPU_EVENT_EMULATION);
    arch->pc = at + null_insn_size(opcode);
    return dispatch(&insn, opcode);
}
