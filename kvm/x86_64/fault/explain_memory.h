/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_MEMORY_H
#define KVM_X86_64_FAULT_EXPLAIN_MEMORY_H

/* What several kinds of fault ask of an access to memory. */

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/insn/operand.h"

/* A linear address by which 64-bit code may be executed or data accessed. */
bool explain_canonical(const struct explain *e, uint64_t gva);
/* The access of a table or operand by the CPU, at a linear address: #PF. */
struct page_access;
bool explain_page(struct explain *e, uint64_t gva,
                  const struct page_access *access, const char *what);
/* All of an access that may lie in two pages. */
bool explain_pages(struct explain *e, uint64_t gva, uint64_t size,
                   const struct page_access *access, const char *what);
const struct kvm_segment *explain_segment(const struct explain *e,
                                          enum x86_segment segment);
const char *explain_segment_name(enum x86_segment segment);

#endif
