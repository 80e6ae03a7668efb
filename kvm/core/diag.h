/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_DIAG_H
#define KVM_CORE_DIAG_H

/*
 * A failure that a person will read: set-up functions fill one in beside their
 * -errno, the program prints it. One sentence: what failed, why, the cure.
 */
struct diag {
    char text[320];
};

/* Formats into diag (NULL is fine), returns err, so `return diag_set(...)`. */
int diag_set(struct diag *diag, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
