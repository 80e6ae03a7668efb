/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "stub/monitor/png.h"

int png_can_write(struct diag *diag)
{
    return diag_set(diag, -ENOSYS,
                    "kvmgdbstub was built without libpng, which writes the "
                    "file: install libpng-dev, and build it anew");
}

int png_write(int fd, const struct picture *picture)
{
    (void)fd;
    (void)picture;
    return -ENOSYS;
}
