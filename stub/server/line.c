/* SPDX-License-Identifier: MIT */
#include "stub/server/line.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sys/stat.h>

#include "kvm/core/file.h"
#include "stub/log.h"
#include "stub/server/terminal.h"

/* As the user counts them. */
static unsigned line_number(const struct line *line)
{
    return line->port + 1;
}

/* --- files --- */

/* What is no file is not written to; what is there stays. */
static int check_file(const struct line *line, int fd, struct diag *diag)
{
    const char *path = file_shown(line->target.path);
    struct stat st;

    if (fstat(fd, &st) < 0)
        return diag_set(diag, -errno, "--serial file:%s: %s", path,
                        strerror(errno));
    if (!S_ISREG(st.st_mode))
        return diag_set(diag, -ENXIO,
                        "--serial file:%s: it is not a regular file", path);
    if (st.st_size > 0)
        log_user("serial port %u: %s has %lld bytes, and more is appended",
                 line_number(line), path, (long long)st.st_size);
    return 0;
}

/* A FIFO that nobody reads is an error, and not waited for. */
static int line_open_file(struct line *line, struct diag *diag)
{
    const char *path = line->target.path;
    int fd = open(
        path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        0666);
    int r;

    if (fd < 0)
        return diag_set(diag, -errno,
                        "--serial file:%s: cannot write this file: %s",
                        file_shown(path), strerror(errno));
    r = check_file(line, fd, diag);
    if (r < 0)
        (void)close(fd);
    else
        line->own.fd = fd;
    return r;
}

/* --- pseudo-terminals --- */

/* Nothing that the guest sends comes back to it as an echo. And once a
 * terminal was open and is not, the other side is told that nobody is there
 * (POLLHUP). */
