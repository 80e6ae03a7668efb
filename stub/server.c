/* SPDX-License-Identifier: MIT */
#include "stub/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "stub/conn.h"
#include "stub/log.h"
#include "stub/loop.h"
#include "stub/sentry.h"

enum {
    SIGNAL_STATUS = 128,
    TICK_NS = 2 * 1000 * 1000,      /* the first after a resume or help, */
    TICK_MAX_NS = 64 * 1000 * 1000, /* each next one twice as late, up to */
};

struct server {
    struct debugger *debugger;
    struct address address;
    bool once;
    struct loop loop;
    struct sentry sentry;
    bool has_sentry; /* it was started */
    struct conn conn;
    struct loop_source listener; /* fd -1 with stdio */
    struct loop_source signals;
    struct loop_source ticks; /* a timer */
    bool ticking;
    long tick_ns;
};

static void finish(struct server *server, int status)
{
    server->debugger->finished = true;
    server->debugger->status = status;
}

/* --- clients --- */

static void on_fed(void *context)
{
    struct server *server = context;

    debugger_settle(server->debugger);
}

/* The stream is closed: by the client, or after its last reply. */
static void on_ended(void *context)
{
    struct server *server = context;

    debugger_lost(server->debugger);
    if (server->once || server->listener.fd < 0)
        server->debugger->finished = true;
}

static void on_client(void *context, uint32_t events)
{
    struct server *server = context;
    int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC);

    (void)events;
    if (fd < 0)
        return;
    conn_end_if_hung_up(&server->conn);
    if (server->conn.open) {
        log_user("a second debugger was turned away: one is connected");
        (void)close(fd);
        return;
    }
    if (conn_open(&server->conn, fd, fd) == 0)
        debugger_attach(server->debugger);
}

/* --- signals --- */

static void on_signal(void *context, uint32_t events)
{
    struct server *server = context;
    struct signalfd_siginfo info;

    (void)events;
    if (read(server->signals.fd, &info, sizeof info) == sizeof info)
        finish(server, SIGNAL_STATUS + (int)info.ssi_signo);
}

static int watch_signals(struct server *server)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    server->signals = (struct loop_source){
        signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), on_signal, server};
    if (server->signals.fd < 0)
        return -errno;
    return loop_add(&server->loop, &server->signals, EPOLLIN);
}

/* --- ticks --- */

/* Its arrival calls the vCPU away from the guest; that is all. */
static void on_tick(void *context, uint32_t events)
{
    struct server *server = context;
    uint64_t count;

    (void)events;
    (void)!read(server->ticks.fd, &count, sizeof count);
    server->ticking = false;
    if (server->tick_ns < TICK_MAX_NS)
        server->tick_ns *= 2;
}

static int make_ticks(struct server *server)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    server->ticks = (struct loop_source){fd, on_tick, server};
    return fd < 0 ? -errno : loop_add(&server->loop, &server->ticks, EPOLLIN);
}

static void update_ticks(struct server *server)
{
    bool wanted = debugger_wants_ticks(server->debugger);
    struct itimerspec timer = {.it_value.tv_nsec = 0};

    if (!wanted || debugger_was_stuck(server->debugger))
        server->tick_ns = TICK_NS;
    if (wanted == server->ticking)
        return;
    server->ticking = wanted;
    if (wanted)
        timer.it_value.tv_nsec = server->tick_ns;
    (void)timerfd_settime(server->ticks.fd, 0, &timer, NULL);
}

/* --- set-up --- */

static int listen_or_attach(struct server *server, struct diag *diag)
{
    int fd;

    if (server->address.kind == ADDRESS_STDIO) {
        server->listener.fd = -1;
        if (conn_open(&server->conn, STDIN_FILENO, STDOUT_FILENO) < 0)
            return diag_set(diag, -EINVAL,
                            "standard input and output cannot carry packets: "
                            "use pipes, as gdb's `target remote |` does");
        debugger_attach(server->debugger);
        return 0;
    }
    fd = address_listen(&server->address, diag);
    if (fd < 0)
        return fd;
    server->listener = (struct loop_source){fd, on_client, server};
    return loop_add(&server->loop, &server->listener, EPOLLIN);
}

static void init_conn(struct server *server)
{
    struct conn *conn = &server->conn;

    conn->loop = &server->loop;
    conn->session = &server->debugger->session;
    conn->fed = on_fed;
    conn->ended = on_ended;
    conn->context = server;
}

int server_create(struct server **ret, struct debugger *debugger,
                  struct address *address, bool once, struct diag *diag)
{
    struct server *server = calloc(1, sizeof *server);
    int r = server ? loop_init(&server->loop) : -ENOMEM;

    if (r < 0) {
        free(server);
        return diag_set(diag, r, "no event loop: %s", strerror(-r));
    }
    server->debugger = debugger;
    server->address = *address;
    server->once = once;
    server->listener.fd = -1;
    server->signals.fd = -1;
    server->ticks.fd = -1;
    server->tick_ns = TICK_NS;
    init_conn(server);
    r = vcpu_kick_setup();
    if (!r)
        r = watch_signals(server);
    if (!r)
        r = make_ticks(server);
    if (!r)
        r = sentry_start(&server->sentry, &server->loop);
    server->has_sentry = !r;
    if (r < 0)
        (void)diag_set(diag, r, "cannot set the server up: %s", strerror(-r));
    else
        r = listen_or_attach(server, diag);
    if (r < 0) {
        server_free(server);
        return r;
    }
    *address = server->address;
    *ret = server;
    return 0;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    conn_close(&server->conn);
    if (server->has_sentry)
        sentry_end(&server->sentry);
    if (server->listener.fd >= 0) {
        (void)close(server->listener.fd);
        address_unlink(&server->address);
    }
    if (server->signals.fd >= 0)
        (void)close(server->signals.fd);
    if (server->ticks.fd >= 0)
        (void)close(server->ticks.fd);
    loop_done(&server->loop);
    free(server);
}

int server_descriptor(const struct server *server)
{
    return server->loop.fd;
}

/* --- running --- */

/* One turn with the guest; ends early when the loop has something to do. */
static void run_guest(struct server *server)
{
    bool ready = debugger_prepare(server->debugger);

    update_ticks(server);
    if (ready) {
        sentry_arm(&server->sentry, debugger_vcpu(server->debugger, 1));
        debugger_run(server->debugger);
        sentry_disarm(&server->sentry);
    }
    update_ticks(server);
    conn_flush(&server->conn);
}

int server_run(struct server *server)
{
    struct debugger *d = server->debugger;

    while (!d->finished) {
        bool runnable = debugger_runnable(d);

        if (runnable)
            run_guest(server);
        if (loop_once(&server->loop, !debugger_runnable(d) && !d->finished) < 0)
            return -1;
    }
    conn_flush(&server->conn);
    return d->status;
}
