/* SPDX-License-Identifier: MIT */
#include "stub/server/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/timerfd.h>

/* How long the guest is left alone that has not read what it was sent; each
 * time twice as long, for a stopped one reads nothing. */
enum { PAUSE_NS = 1000 * 1000, PAUSE_MAX_NS = 64 * 1000 * 1000 };

/* Out of the loop while it waits: the end of a pipe is told there again and
 * again, wanted or not. */
static void listen_to_source(struct input *input, bool on)
{
    if (input->is_file || input->listening == on)
        return;
    input->listening = on;
    if (on)
        (void)loop_add(input->loop, &input->source, EPOLLIN);
    else
        loop_remove(input->loop, &input->source);
}

void input_leave(struct input *input)
{
    if (input->source.fd < 0)
        return;
    listen_to_source(input, false);
    input->source.fd = -1;
    input->machine->ops->expect_serial(input->machine, input->port, false);
}

static void input_end(struct input *input)
{
    input_leave(input);
    input->ended(input->context);
}

static void wait_a_little(struct input *input)
{
    struct itimerspec timer = {.it_value.tv_nsec = input->pause_ns};

    (void)timerfd_settime(input->timer.fd, 0, &timer, NULL);
    if (input->pause_ns < PAUSE_MAX_NS)
        input->pause_ns *= 2;
}

/* True: the guest has all of it. */
static bool send_text(struct input *input)
{
    size_t done = input->machine->ops->serial(input->machine, input->port,
                                              input->text + input->at,
                                              input->n - input->at);

    if (done > 0)
        input->pause_ns = PAUSE_NS;
    input->at += done;
    return input->at == input->n;
}

/* Where the next bytes go, and how many there is room for. */
static char *input_make_room(struct input *input, size_t *ret_n)
{
    static char lost[256];

    memmove(input->text, input->text + input->at, input->n - input->at);
    input->n -= input->at;
    input->at = 0;
    *ret_n = sizeof input->text - input->n;
    if (*ret_n)
        return input->text + input->n;
    *ret_n = sizeof lost;
    return lost;
}

/* False: it is to be tried later. A terminal whose foreground is another's is
 * not read from (EIO, as SIGTTIN is ignored), nor one that nobody has opened.
 */
static bool read_text(struct input *input)
{
    size_t room;
    char *to = input_make_room(input, &room);
    ssize_t n = read(input->source.fd, to, room);

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN && errno != EIO))
        input_end(input);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (input->filter)
        n = (ssize_t)input->filter(input->context, to, (size_t)n);
    if (to == input->text + input->n)
        input->n += (size_t)n;
    return true;
}

/* Is it to be looked at before all is sent? */
static bool reads_ahead(const struct input *input)
{
    return input->filter && !input->is_file;
}

static void go_on(struct input *input, bool readable)
{
    bool was_read = true;
    bool all_sent = false;

    if (input->at == input->n || (readable && reads_ahead(input)))
        was_read = read_text(input);
    if (input->source.fd < 0)
        return;
    if (was_read)
        all_sent = send_text(input);
    listen_to_source(input, all_sent || (was_read && reads_ahead(input)));
    if (!all_sent || input->is_file)
        wait_a_little(input);
}

static void on_source(void *context, uint32_t events)
{
    (void)events;
    go_on(context, true);
}

static void on_timer(void *context, uint32_t events)
{
    struct input *input = context;
    uint64_t count;

    (void)events;
    (void)!read(input->timer.fd, &count, sizeof count);
    if (input->source.fd >= 0)
        go_on(input, false);
}

static int open_timer(struct input *input)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    input->timer = (struct loop_source){fd, on_timer, input};
    return fd < 0 ? -errno : loop_add(input->loop, &input->timer, EPOLLIN);
}

/* /dev/null ends here, before the guest runs: an event of the timer's would
 * interrupt it. */
static void begin_file(struct input *input)
{
    (void)read_text(input);
    if (input->source.fd >= 0)
        wait_a_little(input);
}

int input_open(struct input *input, struct loop *loop, struct machine *machine)
{
    input->loop = loop;
    input->machine = machine;
    input->source.fd = -1;
    return open_timer(input);
}

int input_take(struct input *input, int fd)
{
    int r;

    input->source = (struct loop_source){fd, on_source, input};
    input->pause_ns = PAUSE_NS;
    input->n = input->at = 0;
    r = loop_add(input->loop, &input->source, EPOLLIN);
    input->listening = !r;
    input->is_file = r == -EPERM;
    if (r && !input->is_file) {
        input->source.fd = -1;
        return r;
    }
    input->machine->ops->expect_serial(input->machine, input->port, true);
    if (input->is_file)
        begin_file(input);
    return 0;
}

void input_close(struct input *input)
{
    if (!input->loop)
        return;
    if (input->source.fd >= 0)
        listen_to_source(input, false);
    if (input->timer.fd >= 0)
        (void)close(input->timer.fd);
    *input = (struct input){0};
}
