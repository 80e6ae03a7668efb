/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_SYS_H
#define KVM_CORE_SYS_H

/*
 * The one place that calls ioctl(2): results are a value or -errno, so callers
 * read like the KVM documentation.
 */

/* Retries EINTR; not for KVM_RUN, where EINTR means something. */
int sys_ioctl(int fd, unsigned long request, void *arg);
int sys_ioctl_value(int fd, unsigned long request, unsigned long arg);

/* KVM_CHECK_EXTENSION: the capability's value, 0 when it is absent. */
int sys_check_extension(int fd, unsigned long capability);

#endif
