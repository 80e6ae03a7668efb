/* SPDX-License-Identifier: MIT */
#include "kvm/probe/host.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include <linux/kvm.h>
#include <sys/utsname.h>

#include "kvm/arch_probe.h"
#include "kvm/core/sys.h"

#define MODULES "/sys/module"

/* clang-format off */
static const struct host_cap caps[] = {
    {"IMMEDIATE_EXIT",            KVM_CAP_IMMEDIATE_EXIT, false,
     "stopping a running guest at once"},
    {"SET_GUEST_DEBUG",           KVM_CAP_SET_GUEST_DEBUG, false,
     "debugging guests"},
    {"SET_GUEST_DEBUG2",          KVM_CAP_SET_GUEST_DEBUG2, true,
     "which kinds of debugging are accepted"},
    {"SYNC_REGS",                 KVM_CAP_SYNC_REGS, true,
     "reading registers without an ioctl"},
    {"READONLY_MEM",              KVM_CAP_READONLY_MEM, false,
     "watchpoints by read-only pages"},
    {"NR_MEMSLOTS",               KVM_CAP_NR_MEMSLOTS, false,
     "how many pages can be watched"},
    {"EXIT_ON_EMULATION_FAILURE", KVM_CAP_EXIT_ON_EMULATION_FAILURE, false,
     "seeing what KVM cannot execute"},
    {"DISABLE_QUIRKS2",           KVM_CAP_DISABLE_QUIRKS2, true,
     "stepping over OUT 0x7e"},
    {"VCPU_EVENTS",               KVM_CAP_VCPU_EVENTS, false,
     "reading pending exceptions and interrupts"},
    {"DEBUGREGS",                 KVM_CAP_DEBUGREGS, false,
     "the guest's own debug registers"},
    {"XSAVE2",                    KVM_CAP_XSAVE2, false,
     "bytes of x87, vector and other state"},
    {"NR_VCPUS",                  KVM_CAP_NR_VCPUS, false,
     "the recommended number of vCPUs"},
};
/* clang-format on */

const struct host_cap *host_cap_at(unsigned i)
{
    return i < sizeof caps / sizeof caps[0] ? &caps[i] : NULL;
}

int host_cap_value(int fd, const struct host_cap *cap)
{
    return sys_check_extension(fd, cap->number);
}

int host_api_version(int fd)
{
    int version = sys_ioctl_value(fd, KVM_GET_API_VERSION, 0);

    return version < 0 ? 0 : version;
}

/* --- modules --- */

static bool has_module(const char *name)
{
    char path[sizeof MODULES + HOST_WORD];
    DIR *folder;

    (void)snprintf(path, sizeof path, MODULES "/%s", name);
    folder = opendir(path);
    if (!folder)
        return false;
    (void)closedir(folder);
    return true;
}

/* Any kvm_something, for hosts that nobody foresaw. */
static void find_module(char name[HOST_WORD])
{
    DIR *folder = opendir(MODULES);
    const struct dirent *entry;

    if (!folder)
        return;
    while (!*name && (entry = readdir(folder)))
        if (!strncmp(entry->d_name, "kvm_", 4) &&
            strlen(entry->d_name) < HOST_WORD)
            (void)snprintf(name, HOST_WORD, "%s", entry->d_name);
    (void)closedir(folder);
}

/* Modules of other vendors are listed too where they are part of the kernel,
 * so the CPU's own comes first. */
static void read_module(struct host *ret)
{
    if (ret->cpu_module && has_module(ret->cpu_module))
        (void)snprintf(ret->module, sizeof ret->module, "%s", ret->cpu_module);
    else
        find_module(ret->module);
}

static void read_nested(struct host *ret)
{
    char path[sizeof MODULES + HOST_WORD + 32];
    FILE *file;

    (void)snprintf(path, sizeof path, MODULES "/%s/parameters/nested",
                   ret->module);
    file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(ret->nested, sizeof ret->nested, file))
        ret->nested[strcspn(ret->nested, "\n")] = '\0';
    (void)fclose(file);
}

void host_read(struct host *ret)
{
    struct utsname name;

    *ret = (struct host){.is_virtual = false};
    arch_host_read(ret);
    if (uname(&name) == 0) {
        (void)snprintf(ret->kernel, sizeof ret->kernel, "%s", name.release);
        (void)snprintf(ret->machine, sizeof ret->machine, "%s", name.machine);
    }
    read_module(ret);
    read_nested(ret);
}
