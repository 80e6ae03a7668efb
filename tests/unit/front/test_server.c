/* SPDX-License-Identifier: MIT */
/* The server, with clients on sockets of their own threads. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "stub/engine/engine.h"
#include "stub/front/gdb.h"
#include "stub/server/server.h"
#include "tests/support/wire.h"
#include "tests/unit/front/fixture.h"

#define LOOP "\x01\x00\x20\x00\x03\x00\x30" /* INC 0x2000; NOP; JMP CODE */

/* A watchdog: who waits for an answer that does not come waits for ever. */
TestSuite(server, .timeout = 60);

/* --- the other end --- */

/* What a client sends, Ctrl-C when the guest has been running for a while, and
 * what it waits for then. */
struct turn {
    const char *bytes, *reply;
};

struct visitor {
    struct address address;
    const struct turn *turns;
    size_t n;
    int fd; /* -1: to be connected */
    char heard[4096];
    bool ended; /* the stream, by the other end */
    bool stays; /* until then */
};

static int connect_tcp(const struct address *address)
{
    const struct addrinfo hints = {.ai_family = AF_INET,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (getaddrinfo(*address->host ? address->host : NULL, address->port,
                    &hints, &found) != 0)
        return -1;
    if (connect(fd, found->ai_addr, found->ai_addrlen) < 0)
        perror("connect");
    freeaddrinfo(found);
    return fd;
}

static int connect_unix(const struct address *address)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(to.sun_path, address->path, sizeof to.sun_path);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
        perror("connect");
    return fd;
}

/* Posted then. */
static sem_t running;

static void count_rounds(struct fake_machine *machine, unsigned cpu)
{
    (void)cpu;
    if (machine->executed[0] + machine->executed[1] == 1000)
        (void)sem_post(&running);
}

/* False: the stream has ended. */
static bool listen_for(struct visitor *v, const char *what)
{
    while (!what || !strstr(v->heard, what)) {
        size_t n = strlen(v->heard);
        ssize_t got = read(v->fd, v->heard + n, sizeof v->heard - 1 - n);

        if (got <= 0)
            return false;
    }
    return true;
}

static void *visit(void *context)
{
    struct visitor *v = context;

    if (v->fd < 0)
        v->fd = v->address.kind == ADDRESS_UNIX ? connect_unix(&v->address)
                                                : connect_tcp(&v->address);
    for (size_t i = 0; i < v->n && !v->ended; i++) {
        memset(v->heard, 0, sizeof v->heard);
        while (v->turns[i].bytes[0] == '\003' && sem_wait(&running) < 0)
            continue;
        (void)!write(v->fd, v->turns[i].bytes, strlen(v->turns[i].bytes));
        v->ended = !listen_for(v, v->turns[i].reply);
    }
    if (v->stays && !v->ended)
        v->ended = !listen_for(v, NULL);
    (void)close(v->fd);
    return NULL;
}

/* --- this end --- */

static struct server *server;
static struct server_config config;

static void serve(const char *address)
{
    struct diag diag = {""};

    cr_assert(zero(int, address_parse(&config.address, address, &diag)), "%s",
              diag.text);
    cr_assert(zero(int, server_create(&server, &d, &config, &diag)), "%s",
              diag.text);
}

static void begin_server(const char *address)
{
    begin_without_client(2);
    CODE_AT(CODE, LOOP);
    (void)sem_init(&running, 0, 0);
    m.each = count_rounds;
    serve(address);
}

static void end_server(void)
{
    server_free(server);
    end();
}

static void run_with(struct visitor *v, const struct turn *turns, size_t n)
{
    pthread_t thread;

    v->address = config.address;
    v->turns = turns;
    v->n = n;
    cr_assert(zero(int, pthread_create(&thread, NULL, visit, v)));
    server_run(server);
    (void)pthread_join(thread, NULL);
}

#define RUN_WITH(v, turns) run_with(v, turns, sizeof(turns) / sizeof(turns)[0])

#define NO_ACK "+$QStartNoAckMode#b0"

static const struct turn usual[] = {
    {NO_ACK, "OK"},          {"+$?#3f", "T05thread:1;"},
    {"$Z0,3003,1#d9", "OK"}, {"$vCont;c#a8", "thread:"},
    {"$z0,3003,1#f9", "OK"},
};

/* Goes on, is interrupted; the guest is stopped somewhere in its loop. */
static const struct turn interrupted[] = {
    {NO_ACK, "OK"},      {"+$?#3f", "T05thread:1;"},
    {"$vCont;c#a8", ""}, {"\003", "T02thread:"},
    {"$k#6b", NULL},
};

/* Without a stop of its own: the client's coming was one. */
static const struct turn late[] = {
    {NO_ACK, "OK"},
    {"+$?#3f", "T02thread:1;"},
    {"$k#6b", NULL},
};

Test(server, a_client_and_no_further_one)
{
    static const char *const addresses[] = {"tcp:127.0.0.1:0", "tcp::0"};

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct visitor v = {.fd = -1};

        config = (struct server_config){.once = true};
        begin_server(addresses[i]);
        RUN_WITH(&v, usual);
        cr_expect(not(v.ended), "each was answered");
        cr_expect(eq(int, d.ending.kind, ENDING_LEFT));
        cr_expect(strcmp(d.ending.reason, "the debugger has gone") == 0);
        end_server();
    }
}

