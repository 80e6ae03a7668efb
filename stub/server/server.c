/* SPDX-License-Identifier: MIT */
#include "stub/server/server.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "kvm/core/kick.h"
#include "stub/engine/engine.h"
#include "stub/front/clients.h"
#include "stub/front/gdb.h"
#include "stub/log.h"
#include "stub/server/conn.h"
#include "stub/server/lines.h"
#include "stub/server/listener.h"
#include "stub/server/loop.h"
#include "stub/server/terminal.h"
#include "stub/server/waker.h"

#define NS_PER_SECOND UINT64_C(1000000000)
/* How long the debugger that has ended may still let another one connect. */
enum { NOBODY_S = 5 };

enum {
    QUOTED_MAX = 40,
    REFUSALS_TOLD = 5,
    TICK_NS = 2 * 1000 * 1000,      /* the first after a resume or help, */
    TICK_MAX_NS = 64 * 1000 * 1000, /* each next one twice as late, up to */
};

struct server {
    struct debugger *debugger;
    struct server_config config;
    struct loop loop;
    struct waker waker;
    bool has_waker; /* it was started */
    struct conn conn;
    unsigned n_refused;       /* clients that were none */
    struct listener listener; /* not open with stdio */
    struct loop_source signals;
    struct loop_source timeout; /* fd -1: none */
    struct loop_source ticks;   /* a timer */
    struct loop_source started; /* config.debugger */
    struct loop_source nobody;  /* a timer, when that has ended */
    bool ticking;
    long tick_ns;
};

/* --- clients --- */

/* Only now: whoever connects and says nothing does not stop the guest. */
static void on_began(void *context)
{
    struct server *server = context;

    debugger_connect(server->debugger);
}

static void on_fed(void *context)
{
    struct server *server = context;

    engine_settle(&server->debugger->engine);
}

/* The stream is closed: by the client, or after its last reply. */
static void on_ended(void *context)
{
    struct server *server = context;

    if (server->conn.begun)
        debugger_lost(server->debugger);
    if ((server->config.once && server->conn.begun) ||
        server->config.address.kind == ADDRESS_STDIO)
        debugger_finish(server->debugger, ENDING_LEFT, 0,
                        "the debugger has gone");
}

/* What is fit to print of it, up to the end of its first line. */
static void server_quote(char *to, size_t cap, const char *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < n && i + 1 < cap && bytes[i] != '\r' && bytes[i] != '\n';
         i++)
        to[i] = isprint((unsigned char)bytes[i]) ? bytes[i] : '.';
    to[i] = '\0';
}

/* Who does it again and again is told of a few times. */
static void server_on_refused(void *context, const char *bytes, size_t n)
{
    struct server *server = context;
    char text[QUOTED_MAX];

    server_quote(text, sizeof text, bytes, n);
    if (server->n_refused++ < REFUSALS_TOLD)
        log_user("a client was turned away: it began with '%s', which no "
                 "debugger does%s",
                 text,
                 server->n_refused == REFUSALS_TOLD
                     ? " (no more of them are told)"
                     : "");
    if (server->config.address.kind == ADDRESS_STDIO)
        debugger_finish(server->debugger, ENDING_FAILED, 0,
                        "what comes on standard input is no debugger's");
}

static void on_client(void *context, int fd)
{
    struct server *server = context;

    if (conn_is_taken(&server->conn)) {
        log_user("a second debugger was turned away: one is connected");
        (void)close(fd);
        return;
    }
    (void)conn_open(&server->conn, fd, fd);
}

/* A guest that waits for what is typed waits in vain now. */
static void on_input_ended(void *context)
{
    struct server *server = context;

    engine_settle(&server->debugger->engine);
}

static void on_left(void *context)
{
    struct server *server = context;

    debugger_finish(server->debugger, ENDING_QUIT, 0, "Ctrl-A x");
}

/* --- signals --- */

/* What stops the program, and lets it go on, concerns the terminal. */
static void on_stop_signal(struct server *server, int number)
{
    if (number == SIGTSTP)
        terminal_stop(server->config.terminal);
    else
        terminal_enter(server->config.terminal);
}

