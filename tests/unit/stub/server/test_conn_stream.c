/* SPDX-License-Identifier: MIT */
/*
 * A client's stream: whole conversations through a loop, over one descriptor
 * and over two, with peers that do not read, go away or come one after another.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "rsp/session.h"
#include "stub/server/conn.h"
#include "tests/support/fake_target.h"
#include "tests/unit/kvm/rows.h"

enum { TURNS_MAX = 20000, GOT_MAX = 1 << 20 };

/* As a socket, and as standard input and output. */
enum streams { ONE, TWO, STREAMS };

static struct fake_target fake;
static struct rsp_session session;
static struct loop loop;
static struct conn conn; /* zero at first, as the server's */
static unsigned began, fed, ended;
static char refused[64];
static int to_stub, from_stub; /* the peer's ends, non-blocking */

static void on_fed(void *context)
{
    (void)context;
    fed++;
}

static void on_ended(void *context)
{
    (void)context;
    ended++;
}

static void on_began(void *context)
{
    (void)context;
    began++;
    rsp_connect(&session, false);
}

static void on_refused(void *context, const char *bytes, size_t n)
{
    (void)context;
    (void)snprintf(refused, sizeof refused, "%.*s", (int)n, bytes);
}

static void begin(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* as the server does */
    fake_init(&fake, FAKE_FULL);
    rsp_init(&session, &fake.ops, &fake);
    cr_assert(zero(int, loop_init(&loop)));
    conn.loop = &loop;
    conn.session = &session;
    conn.began = on_began;
    conn.refused = on_refused;
    conn.fed = on_fed;
    conn.ended = on_ended;
    began = fed = ended = 0;
    refused[0] = '\0';
}

static void never_wait(int fd)
{
    cr_assert(zero(int, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)));
}

/* A client comes. */
static void join(enum streams streams)
{
    int in[2], out[2];

    if (streams == ONE) {
        cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, in)));
        from_stub = to_stub = in[1];
        out[1] = in[0];
    } else {
        cr_assert(zero(int, pipe(in)));
        cr_assert(zero(int, pipe(out)));
        to_stub = in[1];
        from_stub = out[0];
    }
    never_wait(to_stub);
    never_wait(from_stub);
    cr_assert(zero(int, conn_open(&conn, in[0], out[1])));
}

static void leave(void)
{
    (void)close(to_stub);
    if (from_stub != to_stub)
        (void)close(from_stub);
}

static void say(const char *text)
{
    cr_assert(
        eq(int, (int)write(to_stub, text, strlen(text)), (int)strlen(text)));
}

