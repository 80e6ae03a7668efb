/* SPDX-License-Identifier: MIT */
#include "stub/server/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>

#include "stub/log.h"

static void console_lose(struct console *console, const char *why)
{
    if (!console->failed)
        log_user("the guest's output is lost: it cannot be written: %s", why);
    console->failed = true;
}

/* Is somebody at the other end of a line? */
static bool is_connected(const struct console *console)
{
    struct pollfd fd = {.fd = console->fd};

    return !console->is_line || (console->fd >= 0 && poll(&fd, 1, 0) >= 0 &&
                                 !(fd.revents & (POLLHUP | POLLERR)));
}

/* Waits for room. False when something else waits too and none is there. A
 * kick (EINTR) says that something does, and the loop says it again. */
static bool console_has_room(const struct console *console)
{
    struct pollfd fds[] = {
        {.fd = console->fd, .events = POLLOUT},
        {.fd = console->loop ? console->loop->fd : -1, .events = POLLIN}};

    while (poll(fds, 2, console->is_step ? 0 : -1) < 0)
        if (errno != EINTR)
            return false;
    return fds[0].revents;
}

/* No more than surely fits where there is any room (pipe(7), PIPE_BUF). How
 * much it was; negative: nothing can be written. */
static ssize_t console_write(struct console *console, const char *text,
                             size_t n)
{
    ssize_t done = write(console->fd, text, n < PIPE_BUF ? n : PIPE_BUF);

    if (done < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (done < 0 && !console->is_line)
        console_lose(console, strerror(errno));
    if (done > 0)
        console->failed = false;
    return done;
}

/* --- what waits --- */

void console_forget(struct console *console)
{
    if (console->awaits_room) {
        loop_remove(console->loop, &console->room);
        (void)close(console->room.fd);
    }
    free(console->late);
    console->late = NULL;
    console->n_late = 0;
    console->awaits_room = false;
}

/* False: nothing can be written. */
static bool write_late(struct console *console)
{
    ssize_t done = console_write(console, console->late, console->n_late);

    if (done > 0) {
        console->n_late -= (size_t)done;
        memmove(console->late, console->late + done, console->n_late);
    }
    if (done < 0 || !console->n_late)
        console_forget(console);
    return done >= 0;
}

static void on_room(void *context, uint32_t events)
{
    struct console *console = context;

    (void)events;
    if (is_connected(console))
        (void)write_late(console);
    else
        console_forget(console);
}

/* The loop may have fd already, for what comes from there. */
static void await_room(struct console *console)
{
    if (console->awaits_room || !console->loop)
        return;
    console->room = (struct loop_source){fcntl(console->fd, F_DUPFD_CLOEXEC, 0),
                                         on_room, console};
    if (console->room.fd < 0)
        return;
    console->awaits_room =
        loop_add(console->loop, &console->room, EPOLLOUT) == 0;
    if (!console->awaits_room)
        (void)close(console->room.fd);
}

static void keep_late(struct console *console, const char *text, size_t n)
{
    size_t room = CONSOLE_LATE - console->n_late;

    if (!console->late)
        console->late = malloc(CONSOLE_LATE);
    if (!console->late)
        room = 0;
    if (n > room)
        console_lose(console, "nobody reads");
    if (n > room)
        n = room;
    if (n)
        memcpy(console->late + console->n_late, text, n);
    console->n_late += n;
    await_room(console);
}

/* --- the text --- */

/* The next of it; what waits goes first. False: it goes nowhere. */
static bool console_put_some(struct console *console, const char **text,
                             size_t *n)
{
    ssize_t done;

    if (console->n_late)
        return write_late(console);
    done = console_write(console, *text, *n);
    if (done > 0) {
        *text += done;
        *n -= (size_t)done;
    }
    return done >= 0;
}

void console_put(void *context, const char *text, size_t n)
{
    struct console *console = context;

    while (n > 0 && is_connected(console) && console_has_room(console))
        if (!console_put_some(console, &text, &n))
            return;
    if (!is_connected(console))
        console_forget(console);
    else if (n > 0)
        keep_late(console, text, n);
}

void console_end(struct console *console)
{
    console->is_step = true;
    while (console->n_late && console_has_room(console) && write_late(console))
        ;
    console_forget(console);
}
