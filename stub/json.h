/* SPDX-License-Identifier: MIT */
#ifndef STUB_JSON_H
#define STUB_JSON_H

/* What the JSON (RFC 8259) that we write has in common. */

#include <stdio.h>

/* A string in its quotes, or null for NULL. Bytes that are not ASCII are
 * written as Latin-1 would have them: what comes out is JSON whatever went in.
 */
void json_string(FILE *out, const char *text);

#endif
