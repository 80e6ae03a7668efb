/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/echo.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>

#include "scripts/bench.d/net.h"
#include "scripts/bench.d/spawn.h"
#include "scripts/bench.d/vm.h"

static int serve(const struct echo *echo, int fd, struct vm *vm)
{
    int err = net_nodelay(fd);

    while (!err) {
        err = net_read(fd, echo->bytes, echo->request);
        if (!err && vm)
            err = vm_step(vm);
        if (!err)
            err = net_write(fd, echo->bytes, echo->reply);
    }
    return err;
}

static int server_main(const struct echo *echo, int listener, int step)
{
    struct vm vm;
    int err = step == ECHO_PLAIN ? 0 : vm_open(&vm, (enum guest_mode)step);
    int fd;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (err)
        return err;
    fd = accept(listener, NULL, NULL);
    return fd < 0 ? -errno : serve(echo, fd, step == ECHO_PLAIN ? NULL : &vm);
}

int echo_open(struct echo *echo, size_t request, size_t reply, int step)
{
    uint16_t port = 0;
    int listener = net_listen(&port);

    if (listener < 0)
        return listener;
    *echo = (struct echo){.request = request, .reply = reply};
    echo->bytes = calloc(1, request > reply ? request : reply);
    echo->server = echo->bytes ? fork() : -1;
    if (echo->server == 0)
        _exit(server_main(echo, listener, step) ? 1 : 0);
    echo->fd = echo->server < 0 ? -errno : net_connect(port);
    close(listener);
    return echo->fd < 0 ? echo->fd : 0;
}

void echo_close(struct echo *echo)
{
    if (echo->server > 0) {
        if (echo->fd >= 0)
            close(echo->fd);
        spawn_end(echo->server);
    }
    free(echo->bytes);
    *echo = (struct echo){0};
}

int echo_once(void *context)
{
    struct echo *echo = context;
    int err = net_write(echo->fd, echo->bytes, echo->request);

    return err ? err : net_read(echo->fd, echo->bytes, echo->reply);
}