static int make_raw(const char *name)
{
    struct termios mode;
    int fd = open(name, O_RDWR | O_CLOEXEC | O_NOCTTY);
    int r = 0;

    if (fd < 0 || tcgetattr(fd, &mode) < 0)
        r = -errno;
    if (!r) {
        cfmakeraw(&mode);
        r = tcsetattr(fd, TCSANOW, &mode) < 0 ? -errno : 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return r;
}

static int line_open_pty(struct line *line, struct diag *diag)
{
    int fd = posix_openpt(O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char name[64] = "";
    int r = 0;

    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
        r = -errno;
    if (!r)
        r = -ptsname_r(fd, name, sizeof name);
    if (!r)
        r = make_raw(name);
    if (!r) {
        line->own.fd = fd;
        log_user("serial port %u: %s", line_number(line), name);
        return 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return diag_set(diag, r, "--serial pty: no pseudo-terminal: %s",
                    strerror(-r));
}

/* --- sockets --- */

static void set_up_peer(int fd)
{
    int one = 1;

    (void)fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static bool has_hung_up(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};

    return poll(&poll_fd, 1, 0) > 0;
}

/* To whom the guest's text goes now; -1: nobody. */
static void talk_to(struct line *line, int fd)
{
    console_forget(&line->own);
    line->own.fd = fd;
}

static void forget_peer(struct line *line, unsigned which)
{
    int *peer = &line->peer[which];

    if (which + 1 == line->n_peers)
        talk_to(line, -1);
    (void)close(*peer);
    line->n_peers--;
    memmove(peer, peer + 1, (line->n_peers - which) * sizeof *peer);
}

/* What comes to the guest is the first one's, for as long as there is any. */
static void read_peers(struct line *line)
{
    while (line->n_peers && input_take(&line->input, line->peer[0]) < 0)
        forget_peer(line, 0);
}

/* There is no room for all who leave something unread. */
static void forget_unread(struct line *line)
{
    log_user("serial port %u: the guest reads nothing, and what the last "
             "terminal sent is lost",
             line_number(line));
    forget_peer(line, line->n_peers - 1);
}

static void line_on_peer(void *context, int fd)
{
    struct line *line = context;

    if (line->n_peers && !has_hung_up(line->peer[line->n_peers - 1])) {
        log_user("serial port %u: a second terminal was turned away: one is "
                 "connected",
                 line_number(line));
        (void)close(fd);
        return;
    }
    if (line->n_peers == LINE_PEERS)
        forget_unread(line);
    set_up_peer(fd);
    line->peer[line->n_peers++] = fd;
    talk_to(line, fd);
    if (line->n_peers == 1)
        read_peers(line);
}

static void await_peer(struct line *line)
{
    line->input.machine->ops->expect_serial(line->input.machine, line->port,
                                            true);
}

/* The first has hung up, and all is read. Another one may come. */
static void line_on_end(void *context)
{
    struct line *line = context;

    if (line->target.kind == LINE_SOCKET) {
        forget_peer(line, 0);
        await_peer(line);
        read_peers(line);
    }
    line->ended(line->context);
}

static int line_listen(struct line *line, struct loop *loop, struct diag *diag)
{
    char where[300];
    int r;

    listener_init(&line->listener, loop, line_on_peer, line);
    r = listener_open(&line->listener, &line->target.address, diag);
    if (r < 0)
        return r;
    address_format(&line->target.address, where, sizeof where);
    log_user("serial port %u: %s", line_number(line), where);
    await_peer(line);
    return 0;
}

/* --- the terminal --- */

static size_t line_filter(void *context, char *text, size_t n)
{
    struct line *line = context;
    bool left;

    n = terminal_filter(line->terminal, text, n, &left);
    if (left)
        line->left(line->context);
    return n;
}

/* --- all of them --- */

int line_open(struct line *line, unsigned port,
              const struct line_target *target, struct console *stdio,
              struct diag *diag)
{
    *line = (struct line){.port = port, .target = *target, .own = {.fd = -1}};
    line->console = target->kind == LINE_STDIO ? stdio : &line->own;
    line->own.is_line = target->kind == LINE_PTY || target->kind == LINE_SOCKET;
    listener_init(&line->listener, NULL, NULL, NULL);
    switch (target->kind) {
    case LINE_FILE:
        return line_open_file(line, diag);
    case LINE_PTY:
        return line_open_pty(line, diag);
    case LINE_STDIO:
    case LINE_SOCKET:
    case LINE_NONE:
        break;
    }
    return 0;
}

struct console_sink line_sink(struct line *line)
{
    if (line->target.kind == LINE_NONE)
        return (struct console_sink){NULL, NULL};
    return (struct console_sink){console_put, line->console};
}

int line_attach(struct line *line, struct loop *loop, struct machine *machine,
                bool has_stdin, struct diag *diag)
{
    enum line_kind kind = line->target.kind;
    int r;

    if (kind == LINE_NONE || (kind == LINE_STDIO && !has_stdin))
        return 0;
    line->own.loop = loop;
    if (kind == LINE_FILE)
        return 0;
    line->input.port = line->port;
    line->input.ended = line_on_end;
    line->input.context = line;
    if (kind == LINE_STDIO && line->terminal)
        line->input.filter = line_filter;
    r = input_open(&line->input, loop, machine);
    if (!r && kind != LINE_SOCKET)
        r = input_take(&line->input,
                       kind == LINE_STDIO ? STDIN_FILENO : line->own.fd);
    if (r < 0)
        return diag_set(diag, r, "cannot set serial port %u up: %s",
                        line_number(line), strerror(-r));
    return kind == LINE_SOCKET ? line_listen(line, loop, diag) : 0;
}

void line_detach(struct line *line)
{
    input_close(&line->input);
    listener_close(&line->listener);
    console_end(&line->own);
    line->own.loop = NULL;
}

void line_close(struct line *line)
{
    while (line->n_peers)
        forget_peer(line, 0);
    if (line->own.fd >= 0)
        (void)close(line->own.fd);
    line->own.fd = -1;
}
