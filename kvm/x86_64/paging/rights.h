/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PAGING_RIGHTS_H
#define KVM_X86_64_PAGING_RIGHTS_H

/*
 * What the CPU says to an access by a linear address: it is done, or a page
 * fault with an error code, or a general protection fault where the address is
 * not canonical. Intel SDM 3A 4.6 (access rights) and 4.7 (page faults). Pure,
 * like the page walker that it asks.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/x86_64/paging/paging.h"

/* What counts beside the page tables. */
struct page_access {
    bool write;
    bool fetch; /* of an instruction */
    bool user;  /* by code at CPL 3 */
    bool ac;    /* RFLAGS.AC, which lifts SMAP */
    uint32_t pkru;
};

enum page_refusal {
    PAGE_ALLOWED,
    PAGE_NOT_CANONICAL,
    PAGE_NOT_MAPPED, /* fault tells where and why */
    PAGE_SUPERVISOR,
    PAGE_READ_ONLY,
    PAGE_NO_EXECUTE,
    PAGE_SMEP, /* the kernel would execute the user's page, */
    PAGE_SMAP, /* or access it */
    PAGE_KEY,  /* PKRU forbids it */
};

/* Bits of a page fault's error code, SDM 3A figure 4-12. */
enum page_fault_code {
    PAGE_FAULT_P = 1 << 0, /* the page is mapped */
    PAGE_FAULT_W = 1 << 1,
    PAGE_FAULT_U = 1 << 2,
    PAGE_FAULT_RSVD = 1 << 3,
    PAGE_FAULT_I = 1 << 4,
    PAGE_FAULT_PK = 1 << 5,
};

struct page_verdict {
    enum page_refusal refusal;
    uint32_t code;           /* of the page fault; where a table is not in RAM
                                it is for the host to say */
    struct page page;        /* unless not mapped or not canonical */
    struct walk_fault fault; /* not mapped */
};

/* One access that lies within a page. */
void page_check(const struct paging *paging, const struct guest_mem *mem,
                uint64_t gva, const struct page_access *access,
                struct page_verdict *ret);

#endif
