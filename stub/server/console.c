/* SPDX-License-Identifier: MIT */
#include "stub/server/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "stub/log.h"

/* Long enough for a reader that is merely slow. */
enum { GRACE_MS = 500 };

/* Waits for room. False when something else waits too and none comes. A kick
 * (EINTR) says that something does, and the loop's descriptor says it again. */
static bool console_has_room(const struct console *console)
{
    struct pollfd fds[] = {{.fd = console->fd, .events = POLLOUT},
                           {.fd = console->loop, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return fds[0].revents || poll(fds, 1, GRACE_MS) > 0;
}

static void give_up(struct console *console, int err)
{
    if (!console->failed)
        log_user("the guest's output is lost: it cannot be written: %s",
                 strerror(err));
    console->failed = true;
}

/* Is somebody at the other end of a line? */
static bool is_connected(const struct console *console)
{
    struct pollfd fd = {.fd = console->fd};

    return !console->is_line || (console->fd >= 0 && poll(&fd, 1, 0) >= 0 &&
                                 !(fd.revents & (POLLHUP | POLLERR)));
}

/* No more than surely fits where there is any room (pipe(7), PIPE_BUF). */
void console_put(void *context, const char *text, size_t n)
{
    struct console *console = context;

    while (n > 0 && is_connected(console) && console_has_room(console)) {
        ssize_t done = write(console->fd, text, n < PIPE_BUF ? n : PIPE_BUF);

        if (done < 0 && errno != EINTR && errno != EAGAIN) {
            if (!console->is_line)
                give_up(console, errno);
            return;
        }
        if (done > 0) {
            console->failed = false;
            text += done;
            n -= (size_t)done;
        }
    }
}
