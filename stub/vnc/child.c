/* SPDX-License-Identifier: MIT */
#include "stub/vnc/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>

#include "stub/sandbox/sandbox.h"
#include "stub/vnc/link.h"
#include "stub/vnc/rfb.h"

/* A picture is asked for so often, and clients are looked after. */
enum {
    FRAME_NS = 40 * 1000 * 1000,
    PROCESS_US = 10 * 1000,
    SILENCE_MS = 50 /* how long a client is quiet at first */
};

struct state {
    const struct vnc_child *child;
    bool asked; /* for a picture that has not come yet */
    uint64_t asked_at;
    int waiting; /* a client, for the first one to see the screen's size: -1 */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- the program --- */

static void tell(const struct vnc_child *child, struct vnc_request request)
{
    ssize_t done;

    do {
        done = send(child->link, &request, sizeof request, MSG_NOSIGNAL);
    } while (done < 0 && errno == EINTR);
    if (done < 0)
        _exit(0); /* it has gone */
}

static void on_key(void *context, uint32_t keysym, bool down)
{
    const struct state *state = context;

    tell(state->child, (struct vnc_request){VNC_KEY, keysym, down});
}

static void ask_for_picture(struct state *state)
{
    uint64_t now = now_ns();

    if (state->asked ||
        (state->waiting < 0 && now - state->asked_at < FRAME_NS))
        return;
    state->asked = true;
    state->asked_at = now;
    tell(state->child, (struct vnc_request){.kind = VNC_FRAME});
}

static void take_picture(struct state *state)
{
    struct vnc_frame frame;
    ssize_t n = recv(state->child->link, &frame, sizeof frame, 0);
    struct picture picture = {.dot = (uint32_t *)(uintptr_t)state->child->dot};

    if (n < 0 && errno == EINTR)
        return;
    if (n != sizeof frame)
        _exit(0); /* it has gone */
    state->asked = false;
    picture.columns = frame.columns;
    picture.rows = frame.rows;
    if (frame.columns && frame.rows)
        rfb_show(&picture);
    if (state->waiting >= 0)
        rfb_accept(state->waiting);
    state->waiting = -1;
}

/* --- clients --- */

/* The server speaks first (RFC 6143, 7.1.1), so who begins is none: a web page
 * that makes a browser connect, say. libvncserver would take that for a
 * WebSocket, and open files to answer it. */
static bool speaks_first(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLRDHUP};

    return poll(&poll_fd, 1, SILENCE_MS) != 0;
}

static void take_client(struct state *state)
{
    int fd = accept4(state->child->listen, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (speaks_first(fd))
        (void)close(fd);
    else
        state->waiting = fd;
}

/* Without clients it sleeps, and the guest is left alone. */
static void wait_for_something(struct state *state)
{
    struct pollfd fds[] = {{.fd = state->child->link, .events = POLLIN},
                           {.fd = state->child->listen, .events = POLLIN}};
    bool has_clients = rfb_clients() > 0;

    if (has_clients || state->waiting >= 0)
        ask_for_picture(state);
    if (has_clients)
        rfb_process(PROCESS_US);
    if (poll(fds, state->waiting < 0 ? 2 : 1, has_clients ? 0 : -1) <= 0)
        return;
    if (fds[0].revents)
        take_picture(state);
    if (fds[1].revents)
        take_client(state);
}

/* --- life --- */

/* Nothing of the program's but these two; so numbers are low, as select(2)
 * wants them. */
static void keep_only(int a, int b)
{
    int low = a < b ? a : b;
    int high = a < b ? b : a;

    if (low > STDERR_FILENO + 1)
        (void)close_range(STDERR_FILENO + 1, (unsigned)low - 1, 0);
    if (high > low + 1)
        (void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
    (void)close_range((unsigned)high + 1, ~0U, 0);
}

static void hello(const struct vnc_child *child, int result,
                  const struct diag *diag)
{
    const struct vnc_hello message = {result, *diag};

    if (send(child->link, &message, sizeof message, MSG_NOSIGNAL) < 0 ||
        result < 0)
        _exit(0);
}

_Noreturn void vnc_child_run(const struct vnc_child *child)
{
    struct state state = {.child = child, .waiting = -1};
    struct diag diag = {""};
    sigset_t all;
    int r;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSYS);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NAME, "kvmgdb-vnc");
    keep_only(child->listen, child->link);
    r = rfb_open(on_key, &state, &diag);
    if (!r && child->sandbox)
        r = sandbox_enter_vnc(&diag);
    hello(child, r, &diag);
    for (;;)
        wait_for_something(&state);
}