static bool is_ready(void)
{
    struct pollfd poll_fd = {.fd = loop.fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

/* Until there is nothing to do; a loop that spins is a failure. */
static void turn(void)
{
    unsigned turns = 0;

    while (is_ready()) {
        cr_assert(lt(uint, turns++, TURNS_MAX), "the loop spins");
        cr_assert(zero(int, loop_once(&loop, 0)));
    }
}

/* What the peer gets, read to the end. */
static const char *hear(void)
{
    static char got[GOT_MAX];
    ssize_t n = 0;

    for (size_t at = 0; n >= 0 || errno != EAGAIN; at += (size_t)n) {
        cr_assert(lt(sz, at, sizeof got - 1));
        n = read(from_stub, got + at, sizeof got - 1 - at);
        if (n <= 0) {
            got[at] = '\0';
            break;
        }
    }
    return got;
}

static void expect_heard(const char *what)
{
    const char *heard = hear();

    cr_expect(strcmp(heard, what) == 0, "'%s', not '%s'", heard, what);
}

ParameterizedTestParameters(conn, asks_and_hears)
{
    return row_numbers(STREAMS);
}

ParameterizedTest(const size_t *streams, conn, asks_and_hears)
{
    begin();
    join((enum streams) * streams);
    say("$qC#b4");
    turn();
    expect_heard("+$QC1#c5");
    cr_expect(eq(uint, fed, 1));
    say("$q");
    turn();
    say("C#b4$m1000,1#8b");
    turn();
    expect_heard("+$QC1#c5+$00#60");
    cr_expect(conn.open);
    conn_close(&conn);
    cr_expect(zero(uint, ended), "only a stream that ends by itself");
    leave();
}

ParameterizedTestParameters(conn, nothing_is_left_for_the_next)
{
    return row_numbers(STREAMS);
}

/* Neither what the one before had sent, nor what he had not heard. */
ParameterizedTest(const size_t *streams, conn, nothing_is_left_for_the_next)
{
    begin();
    join((enum streams) * streams);
    say("$D#44$qC#b4$m10");
    turn();
    expect_heard("+$OK#9a");
    cr_expect(eq(uint, ended, 1));
    cr_expect(not(conn.open));
    leave();

    join((enum streams) * streams);
    say("$!#21");
    turn();
    expect_heard("+$OK#9a");
    leave();
    turn();
    cr_expect(eq(uint, ended, 2));
}

/* As many packets as the kernel takes, and the replies later. */
static unsigned flood(const char *packet)
{
    unsigned n = 0;
    unsigned before;

    do {
        before = n;
        while (write(to_stub, packet, strlen(packet)) ==
               (ssize_t)strlen(packet))
            n++;
        turn();
    } while (n > before);
    return n;
}

static unsigned count(const char *text, char c)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == c;
    return n;
}

ParameterizedTestParameters(conn, who_does_not_read_is_not_read_from)
{
    return row_numbers(STREAMS);
}

ParameterizedTest(const size_t *streams, conn,
                  who_does_not_read_is_not_read_from)
{
    unsigned asked = 0, answered = 0;
    const char *heard;

    begin();
    join((enum streams) * streams);
    say("$QStartNoAckMode#b0");
    turn();
    expect_heard("+$OK#9a");
    /* The replies are longer than the packets, so both ways fill up, and the
     * loop has nothing to do (turn() sees to that). */
    asked = flood("$m1000,40#be");
    cr_expect(eq(sz, conn.pending, CONN_BUFFER));
    cr_expect(conn.open);
    /* One after another is read, and room is made for what waits. */
    while (heard = hear(), *heard) {
        answered += count(heard, '$');
        turn();
    }
    cr_expect(ge(uint, answered, asked));
    cr_expect(lt(sz, conn.pending, 16), "at most the begin of a packet");
    conn_close(&conn);
    leave();
}

/* clang-format off */
static const struct end_row {
    const char *label, *says;
    bool looked_for; /* by conn_is_taken(), before the loop sees it */
} end_rows[] = {
    {"goes away",                       "",            false},
    {"goes away after a packet",        "$M1000,1:ff#71", false},
    {"goes away amid a packet",         "$M1000,1",    false},
    {"is looked for",                   "",            true},
    {"is looked for, after a packet",   "$M1000,1:ff#71", true},
};
/* clang-format on */

ParameterizedTestParameters(conn, peer)
{
    return row_numbers(ROWS(end_rows));
}

/* What it still sent is done; then the stream is at its end, once. */
ParameterizedTest(const size_t *i, conn, peer)
{
    const struct end_row *row = &end_rows[*i];

    for (enum streams streams = ONE; streams < STREAMS; streams++) {
        begin();
        join(streams);
        say("$qC#b4");
        turn();
        cr_expect(conn_is_taken(&conn), "%s: it is there", row->label);
        say(row->says);
        leave();
        if (row->looked_for)
            cr_expect(not(conn_is_taken(&conn)), "%s", row->label);
        turn();
        cr_expect(not(conn.open), "%s", row->label);
        cr_expect(eq(uint, ended, 1), "%s", row->label);
        cr_expect(eq(u8, fake.ram[0], strchr(row->says, '#') ? 0xff : 0), "%s",
                  row->label);
        cr_expect(not(conn_is_taken(&conn)));
        conn_close(&conn);
        cr_expect(eq(uint, ended, 1), "%s: once", row->label);
        loop_done(&loop);
    }
}

#define HIDDEN "$M1000,1:ff#71"

/* clang-format off */
static const struct beginning_row {
    const char *says;
    bool begins;
    const char *refused; /* what is reported of it; NULL: nothing */
} beginning_rows[] = {
    {"$",                         true,  NULL},
    {"+$qC#b4",                   true,  NULL},
    {"+",                         false, NULL},
    {"+-\x03+",                   false, NULL},
    {"\x03$",                     true,  NULL},
    {"-+$",                       true,  NULL},
    {"POST / HTTP/1.1\r\n\r\n" HIDDEN, false, "POST / HTTP/1.1\r\n\r\n" HIDDEN},
    {"x=" HIDDEN,                 false, "x=" HIDDEN},
    {"+G" HIDDEN,                 false, "+G" HIDDEN},
    {"\n" HIDDEN,                 false, "\n" HIDDEN},
    {" " HIDDEN,                  false, " " HIDDEN},
    {"#71" HIDDEN,                false, "#71" HIDDEN},
    {"\x16\x03\x01" HIDDEN,       false, "\x16\x03\x01" HIDDEN},
};
/* clang-format on */

ParameterizedTestParameters(conn, beginning)
{
    return row_numbers(ROWS(beginning_rows));
}

/* In one piece, and in pieces of a byte. */
ParameterizedTest(const size_t *i, conn, beginning)
{
    const struct beginning_row *row = &beginning_rows[*i];

    for (enum streams streams = ONE; streams < STREAMS; streams++) {
        begin();
        join(streams);
        turn();
        cr_expect(zero(uint, began), "by connecting alone");
        say(row->says);
        turn();
        cr_expect(eq(uint, began, row->begins), "%s", row->says);
        cr_expect(eq(int, conn.open, !row->refused), "%s", row->says);
        cr_expect(eq(uint, ended, row->refused != NULL), "%s", row->says);
        cr_expect(strcmp(refused, row->refused ? row->refused : "") == 0);
        cr_expect(zero(u8, fake.ram[0]), "%s: nothing gets in", row->says);
        if (row->refused)
            expect_heard("");
        conn_close(&conn);
        leave();
        loop_done(&loop);
    }
}

/* A word that comes in pieces, and a packet behind it. */
Test(conn, beginning_in_pieces)
{
    begin();
    join(ONE);
    say("+");
    turn();
    say("P");
    turn();
    cr_expect(not(conn.open));
    cr_expect(strcmp(refused, "P") == 0);
    join(ONE);
    say("-");
    turn();
    say("$qC#b4");
    turn();
    expect_heard("+$QC1#c5");
    say("POST" HIDDEN);
    turn();
    expect_heard("+$OK#9a");
    cr_expect(eq(u8, fake.ram[0], 0xff), "whoever has begun may babble");
}

/* Who says nothing holds no place, and is not missed. */
Test(conn, silence_makes_room)
{
    begin();
    join(ONE);
    cr_expect(not(conn_is_taken(&conn)));
    cr_expect(not(conn.open));
    cr_expect(zero(uint, began + ended));
    leave();
    join(ONE);
    say("+");
    cr_expect(not(conn_is_taken(&conn)));
    leave();
    join(ONE);
    say("$qC#b4");
    cr_expect(conn_is_taken(&conn), "what it has sent already counts");
    turn();
    expect_heard("+$QC1#c5");
    leave();
}

/* A descriptor that is none, and one that cannot be waited for. */
Test(conn, bad_descriptors)
{
    int file;

    begin();
    cr_expect(eq(int, conn_open(&conn, -1, -1), -EBADF));
    cr_expect(not(conn.open));
    file = open("/dev/null", O_RDWR | O_CLOEXEC);
    cr_expect(eq(int, conn_open(&conn, file, file), -EPERM));
    cr_expect(not(conn.open));
    cr_expect(lt(int, fcntl(file, F_GETFD), 0), "closed");
    conn_flush(&conn);
    cr_expect(zero(uint, ended));
}

/* What the target says by itself goes out when it is asked to. */
Test(conn, flush)
{
    static const struct rsp_stop stop = {.kind = RSP_STOP_EXITED};

    begin();
    join(ONE);
    say("$c#63");
    turn();
    expect_heard("+");
    rsp_stopped(&session, &stop);
    turn();
    expect_heard("");
    conn_flush(&conn);
    expect_heard("$W00#b7");
    leave();
}
