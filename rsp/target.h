/* SPDX-License-Identifier: MIT */
#ifndef RSP_TARGET_H
#define RSP_TARGET_H

/*
 * What the protocol engine asks of a target.
 *
 * All functions are called from inside rsp_feed() and rsp_stopped(), on the
 * caller's thread. They return 0 or a count, or -errno:
 *   -ENOTSUP  the feature is absent: the packet is answered ""
 *   -EINVAL   the request makes no sense
 *   -EFAULT   an address is not accessible
 *   -ESRCH    no such thread
 *   -ENOSPC   out of debug registers or table space
 *   -EBUSY    the target runs
 *   -ENODATA  (registers) the value cannot be known now: sent as "xx.."
 * Threads are numbered 1 to n; there is one process, and its number is 1.
 *
 * An optional feature is a struct with all of its operations, and a NULL
 * pointer means that the target does not have it: it is then not announced in
 * qSupported and its packets are answered "". rsp_init() insists that a group
 * that is there is complete.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "rsp/regs.h"
#include "rsp/stop.h"

enum { RSP_MAX_THREADS = 256 };

enum rsp_resume {
    RSP_HOLD,       /* stays stopped */
    RSP_CONTINUE,   /* runs */
    RSP_STEP,       /* executes one instruction */
    RSP_STEP_RANGE, /* steps while pc is in [lo, hi), at least once */
};

struct rsp_action {
    enum rsp_resume resume;
    uint64_t lo, hi; /* RSP_STEP_RANGE */
};

/* Who is at the other end, as far as its first packets tell. */
struct rsp_client {
    bool lldb;        /* sent QThreadSuffixSupported or asks for LLDB's xml */
    bool exec_events; /* takes T05exec: (see GDB manual, "exec-events") */
};

/*
 * Agent expressions (GDB manual, "Agent Expressions") as they come: one or more
 * "XLEN,BYTES", LEN a hex number, BYTES as many pairs of hex digits; a ';' may
 * be between them. That it is so has been checked. at is NULL if there are
 * none.
 */
struct rsp_expressions {
    const char *at; /* not terminated; borrowed while the operation is called */
    size_t n;
};

/* What a Z packet asks for, and what a z packet takes back. */
struct rsp_break {
    unsigned type; /* the packet's digit: 0 software, 1 hardware, 2 write,
                      3 read, 4 access */
    uint64_t addr;
    uint64_t size; /* the packet's kind (0, 1) or length in bytes (2-4) */
    struct rsp_expressions conditions; /* it stops if any is not 0 */
    struct rsp_expressions commands;   /* run instead of a stop; ... */
    bool persist; /* ... and still when the client has gone */
};

/* Breakpoints and watchpoints: Z and z packets. */
struct rsp_break_ops {
    /* Whether the target evaluates them. Those that it does not are not
     * announced, and refused before it is asked. */
    bool takes_conditions, takes_commands;
    /*
     * Idempotent; what conditions and commands there were are replaced, by none
     * if there are none. -ENOTSUP for a type the target does not know.
     */
    int (*insert)(void *target, const struct rsp_break *wanted);
    /* Of the same type, addr and size; there are no expressions with it. */
    int (*remove)(void *target, const struct rsp_break *gone);
    /* Removes all: the client has forgotten them. */
    void (*clear)(void *target);
};

/*
 * Non-stop mode: QNonStop, vStopped and "%Stop" (GDB manual, "Remote
 * Non-Stop"). A session begins in all-stop mode. In non-stop mode
 *  - resume() leaves the threads that are held as they are, running or stopped,
 *    and only those that are stopped have another action;
 *  - each stop is one thread's: rsp_stopped() is called for it once, and the
 *    others run on. The end of the process is everybody's;
 *  - interrupt() stops one of the threads that run, with RSP_SIGINT;
 *  - a thread that appears runs;
 *  - memory, breakpoints, searches and monitor commands are asked for while
 *    threads run: -EBUSY for what cannot be done then. Registers are asked of
 *    stopped threads only.
 */
struct rsp_nonstop_ops {
    /*
     * On: the threads go on, each running or stopped, as running() then says.
     * Off: they are stopped. If any ran, that is if rsp_stopped() had still to
     * come for it, one rsp_stopped() says later that all of them are.
     */
    int (*set)(void *target, bool on);
    /* Whether a thread runs; asked for each when the mode has been set on.
     * GDB 13 and 16 fail if more than one does not: stub/DECISIONS.md. */
    bool (*running)(void *target, unsigned tid);
    /* Asks a running thread to stop. It is reported with RSP_SIGNAL_0, unless
     * something else stops it before. */
    void (*stop)(void *target, unsigned tid);
};

/* `monitor` commands: qRcmd. */
struct rsp_monitor_ops {
    /*
     * Runs one command line; writes text for the user, at most cap bytes, not
     * terminated, and returns its length. Unknown commands are text too.
     */
    ssize_t (*command)(void *target, const char *line, char *out, size_t cap);
};

/*
 * What LLDB wants to know before it reads a description. It drops a file whose
 * architecture does not go with the triple; without one (NULL) it takes that of
 * its file, or of the description if there is no file.
 */
struct rsp_host {
    const char *triple; /* LLVM's: "x86_64-unknown-unknown" */
    unsigned pointer_bytes, page_bytes;
    unsigned watchpoints; /* how many there can be */
    bool big_endian;
};

