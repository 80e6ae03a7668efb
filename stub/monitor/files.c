/* SPDX-License-Identifier: MIT */
/*
 * `monitor memsave` and `pmemsave`: the guest's memory into a file below the
 * folder of --files, without a byte of it on the wire. Named and spelled as
 * QEMU's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "stub/engine/memview.h"
#include "stub/monitor/command.h"
#include "stub/options/values.h"
#include "stub/sandbox/broker.h"

enum { CHUNK = 64 << 10, WORD_MAX = 24 };

struct save {
    uint64_t addr, size;
    const char *file;
};

/* A word of args, with what follows it and blanks. false: there is none, or it
 * is too long for a number. */
static bool take_word(const char **args, char word[WORD_MAX])
{
    size_t n = strcspn(*args, " ");

    if (n == 0 || n >= WORD_MAX)
        return false;
    memcpy(word, *args, n);
    word[n] = '\0';
    *args += n + strspn(*args + n, " ");
    return true;
}

/* "ADDR SIZE FILE"; the file's name is what is left of the line. */
static bool files_parse(const char *args, struct save *ret)
{
    char word[WORD_MAX];

    if (!take_word(&args, word) || !value_number(word, &ret->addr) ||
        !take_word(&args, word) || !value_size(word, &ret->size))
        return false;
    ret->file = args;
    return *args;
}

/* Adds to *done what could be written. */
static int files_write_all(int fd, const uint8_t *bytes, size_t n,
                           uint64_t *done)
{
    while (n > 0) {
        ssize_t part = write(fd, bytes, n);

        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return part < 0 ? -errno : -EIO;
        bytes += part;
        n -= (size_t)part;
        *done += (uint64_t)part;
    }
    return 0;
}

/* How many bytes are in the file then; *ret_err says why not all. */
static uint64_t files_copy(const struct memview *view, const struct save *save,
                           int fd, int *ret_err)
{
    static uint8_t bytes[CHUNK];
    uint64_t done = 0;

    *ret_err = 0;
    while (done < save->size && !*ret_err) {
        uint64_t left = save->size - done;
        ssize_t n = memview_read(view, save->addr + done, bytes,
                                 left < CHUNK ? (size_t)left : CHUNK);

        *ret_err =
            n < 0 ? (int)n : files_write_all(fd, bytes, (size_t)n, &done);
    }
    return done;
}

static void files_run(struct debugger *d, const struct save *save,
                      bool physical, struct text *text)
{
    const struct memview view = {engine_current(&d->engine)->vcpu,
                                 &d->engine.points, physical};
    struct diag diag;
    uint64_t done;
    int err;
    int fd = broker_open_file(d->broker, save->file, FILES_WRITE, &diag);

    if (fd < 0) {
        say(text, "%s\n", diag.text);
        return;
    }
    done = files_copy(&view, save, fd, &err);
    if (close(fd) < 0 && !err)
        err = -errno;
    if (err == -EFAULT)
        say(text, "there is no memory at 0x%llx: ",
            (unsigned long long)(save->addr + done));
    else if (err)
        say(text, "%s: %s: ", save->file, strerror(-err));
    say(text, "%llu bytes saved\n", (unsigned long long)done);
}

static void save_memory(struct debugger *d, const char *args, bool physical,
                        struct text *text)
{
    struct save save;

    /* Aliases make an address space as large as one likes. */
    if (!files_parse(args, &save))
        say(text, "it is `%smemsave ADDR SIZE FILE`\n", physical ? "p" : "");
    else if (save.size > mem_size(d->engine.points.mem))
        say(text, "that is more than the guest's memory\n");
    else
        files_run(d, &save, physical, text);
}

void monitor_memsave(struct debugger *d, const char *args, struct text *text)
{
    save_memory(d, args, false, text);
}

void monitor_pmemsave(struct debugger *d, const char *args, struct text *text)
{
    save_memory(d, args, true, text);
}