static void on_signal(void *context, uint32_t events)
{
    struct server *server = context;
    struct signalfd_siginfo info;
    char reason[64];

    (void)events;
    if (read(server->signals.fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGTSTP || info.ssi_signo == SIGCONT) {
        on_stop_signal(server, (int)info.ssi_signo);
        return;
    }
    (void)snprintf(reason, sizeof reason, "a signal: %s",
                   strsignal((int)info.ssi_signo));
    debugger_finish(server->debugger, ENDING_SIGNAL, (int)info.ssi_signo,
                    reason);
}

static int watch_signals(struct server *server)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    if (server->config.terminal) {
        (void)sigaddset(&set, SIGTSTP);
        (void)sigaddset(&set, SIGCONT);
    }
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* write(2) says so, too, */
    (void)signal(SIGXFSZ, SIG_IGN); /* and that a file has its largest size */
    (void)signal(SIGTTIN, SIG_IGN); /* read(2): the terminal is another's */
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
    bool wanted = engine_wants_ticks(&server->debugger->engine);
    struct itimerspec timer = {.it_value.tv_nsec = 0};

    if (!wanted || engine_was_stuck(&server->debugger->engine))
        server->tick_ns = TICK_NS;
    if (wanted == server->ticking)
        return;
    server->ticking = wanted;
    if (wanted)
        timer.it_value.tv_nsec = server->tick_ns;
    (void)timerfd_settime(server->ticks.fd, 0, &timer, NULL);
}

/* --- the timeout --- */

static void on_timeout(void *context, uint32_t events)
{
    struct server *server = context;
    struct debugger *d = server->debugger;
    char reason[100];

    (void)events;
    (void)snprintf(reason, sizeof reason,
                   "--timeout: %g s are over, the guest %s",
                   (double)server->config.timeout_ns / 1e9,
                   d->engine.running ? "was running" : "was stopped");
    if (!debugger_finished(d))
        log_user("%s", reason);
    debugger_finish(d, ENDING_TIMEOUT, 0, reason);
}

static int start_timer(struct server *server, struct loop_source *source,
                       uint64_t ns)
{
    struct itimerspec timer = {
        .it_value = {(time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND)}};

    source->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (source->fd < 0 || timerfd_settime(source->fd, 0, &timer, NULL) < 0)
        return -errno;
    return loop_add(&server->loop, source, EPOLLIN);
}

static int make_timeout(struct server *server)
{
    server->timeout = (struct loop_source){-1, on_timeout, server};
    if (!server->config.timeout_ns)
        return 0;
    return start_timer(server, &server->timeout, server->config.timeout_ns);
}

/* --- the debugger that was started --- */

static void on_nobody(void *context, uint32_t events)
{
    struct server *server = context;

    (void)events;
    loop_remove(&server->loop, &server->nobody);
    if (!conn_is_taken(&server->conn))
        debugger_finish(server->debugger, ENDING_LEFT, 0,
                        "the debugger has ended before it connected");
}

/* It may have been a script that has left another one behind. */
static void on_debugger_gone(void *context, uint32_t events)
{
    const struct itimerspec timer = {.it_value.tv_sec = NOBODY_S};
    struct server *server = context;

    (void)events;
    loop_remove(&server->loop, &server->started);
    (void)timerfd_settime(server->nobody.fd, 0, &timer, NULL);
}

static int watch_debugger(struct server *server)
{
    int r;

    server->started =
        (struct loop_source){server->config.debugger, on_debugger_gone, server};
    if (server->config.debugger <= 0)
        return 0;
    r = start_timer(server, &server->nobody, 0);
    return r ? r : loop_add(&server->loop, &server->started, EPOLLIN);
}

/* --- set-up --- */

static int listen_or_attach(struct server *server, struct diag *diag)
{
    struct address *address = &server->config.address;

    if (address->kind == ADDRESS_NONE)
        return 0;
    if (address->kind == ADDRESS_STDIO) {
        if (conn_open(&server->conn, STDIN_FILENO, STDOUT_FILENO) < 0)
            return diag_set(diag, -EINVAL,
                            "standard input and output cannot carry packets: "
                            "use pipes, as gdb's `target remote |` does");
        return 0;
    }
    return listener_open(&server->listener, address, diag);
}