/* qHostInfo, qProcessInfo and qWatchpointSupportInfo. */
struct rsp_host_ops {
    int (*host)(void *target, struct rsp_host *ret);
};

/* vRun, R and vAttach: the process that a client in extended mode killed, left
 * or saw exit has another life, or goes on. */
struct rsp_restart_ops {
    /* Starts from the beginning; stopped before the first instruction. */
    int (*restart)(void *target);
    /* After detach(): stops it where it is. -ESRCH when it has ended. */
    int (*attach)(void *target);
};

struct rsp_region {
    uint64_t start;
    uint64_t size; /* 0 means up to the end of the address space */
    bool mapped, rom;
    bool readable, writable, executable;
};

/* qMemoryRegionInfo and qXfer:memory-map. */
struct rsp_region_ops {
    /* The region of the current address space that holds addr. */
    int (*region)(void *target, uint64_t addr, struct rsp_region *ret);
    /* The same, but of it only where ROM is counts. A client keeps that for
     * good, so it must not depend on what is mapped where now. NULL: there is
     * no ROM, and no map that a client would have to read. */
    int (*rom)(void *target, uint64_t addr, struct rsp_region *ret);
};

/* qSearch:memory. */
struct rsp_search_ops {
    /*
     * The first address in [addr, addr + n) at which all of the pattern is:
     * 1 and *ret; 0: none is. Memory that is not there holds nothing. -ETIME:
     * it came to *ret in the time that a client waits, and found nothing.
     */
    int (*search)(void *target, unsigned tid, uint64_t addr, uint64_t n,
                  const void *pattern, size_t n_pattern, uint64_t *ret);
};

/* The same and mem_read, mem_write by physical addresses, as no thread sees
 * them: Qqemu.PhyMemMode. */
struct rsp_physical_ops {
    ssize_t (*read)(void *target, uint64_t addr, void *out, size_t n);
    int (*write)(void *target, uint64_t addr, const void *in, size_t n);
    int (*search)(void *target, uint64_t addr, uint64_t n, const void *pattern,
                  size_t n_pattern, uint64_t *ret);
};

struct rsp_target_ops {
    /* --- run control --- */
    unsigned (*threads)(void *target); /* how many, 1 to RSP_MAX_THREADS */
    /* The name of a thread, NUL-terminated and at most cap bytes. */
    int (*thread_name)(void *target, unsigned tid, char *out, size_t cap);
    /* Why the target is stopped, for '?'. -EBUSY if it runs. */
    int (*why)(void *target, struct rsp_stop *ret);
    /*
     * action[i] is for thread i + 1, at least one is not RSP_HOLD. Returns at
     * once; the stop is reported later by rsp_stopped(), never from in here.
     */
    int (*resume)(void *target, const struct rsp_action *action, size_t n);
    /* Asks a running target to stop; the stop is reported as usual. */
    int (*interrupt)(void *target);

    /* --- the end --- */
    /* Breakpoints go. Policy decides what comes then, unless it shall stay
     * stopped. */
    int (*detach)(void *target, bool stay_stopped);
    int (*kill)(void *target);

    /* --- registers --- */
    /* The description to serve to this client now; borrowed, outlives the
     * session. Asked at connect and whenever target.xml is read from its
     * start; the session uses the answer until then. */
    const struct rsp_desc *(*describe)(void *target,
                                       const struct rsp_client *client);
    /* Whether a client is told by itself when describe() has another answer
     * than it knows. Only GDB can be: rsp/replies/follow.h. NULL: never. */
    bool (*follow)(void *target, const struct rsp_desc *known);
    /* Little or big endian as the target is; bits / 8 bytes. */
    int (*reg_read)(void *target, unsigned tid, const struct rsp_reg *reg,
                    uint8_t *out);
    /* Refused means unchanged, here and in all that follows. */
    int (*reg_write)(void *target, unsigned tid, const struct rsp_reg *reg,
                     const uint8_t *in);
    int (*get_pc)(void *target, unsigned tid, uint64_t *ret);
    int (*set_pc)(void *target, unsigned tid, uint64_t pc);
    /* Around writes that belong together: reg_begin() remembers the thread's
     * registers, reg_end() forgets them or, unless they are to be kept, undoes
     * what was written since. Never nested. */
    int (*reg_begin)(void *target, unsigned tid);
    void (*reg_end)(void *target, unsigned tid, bool keep);

    /* --- memory, as thread tid sees it --- */
    /* The count may be short; -EFAULT when not even one byte is there. */
    ssize_t (*mem_read)(void *target, unsigned tid, uint64_t addr, void *out,
                        size_t n);
    /* All or nothing. */
    int (*mem_write)(void *target, unsigned tid, uint64_t addr, const void *in,
                     size_t n);

    /* A sentence on the last failure, or NULL; sent as E.text to a client
     * that takes it. Borrowed until the next call. May be NULL. */
    const char *(*last_error)(void *target);

    /* Each packet as it goes by; '<' from and '>' to the client. May be NULL.
     */
    void (*trace)(void *target, char direction, const char *bytes, size_t n);

    const struct rsp_break_ops *breaks;
    const struct rsp_nonstop_ops *nonstop;
    const struct rsp_monitor_ops *monitor;
    const struct rsp_region_ops *regions;
    const struct rsp_search_ops *search;
    const struct rsp_physical_ops *physical;
    const struct rsp_host_ops *host;
    const struct rsp_restart_ops *restart;
};

#endif
