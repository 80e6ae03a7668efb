/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "stub/vnc/rfb.h"

int rfb_open(rfb_on_key *on_key, void *context, struct diag *diag)
{
    (void)on_key;
    (void)context;
    return diag_set(diag, -ENOSYS,
                    "--vnc: kvmgdbstub was built without libvncserver: install "
                    "libvncserver-dev, and build it anew");
}

void rfb_accept(int fd)
{
    (void)close(fd);
}

unsigned rfb_clients(void)
{
    return 0;
}

void rfb_process(long us)
{
    (void)us;
}

void rfb_show(const struct picture *picture)
{
    (void)picture;
}