static void init_conn(struct server *server)
{
    struct conn *conn = &server->conn;

    conn->loop = &server->loop;
    conn->session = &server->debugger->session;
    conn->began = on_began;
    conn->fed = on_fed;
    conn->refused = server_on_refused;
    conn->ended = on_ended;
    conn->context = server;
}

static void server_init(struct server *server, struct debugger *debugger,
                        const struct server_config *config)
{
    server->debugger = debugger;
    server->config = *config;
    listener_init(&server->listener, &server->loop, on_client, server);
    server->signals.fd = -1;
    server->timeout.fd = -1;
    server->nobody = (struct loop_source){-1, on_nobody, server};
    server->ticks.fd = -1;
    server->tick_ns = TICK_NS;
    init_conn(server);
}

static int attach_lines(struct server *server, struct diag *diag)
{
    const struct lines_config config = {
        .terminal = server->config.terminal,
        .has_stdin = server->config.has_input,
        .ended = on_input_ended,
        .left = on_left,
        .context = server,
    };

    return lines_attach(&server->config.lines, &config, &server->loop,
                        server->debugger->engine.machine, diag);
}

static int server_set_up(struct server *server, struct diag *diag)
{
    int r = vcpu_kick_setup();

    if (!r)
        r = watch_signals(server);
    if (!r)
        r = make_timeout(server);
    if (!r)
        r = watch_debugger(server);
    if (!r)
        r = make_ticks(server);
    if (!r)
        r = waker_start(&server->waker, &server->loop);
    server->has_waker = !r;
    if (r < 0)
        return diag_set(diag, r, "cannot set the server up: %s", strerror(-r));
    r = attach_lines(server, diag);
    if (!r)
        r = listen_or_attach(server, diag);
    if (!r && server->config.terminal)
        terminal_enter(server->config.terminal);
    return r;
}

int server_create(struct server **ret, struct debugger *debugger,
                  struct server_config *config, struct diag *diag)
{
    struct server *server = calloc(1, sizeof *server);
    int r = server ? loop_init(&server->loop) : -ENOMEM;

    if (r < 0) {
        free(server);
        return diag_set(diag, r, "no event loop: %s", strerror(-r));
    }
    server_init(server, debugger, config);
    r = server_set_up(server, diag);
    if (r < 0) {
        lines_unlink(&server->config.lines);
        server_free(server);
        return r;
    }
    config->address = server->config.address;
    *ret = server;
    return 0;
}

static void close_source(const struct loop_source *source)
{
    if (source->fd >= 0)
        (void)close(source->fd);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    if (server->config.terminal)
        terminal_leave(server->config.terminal);
    conn_close(&server->conn);
    lines_detach(&server->config.lines);
    if (server->has_waker)
        waker_end(&server->waker);
    listener_close(&server->listener);
    close_source(&server->signals);
    close_source(&server->timeout);
    close_source(&server->ticks);
    close_source(&server->nobody);
    loop_done(&server->loop);
    free(server);
}

struct loop *server_loop(struct server *server)
{
    return &server->loop;
}

/* --- running --- */

/* One turn with the guest; ends early when the loop has something to do. */
static void run_guest(struct server *server)
{
    bool ready = engine_prepare(&server->debugger->engine);

    update_ticks(server);
    if (ready) {
        lines_set_step(&server->config.lines,
                       !engine_any_continues(&server->debugger->engine));
        waker_arm(&server->waker, server->debugger->engine.machine);
        engine_run(&server->debugger->engine);
        waker_disarm(&server->waker);
        debugger_reboot(server->debugger);
    }
    update_ticks(server);
    conn_flush(&server->conn);
}

void server_run(struct server *server)
{
    struct debugger *d = server->debugger;
    int r = 0;

    while (!debugger_finished(d) && r >= 0) {
        if (engine_runnable(&d->engine))
            run_guest(server);
        r = loop_once(&server->loop,
                      !engine_runnable(&d->engine) && !debugger_finished(d));
    }
    if (r < 0)
        debugger_finish(d, ENDING_FAILED, 0, "epoll_wait failed");
    conn_flush(&server->conn);
}
