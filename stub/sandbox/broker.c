/* SPDX-License-Identifier: MIT */
#include "stub/sandbox/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kvm/core/file.h"
#include "kvm/vm/vm.h"

enum request_kind { OPEN_PATH, OPEN_FILE, SEAL };

struct request {
    enum request_kind kind;
    int flags; /* PATH: open's; FILE: files_access */
    union {
        char name[PATH_MAX];
        struct address address[BROKER_SOCKETS];
    };
};

struct reply {
    int result; /* -errno, or 0 and a descriptor, if one was wanted */
    struct diag diag;
};

/* --- what may be done --- */

static bool is_module(const struct broker_config *config, const char *path)
{
    for (unsigned i = 0; i < config->n_modules; i++) {
        const char *module = config->modules[i];
        size_t n = strcspn(module, " ");

        if (strlen(path) == n && !strncmp(path, module, n))
            return true;
    }
    return false;
}

static bool may_open(const struct broker_config *config, const char *path,
                     int flags)
{
    const struct {
        const char *path;
        int flags;
    } allowed[] = {
        {config->image, O_RDONLY | O_NONBLOCK},
        {config->disk, O_RDONLY | O_NONBLOCK},
        {config->initrd, O_RDONLY | O_NONBLOCK},
        {VM_DEVICE, O_RDWR},
    };

    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (allowed[i].path && !strcmp(allowed[i].path, path) &&
            allowed[i].flags == flags)
            return true;
    return flags == (O_RDONLY | O_NONBLOCK) && is_module(config, path);
}

static int broker_seal_files(struct broker *broker,
                             const struct address *addresses)
{
    if (broker->is_sealed)
        return -EPERM;
    broker->is_sealed = true;
    memcpy(broker->socket, addresses, sizeof broker->socket);
    return 0;
}

/* A descriptor or, for SEAL, 0; -errno. */
static int broker_carry_out(struct broker *broker,
                            const struct request *request, struct diag *diag)
{
    switch (request->kind) {
    case OPEN_PATH:
        if (may_open(&broker->config, request->name, request->flags))
            return file_open_by(NULL, request->name, request->flags);
        return -EPERM;
    case OPEN_FILE:
        return files_open(
            broker->config.files, request->name,
            request->flags == FILES_WRITE ? FILES_WRITE : FILES_READ, diag);
    case SEAL:
        return broker_seal_files(broker, request->address);
    }
    return -EINVAL;
}

static void broker_finish(struct broker *broker)
{
    for (unsigned i = 0; broker->is_sealed && i < BROKER_SOCKETS; i++)
        address_unlink(&broker->socket[i]);
    broker->is_sealed = false;
    if (broker->config.files >= 0)
        (void)close(broker->config.files);
    broker->config.files = -1;
}

/* --- the conversation --- */

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* fd: goes along, -1 for none. */
static int send_message(int to, const void *bytes, size_t n, int fd)
{
    union control control = {.bytes = {0}};
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t done;

    if (fd >= 0) {
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    do {
        done = sendmsg(to, &message, MSG_NOSIGNAL);
    } while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : 0;
}

/* -EPIPE: the other end has gone. *ret_fd: what came along, or -1. */
static int receive_message(int from, void *bytes, size_t n, int *ret_fd)
{
    union control control = {.bytes = {0}};
    struct iovec part = {bytes, n};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header;
    ssize_t done;

    *ret_fd = -1;
    do {
        done = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    } while (done < 0 && errno == EINTR);
    if (done <= 0)
        return done < 0 ? -errno : -EPIPE;
    header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof *ret_fd))
        memcpy(ret_fd, CMSG_DATA(header), sizeof *ret_fd);
    return (size_t)done == n ? 0 : -EPROTO;
}

/* --- the broker --- */

static void broker_answer(struct broker *broker, struct request *request)
{
    struct reply reply = {.diag = {""}};
    int fd;

    request->name[sizeof request->name - 1] = '\0';
    fd = broker_carry_out(broker, request, &reply.diag);
    if (request->kind == SEAL || fd < 0) {
        reply.result = fd;
        fd = -1;
    }
    (void)send_message(broker->fd, &reply, sizeof reply, fd);
    if (fd >= 0)
        (void)close(fd);
}

