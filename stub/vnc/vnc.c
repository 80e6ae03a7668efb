/* SPDX-License-Identifier: MIT */
#include "stub/vnc/vnc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "kvm/device/picture.h"
#include "stub/log.h"
#include "stub/vnc/child.h"
#include "stub/vnc/link.h"

enum {
    SHARED_SIZE = PICTURE_DOTS * sizeof(uint32_t),
    /* What it asks is answered, and then it is not heard for a while: whoever
     * floods it with keys does not keep the guest from running. */
    BATCH = 32,
    PAUSE_NS = 5 * 1000 * 1000
};

/* --- what it asks --- */

static void send_picture(struct vnc *vnc)
{
    struct picture picture = {.dot = vnc->dot};
    struct vnc_frame frame = {0, 0};

    if (!vnc->machine->ops->picture(vnc->machine, &picture, NULL))
        frame = (struct vnc_frame){picture.columns, picture.rows};
    (void)!write(vnc->link.fd, &frame, sizeof frame);
}

static void answer(struct vnc *vnc, const struct vnc_request *request)
{
    if (request->kind == VNC_FRAME)
        send_picture(vnc);
    else if (request->kind == VNC_KEY)
        (void)vnc->machine->ops->keysym(vnc->machine, request->keysym,
                                        request->down != 0);
}

static void lose(struct vnc *vnc)
{
    loop_remove(vnc->loop, &vnc->link);
    (void)close(vnc->link.fd);
    vnc->link.fd = -1;
    log_user("the VNC server has ended; the guest goes on");
}

/* False: there is nothing more. */
static bool take_one(struct vnc *vnc)
{
    struct vnc_request request;
    ssize_t n = read(vnc->link.fd, &request, sizeof request);

    if (n == sizeof request)
        answer(vnc, &request);
    else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        lose(vnc);
    return n == sizeof request;
}

static void on_link(void *context, uint32_t events)
{
    struct itimerspec timer = {.it_value.tv_nsec = PAUSE_NS};
    struct vnc *vnc = context;

    (void)events;
    for (unsigned i = 0; i < BATCH && take_one(vnc); i++)
        ;
    if (vnc->link.fd < 0)
        return;
    loop_remove(vnc->loop, &vnc->link);
    (void)timerfd_settime(vnc->pause.fd, 0, &timer, NULL);
}

static void on_pause(void *context, uint32_t events)
{
    struct vnc *vnc = context;
    uint64_t count;

    (void)events;
    (void)!read(vnc->pause.fd, &count, sizeof count);
    if (vnc->link.fd >= 0)
        (void)loop_add(vnc->loop, &vnc->link, EPOLLIN);
}

/* --- life --- */

static int await_hello(struct vnc *vnc, struct diag *diag)
{
    struct vnc_hello message;
    ssize_t n;

    do {
        n = recv(vnc->link.fd, &message, sizeof message, 0);
    } while (n < 0 && errno == EINTR);
    if (n != sizeof message)
        return diag_set(diag, -EPIPE, "--vnc: its server ended at once");
    if (message.result < 0 && diag)
        *diag = message.diag;
    return message.result;
}

/* The picture is memory of both. */
static int start_child(struct vnc *vnc, bool sandbox, struct diag *diag)
{
    int ends[2];
    pid_t pid;

    vnc->dot = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (vnc->dot == MAP_FAILED)
        vnc->dot = NULL;
    if (!vnc->dot ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return diag_set(diag, -errno, "--vnc: %s", strerror(errno));
    (void)madvise(vnc->dot, SHARED_SIZE, MADV_DONTDUMP);
    pid = fork();
    if (pid == 0)
        vnc_child_run(
            &(struct vnc_child){vnc->listen, ends[1], vnc->dot, sandbox});
    vnc->link.fd = ends[0];
    (void)close(ends[1]);
    if (pid < 0)
        return diag_set(diag, -errno, "--vnc: no process for it: %s",
                        strerror(errno));
    return await_hello(vnc, diag);
}

int vnc_start(struct vnc *vnc, const struct address *address, bool sandbox,
              struct diag *diag)
{
    *vnc = (struct vnc){
        .address = *address, .listen = -1, .link.fd = -1, .pause.fd = -1};
    vnc->listen = address_listen(&vnc->address, diag);
    vnc->owns_file = vnc->listen >= 0;
    return vnc->listen < 0 ? vnc->listen : start_child(vnc, sandbox, diag);
}

int vnc_attach(struct vnc *vnc, struct loop *loop, struct machine *machine,
               struct diag *diag)
{
    int r;

    vnc->loop = loop;
    vnc->machine = machine;
    vnc->link.ready = on_link;
    vnc->link.context = vnc;
    vnc->pause = (struct loop_source){
        timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), on_pause,
        vnc};
    r = vnc->pause.fd < 0 || fcntl(vnc->link.fd, F_SETFL, O_NONBLOCK) < 0
            ? -errno
            : loop_add(loop, &vnc->pause, EPOLLIN);
    if (!r)
        r = loop_add(loop, &vnc->link, EPOLLIN);
    return r ? diag_set(diag, r, "--vnc: %s", strerror(-r)) : 0;
}

void vnc_detach(struct vnc *vnc)
{
    if (!vnc->loop)
        return;
    if (vnc->pause.fd >= 0)
        (void)close(vnc->pause.fd);
    vnc->pause.fd = -1;
    vnc->loop = NULL;
}

/* Its end of the link tells it, and the kernel, should it be busy. */
void vnc_end(struct vnc *vnc)
{
    if (vnc->listen < 0)
        return;
    if (vnc->link.fd >= 0)
        (void)close(vnc->link.fd);
    if (vnc->owns_file)
        address_unlink(&vnc->address);
    (void)close(vnc->listen);
    if (vnc->dot)
        (void)munmap(vnc->dot, SHARED_SIZE);
    *vnc = (struct vnc){.listen = -1, .link.fd = -1, .pause.fd = -1};
}
