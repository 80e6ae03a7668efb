/* SPDX-License-Identifier: MIT */
/* The x87: GDB's core feature, second part. Offsets are those of the FXSAVE
 * image with REX.W = 0, Intel SDM 1 table 10-2. */
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

/* clang-format off */
#define ST(i)                                                                  \
    {"st" #i, "i387_ext", X86_CORE, "float", 80, ANY, 0,                       \
     XSAVE(X86_X87, 32 + 16 * (i), 10), PLAIN}
#define X87(name, offset, size)                                                \
    {name, NULL, X86_CORE, "float", 32, ANY, 0,                                \
     XSAVE(X86_X87, offset, size), PLAIN}

static const struct row rows[] = {
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
    X87("fctrl", 0, 2),
    X87("fstat", 2, 2),
    {"ftag", NULL, X86_CORE, "float", 32, ANY, 0,
     XSAVE(X86_X87, 4, 1), row_read_tag, row_write_tag},
    X87("fiseg", 12, 2), X87("fioff", 8, 4),
    X87("foseg", 20, 2), X87("fooff", 16, 4),
    X87("fop", 6, 2),
};
/* clang-format on */

ROW_TABLE(x86_rows_x87);