/* It keeps its end of the conversation and the folder, and nothing that the
 * program opened for others to read or write. */
static void close_others(const struct broker *broker)
{
    int low = broker->fd;
    int high = broker->config.files;

    if (high < low) {
        low = high;
        high = broker->fd;
    }
    if (low > 0)
        (void)close_range(0, (unsigned)low - 1, 0);
    (void)close_range((unsigned)(low + 1), (unsigned)high - 1, 0);
    (void)close_range((unsigned)high + 1, ~0U, 0);
}

/* Signals are for the program: when it ends, this one does. */
_Noreturn static void serve(struct broker *broker)
{
    static struct request request;
    sigset_t all;
    int fd;
    int r;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)prctl(PR_SET_NAME, "kvmgdb-broker");
    close_others(broker);
    do {
        r = receive_message(broker->fd, &request, sizeof request, &fd);
        if (fd >= 0)
            (void)close(fd);
        if (!r)
            broker_answer(broker, &request);
    } while (r == 0 || r == -EPROTO);
    broker_finish(broker);
    _exit(0);
}

/* --- the program --- */

int broker_start(struct broker *broker, const struct broker_config *config,
                 bool separate, struct diag *diag)
{
    int ends[2];

    *broker = (struct broker){.config = *config, .fd = -1, .pid = -1};
    if (!separate)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return diag_set(diag, -errno, "no sockets for the sandbox: %s",
                        strerror(errno));
    broker->pid = fork();
    if (broker->pid == 0) {
        broker->fd = ends[1];
        serve(broker);
    }
    if (broker->pid < 0)
        (void)diag_set(diag, -errno, "no process for the sandbox: %s",
                       strerror(errno));
    (void)close(ends[1]);
    if (config->files >= 0)
        (void)close(config->files);
    broker->config.files = -1;
    broker->fd = ends[0];
    if (broker->pid > 0)
        return 0;
    (void)close(ends[0]);
    return -EAGAIN;
}

/* A descriptor, or -errno. */
static int broker_ask(struct broker *broker, const struct request *request,
                      struct diag *diag)
{
    struct reply reply;
    int fd;
    int r;

    if (broker->fd < 0)
        return broker_carry_out(broker, request, diag);
    r = send_message(broker->fd, request, sizeof *request, -1);
    if (!r)
        r = receive_message(broker->fd, &reply, sizeof reply, &fd);
    if (r < 0)
        return diag_set(diag, r,
                        "the process that opens files for the sandbox has "
                        "gone: %s",
                        strerror(-r));
    if (diag)
        *diag = reply.diag;
    if (fd < 0 && reply.result == 0 && request->kind != SEAL)
        return diag_set(diag, -EMFILE, "%s: %s", request->name,
                        strerror(EMFILE)); /* no number was left for it */
    return fd < 0 ? reply.result : fd;
}

static int open_name(struct broker *broker, enum request_kind kind,
                     const char *name, int flags, struct diag *diag)
{
    struct request request = {.kind = kind, .flags = flags};

    if (strlen(name) >= sizeof request.name)
        return diag_set(diag, -ENAMETOOLONG, "%s: %s", file_shown(name),
                        strerror(ENAMETOOLONG));
    memcpy(request.name, name, strlen(name) + 1);
    return broker_ask(broker, &request, diag);
}

int broker_open(void *context, const char *path, int flags)
{
    return open_name(context, OPEN_PATH, path, flags, NULL);
}

int broker_open_file(struct broker *broker, const char *name,
                     enum files_access access, struct diag *diag)
{
    return open_name(broker, OPEN_FILE, name, (int)access, diag);
}

void broker_seal(struct broker *broker, const struct address *addresses,
                 unsigned n)
{
    struct request request = {.kind = SEAL};

    memcpy(request.address, addresses,
           (n < BROKER_SOCKETS ? n : BROKER_SOCKETS) * sizeof *addresses);
    (void)broker_ask(broker, &request, NULL);
}

void broker_end(struct broker *broker)
{
    if (broker->pid < 0) {
        broker_finish(broker);
        return;
    }
    (void)close(broker->fd);
    while (waitpid(broker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *broker = (struct broker){.config.files = -1, .fd = -1, .pid = -1};
}
