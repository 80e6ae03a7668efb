/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_FRAME_H
#define KVM_X86_64_STATE_FRAME_H

/*
 * What an interrupt or exception leaves on the stack: Intel SDM 3A 6.12.1,
 * 6.14.2 and 20.1.4 (real mode). For the vCPU's owner.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/state/gate.h"

struct x86_frame_form {
    uint8_t width;   /* bytes of a pushed register: 2, 4 or 8 */
    bool error_code; /* lies below the rest */
};

struct x86_frame {
    struct x86_frame_form form;
    uint64_t code; /* the error code, if the form has one */
    uint64_t ip, flags;
    uint16_t cs;
    /* The stack that was interrupted. SS is in the frame only after a change
     * of privilege and in 64-bit code; else it is the present one. */
    uint64_t sp;
    uint16_t ss;
    bool has_ss;
    /* Virtual-8086 mode was interrupted: ES, DS, FS and GS are in the frame,
     * too. */
    bool is_v86;
    uint16_t data[4];
    uint64_t flags_gva; /* where they lie */
};

/* How a gate's frame will look. */
struct x86_frame_form x86_frame_form(struct vcpu *vcpu, unsigned vector,
                                     const struct x86_gate *gate);

/* The frame on top of the stack. -EFAULT: no memory. */
int x86_frame(struct vcpu *vcpu, struct x86_frame_form form,
              struct x86_frame *ret);

/* Bytes, from the top of the stack on. */
unsigned x86_frame_size(const struct x86_frame *frame);

/* Can an exception have left it? */
bool x86_frame_is_sound(struct vcpu *vcpu, const struct x86_frame *frame);

/* The first instruction of the task behind a task gate, and where its CS says
 * that it is. -EFAULT: not all of it can be read. */
int x86_task_entry(struct vcpu *vcpu, uint16_t selector, uint64_t *ret_gva);

#endif
