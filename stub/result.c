/* SPDX-License-Identifier: MIT */
#include "stub/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "stub/json.h"

#define BEGINNING "{\n  \"version\": "

/* A result, or nothing yet: anything else is somebody's, and stays. */
static bool is_ours(const char *path, const struct stat *file)
{
    char text[sizeof BEGINNING - 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text, 0);

    if (fd >= 0)
        (void)close(fd);
    return file->st_size == 0 ||
           (n == (ssize_t)sizeof text && !memcmp(text, BEGINNING, sizeof text));
}

/* What it names, before anything is lost. */
static int make_empty(int fd, const char *path, struct diag *diag)
{
    struct stat file;

    if (fstat(fd, &file) < 0)
        return diag_set(diag, -errno, "--result %s: %s", path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return 0;
    if (!is_ours(path, &file))
        return diag_set(diag, -EEXIST,
                        "--result %s: this file has something else in it, "
                        "which would be lost: name another, or remove it",
                        path);
    if (ftruncate(fd, 0) < 0)
        return diag_set(diag, -errno, "--result %s: %s", path, strerror(errno));
    return 0;
}

int result_open(struct result *result, const char *path, struct diag *diag)
{
    int r;

    *result = (struct result){.fd = -1, .path = path};
    if (!path)
        return 0;
    /* A FIFO that nobody reads is an error, and not waited for. */
    result->fd = open(
        path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (result->fd < 0)
        return diag_set(diag, -errno, "--result %s: cannot write this file: %s",
                        path, strerror(errno));
    r = make_empty(result->fd, path, diag);
    if (r < 0)
        result_leave(result);
    return r;
}

void result_leave(struct result *result)
{
    if (result->fd >= 0)
        (void)close(result->fd);
    result->fd = -1;
}

static void print_number(FILE *out, bool known, long long value)
{
    if (known)
        (void)fprintf(out, "%lld", value);
    else
        (void)fputs("null", out);
}

static void result_print(const struct result *result,
                         const struct ending *ending, FILE *out)
{
    bool place = result->has_place;
    char pc[32];

    (void)snprintf(pc, sizeof pc, "0x%llx", (unsigned long long)result->pc);
    (void)fputs("{\n  \"version\": \"" KVMGDB_VERSION "\",\n  \"guest\": ",
                out);
    json_string(out, result->guest);
    (void)fputs(",\n  \"what\": ", out);
    json_string(out, ending_name(ending->kind));
    (void)fprintf(out, ",\n  \"status\": %d,\n  \"guest_status\": ",
                  ending_status(ending));
    print_number(out, ending->kind == ENDING_EXITED, ending->value);
    (void)fputs(",\n  \"signal\": ", out);
    print_number(out, ending->kind == ENDING_SIGNAL, ending->value);
    (void)fputs(",\n  \"reason\": ", out);
    json_string(out, ending->reason);
    (void)fputs(",\n  \"pc\": ", out);
    json_string(out, place ? pc : NULL);
    (void)fputs(",\n  \"where\": ", out);
    json_string(out, place ? result->where : NULL);
    (void)fputs("\n}\n", out);
}

/* Another process may have written to it already: --gdb makes two. */
static void begin_anew(int fd)
{
    if (ftruncate(fd, 0) == 0)
        (void)lseek(fd, 0, SEEK_SET);
}

static int result_write_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, text, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO;
        text += done;
        n -= (size_t)done;
    }
    return 0;
}

int result_write(struct result *result, const struct ending *ending,
                 struct diag *diag)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out;
    int r = -ENOMEM;

    if (result->fd < 0)
        return 0;
    out = open_memstream(&text, &n);
    if (out) {
        result_print(result, ending, out);
        begin_anew(result->fd);
        r = fclose(out) == EOF ? -ENOMEM
                               : result_write_all(result->fd, text, n);
    }
    free(text);
    if (close(result->fd) < 0 && !r)
        r = -errno;
    result->fd = -1;
    if (r < 0)
        return diag_set(diag, r, "--result %s: cannot write it: %s",
                        result->path, strerror(-r));
    return 0;
}
