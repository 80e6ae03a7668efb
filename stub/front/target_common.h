/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_TARGET_COMMON_H
#define STUB_FRONT_TARGET_COMMON_H

/* What the parts of the target share. */

#include "stub/front/types.h"

/* Notes a sentence for last_error(), and returns err. */
__attribute__((format(printf, 3, 4))) int target_fail(struct debugger *d,
                                                      int err,
                                                      const char *format, ...);

/* NULL: there is no such thread. */
struct vcpu *target_vcpu(struct debugger *d, unsigned tid);

/* Does the client see 32 bits of an address only? */
bool target_is_narrow(const struct debugger *d);

#endif