Test(server, ctrl_c_and_the_end)
{
    struct visitor v = {.fd = -1};

    begin_server("tcp:127.0.0.1:0");
    RUN_WITH(&v, interrupted);
    cr_expect(v.ended, "the stream ends with the guest");
    cr_expect(eq(int, d.ending.kind, ENDING_KILLED));
    cr_expect(m.executed[0] + m.executed[1] >= 1000);
    end_server();
}

Test(server, on_a_unix_socket)
{
    struct visitor v = {.fd = -1};
    char text[64];

    (void)snprintf(text, sizeof text, "unix:/tmp/unit-front.%d", getpid());
    begin_server(text);
    RUN_WITH(&v, interrupted);
    cr_expect(eq(int, d.ending.kind, ENDING_KILLED));
    address_unlink(&config.address);
    end_server();
}

/* As gdb's `target remote |` has it. */
Test(server, on_standard_input)
{
    struct visitor v = {.stays = true};
    int pair[2];

    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
    (void)dup2(pair[0], STDIN_FILENO);
    (void)dup2(pair[0], STDOUT_FILENO);
    (void)close(pair[0]);
    v.fd = pair[1];
    begin_server("stdio");
    RUN_WITH(&v, interrupted);
    cr_expect(eq(int, d.ending.kind, ENDING_KILLED));
    end_server();
}

/* What is no debugger does not stop the guest, and ends nothing. */
static struct visitor stranger = {.fd = -1, .stays = true};

static const struct turn browser[] = {{"GET / HTTP/1.1\r\n\r\n", NULL}};

static void *stranger_and_client(void *context)
{
    struct visitor *v = context;

    stranger.address = v->address;
    stranger.turns = browser;
    stranger.n = 1;
    (void)visit(&stranger);
    return visit(v);
}

Test(server, a_browser)
{
    struct visitor v = {.fd = -1};
    pthread_t thread;

    begin_server("tcp:127.0.0.1:0");
    v.address = config.address;
    v.turns = late;
    v.n = sizeof late / sizeof late[0];
    debugger_start(&d);
    cr_assert(
        zero(int, pthread_create(&thread, NULL, stranger_and_client, &v)));
    server_run(server);
    (void)pthread_join(thread, NULL);
    cr_expect(stranger.ended);
    cr_expect(eq(int, d.ending.kind, ENDING_KILLED));
    end_server();
}

/* A second debugger is turned away while one is there. */
static struct visitor second = {.fd = -1, .stays = true};

static void *first_and_second(void *context)
{
    static const struct turn hello[] = {{NO_ACK, "OK"}};
    static const struct turn bye[] = {{"$k#6b", NULL}};
    struct visitor *v = context;

    v->fd = connect_tcp(&v->address);
    (void)!write(v->fd, hello[0].bytes, strlen(hello[0].bytes));
    (void)listen_for(v, hello[0].reply);
    second.address = v->address;
    second.turns = hello;
    second.n = 1;
    (void)visit(&second);
    v->turns = bye;
    v->n = 1;
    return visit(v);
}

Test(server, a_second_one)
{
    struct visitor v = {.fd = -1};
    pthread_t thread;

    begin_server("tcp:127.0.0.1:0");
    v.address = config.address;
    cr_assert(zero(int, pthread_create(&thread, NULL, first_and_second, &v)));
    server_run(server);
    (void)pthread_join(thread, NULL);
    cr_expect(second.ended);
    cr_expect(not(strstr(second.heard, "OK") != NULL));
    cr_expect(eq(int, d.ending.kind, ENDING_KILLED));
    end_server();
}

/* --- other ends --- */

Test(server, the_guests_own_end)
{
    begin_server("none");
    CODE_AT(CODE, "\xfe\x2a");
    debugger_start(&d);
    server_run(server);
    cr_expect(eq(int, d.ending.kind, ENDING_EXITED));
    cr_expect(eq(int, ending_status(&d.ending), 0x2a));
    end_server();
}

Test(server, a_timeout)
{
    for (unsigned runs = 0; runs < 2; runs++) {
        config = (struct server_config){.timeout_ns = 1000 * 1000};
        begin_server("none");
        if (runs)
            debugger_start(&d);
        server_run(server);
        cr_expect(eq(int, d.ending.kind, ENDING_TIMEOUT));
        cr_expect(strcmp(d.ending.reason,
                         runs ? "--timeout: 0.001 s are over, the guest was "
                                "running"
                              : "--timeout: 0.001 s are over, the guest was "
                                "stopped") == 0);
        end_server();
    }
}

Test(server, a_signal)
{
    begin_server("none");
    debugger_start(&d);
    (void)kill(getpid(), SIGTERM);
    server_run(server);
    cr_expect(eq(int, d.ending.kind, ENDING_SIGNAL));
    cr_expect(eq(int, ending_status(&d.ending), EXIT_SIGNAL + SIGTERM));
    end_server();
}
