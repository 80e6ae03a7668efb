/* SPDX-License-Identifier: MIT */
#include "kvm/core/sys.h"

#include <errno.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

int sys_ioctl(int fd, unsigned long request, void *arg)
{
    int r;

    do {
        r = ioctl(fd, request, arg);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : r;
}

int sys_ioctl_value(int fd, unsigned long request, unsigned long arg)
{
    int r;

    do {
        r = ioctl(fd, request, arg);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : r;
}

int sys_check_extension(int fd, unsigned long capability)
{
    int r = sys_ioctl_value(fd, KVM_CHECK_EXTENSION, capability);

    return r < 0 ? 0 : r;
}
