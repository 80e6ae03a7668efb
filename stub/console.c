/* SPDX-License-Identifier: MIT */
#include "stub/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

/* Long enough for a reader that is merely slow. */
enum { GRACE_MS = 500 };

/* Waits for room. False when something else waits too and none comes. A kick
 * (EINTR) says that something does, and the loop's descriptor says it again. */
static bool has_room(const struct console *console)
{
    struct pollfd fds[] = {{.fd = console->fd, .events = POLLOUT},
                           {.fd = console->loop, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return fds[0].revents || poll(fds, 1, GRACE_MS) > 0;
}

/* No more than surely fits where there is any room (pipe(7), PIPE_BUF). */
void console_put(void *context, const char *text, size_t n)
{
    const struct console *console = context;

    while (n > 0 && has_room(console)) {
        ssize_t done = write(console->fd, text, n < PIPE_BUF ? n : PIPE_BUF);

        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return; /* nobody reads it: the guest goes on */
        if (done > 0) {
            text += done;
            n -= (size_t)done;
        }
    }
}
