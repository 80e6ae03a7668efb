/* SPDX-License-Identifier: MIT */
#include "kvm/core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

const char *file_shown(const char *path)
{
    size_t n = strlen(path);

    return n > FILE_SHOWN ? path + n - FILE_SHOWN : path;
}

static int file_check(int fd, const char *path, const char *what,
                      uint64_t *ret_size, struct diag *diag)
{
    const char *name = file_shown(path);
    struct stat st;

    if (fstat(fd, &st) < 0)
        return diag_set(diag, -errno, "%s: cannot examine the %s: %s", name,
                        what, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return diag_set(diag, -EISDIR, "%s: is a directory: name a %s in it",
                        name, what);
    if (!S_ISREG(st.st_mode))
        return diag_set(diag, -EINVAL,
                        "%s: is not a regular file: copy the %s to one", name,
                        what);
    if (st.st_size == 0)
        return diag_set(diag, -ENODATA,
                        "%s: the file is empty: was the %s built?", name, what);
    *ret_size = (uint64_t)st.st_size;
    return 0;
}

int file_open_by(const struct file_opener *opener, const char *path, int flags)
{
    int fd;

    if (opener)
        return opener->open(opener->context, path, flags);
    fd = open(path, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int file_open(const struct file_opener *opener, const char *path,
              const char *what, uint64_t *ret_size, struct diag *diag)
{
    /* Not to wait for a writer if it is a FIFO. */
    int fd = file_open_by(opener, path, O_RDONLY | O_NONBLOCK);
    int err;

    if (fd < 0)
        return diag_set(diag, fd,
                        "%s: cannot open the %s (%s): check its name and "
                        "permissions",
                        file_shown(path), what, strerror(-fd));
    err = file_check(fd, path, what, ret_size, diag);
    if (!err)
        return fd;
    (void)close(fd);
    return err;
}

ssize_t file_read(int fd, void *to, size_t n, uint64_t offset)
{
    uint8_t *bytes = to;
    size_t done = 0;

    while (done < n) {
        ssize_t got = pread(fd, bytes + done, n - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}
