/* SPDX-License-Identifier: MIT */
#include "stub/sandbox/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kvm/core/file.h"

/* Somebody renames folders while a name is looked up (openat2(2), EAGAIN). */
enum { TRIES = 16 };

int files_open_folder(const char *path, struct diag *diag)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return diag_set(diag, -errno, "--files %s: cannot use this folder: %s",
                        file_shown(path), strerror(errno));
    return fd;
}

/* glibc has no function for it. */
static int open_beneath(int folder, const char *name, uint64_t flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
        .mode = flags & O_CREAT ? 0666 : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;

    errno = EAGAIN;
    for (int i = 0; i < TRIES && fd < 0 && errno == EAGAIN; i++)
        fd = syscall(SYS_openat2, folder, name, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

static const char *files_explain(int err)
{
    switch (err) {
    case -EXDEV:
        return "it is not below the folder of --files";
    case -ENOSYS:
        return "this needs Linux 5.6 or newer";
    case -ENXIO:
        return "it is not a regular file";
    default:
        return strerror(-err);
    }
}

/* What is no file is not written to, and what is there goes only now. */
static int files_begin(int fd, enum files_access access)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : -ENXIO;
    if (access == FILES_WRITE && ftruncate(fd, 0) < 0)
        return -errno;
    return 0;
}

int files_open(int folder, const char *name, enum files_access access,
               struct diag *diag)
{
    uint64_t flags = access == FILES_WRITE ? O_WRONLY | O_CREAT : O_RDONLY;
    int fd, r;

    if (folder < 0)
        return diag_set(diag, -EACCES,
                        "no files may be read or written: start kvmgdbstub "
                        "with --files DIR");
    fd = open_beneath(folder, name, flags);
    r = fd < 0 ? fd : files_begin(fd, access);
    if (!r)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return diag_set(diag, r, "%s: %s", file_shown(name), files_explain(r));
}
