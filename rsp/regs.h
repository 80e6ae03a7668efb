/* SPDX-License-Identifier: MIT */
#ifndef RSP_REGS_H
#define RSP_REGS_H

/*
 * How a target describes its registers. One rsp_desc gives target.xml, the
 * layout of the g packet, and the numbers of p and P: GDB's number of a
 * register is its index in regs[], from n_base on n_foreign more.
 *
 *   regs[]     0 ........ n_base - 1              n_base ...
 *   number     0 ........ n_base - 1   (foreign)  n_base + n_foreign ...
 *   g, G       of a client that has read the description: all of regs[]
 *              of one that has not: regs[] up to n_base
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RSP_REG_MAX_BYTES = 64,     /* the widest register: a zmm */
    RSP_REG_EXPEDITE = 1u << 0, /* sent with each stop reply to any client */
    RSP_REG_GENERAL = 1u << 1,  /* sent with each stop reply to LLDB */
    RSP_REG_NO_SAVE = 1u << 2,  /* save-restore="no" in target.xml */
};

struct rsp_reg {
    const char *name;
    const char *type;    /* a GDB type name or an id that the feature defines;
                            NULL: a number of this size */
    const char *feature; /* full name, "org.gnu.gdb.i386.core" */
    const char *group;   /* "general", "float", "vector", "system" or NULL */
    uint16_t bits;       /* on the wire, a multiple of 8 */
    uint16_t id;         /* the target's own name of it, opaque here */
    uint8_t flags;       /* RSP_REG_* */
};

/* The <flags>, <vector>, <union>, <struct> and <enum> types of a feature. */
struct rsp_feature {
    const char *name;
    const char *types; /* XML, or NULL */
};

struct rsp_desc {
    const char *architecture;      /* BFD name: "i386:x86-64" */
    const char *osabi;             /* "none" */
    const char *title;             /* for a user whom it is new to, "[...]" */
    const char *const *compatible; /* BFD names, NULL-terminated, or NULL */
    /* GDB prefers the architecture of a file that it has loaded to this one,
     * until it is told that another program runs: rsp/replies/follow.h. */
    bool yields;
    const struct rsp_feature *features;
    size_t n_features;
    const struct rsp_reg *regs; /* grouped by feature, in features' order */
    size_t n_regs;
    /*
     * The layout that GDB takes for granted where it has read no description
     * from the target (one without an XML reader, one that has a description
     * from a file): the first n_base registers; 0 stands for all. Behind them
     * it has numbers for registers of an operating system, which no target
     * has: n_foreign of them, of foreign_bits each, whose value is unknown.
     */
    size_t n_base, n_foreign;
    uint16_t foreign_bits;
};

#endif
