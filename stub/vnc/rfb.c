/* SPDX-License-Identifier: MIT */
#include "stub/vnc/rfb.h"

#include <dlfcn.h>
#include <errno.h>
#include <rfb/rfb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/select.h>

#define LIBRARY "libvncserver.so.1"

enum {
    CLIENTS_MAX = 4,
    PUT_OFF_MAX = 50,
    WAIT_MS = 2000, /* how long a client may keep the others waiting */
    FIRST_COLUMNS = 640,
    FIRST_ROWS = 400,
    BITS = 8,     /* of a colour, */
    COLOURS = 3,  /* of which a dot has so many, */
    DOT_BYTES = 4 /* in so many bytes */
};

/* libvncserver's functions, of the types that its header has. Some of their
 * names are macros. */
#define SYMBOL_(name) #name
#define SYMBOL(name)  SYMBOL_(name)

static struct {
    __typeof__(rfbGetScreen) *get_screen;
    __typeof__(rfbInitServer) *init_server;
    __typeof__(rfbNewClient) *new_client;
    __typeof__(rfbCloseClient) *close_client;
    __typeof__(rfbProcessEvents) *process_events;
    __typeof__(rfbNewFramebuffer) *new_framebuffer;
    __typeof__(rfbMarkRectAsModified) *mark;
    __typeof__(rfbLogEnable) *log_enable;
} lib;

static const struct {
    const char *name;
    void *function; /* its place in lib */
} symbols[] = {
    {SYMBOL(rfbGetScreen), &lib.get_screen},
    {SYMBOL(rfbInitServer), &lib.init_server},
    {SYMBOL(rfbNewClient), &lib.new_client},
    {SYMBOL(rfbCloseClient), &lib.close_client},
    {SYMBOL(rfbProcessEvents), &lib.process_events},
    {SYMBOL(rfbNewFramebuffer), &lib.new_framebuffer},
    {SYMBOL(rfbMarkRectAsModified), &lib.mark},
    {SYMBOL(rfbLogEnable), &lib.log_enable},
};

/* Its hooks get no context of ours that is there before a client is. */
static struct {
    rfbScreenInfoPtr screen;
    uint32_t *dot; /* owned; as it has them: 0x00BBGGRR */
    rfb_on_key *on_key;
    void *context;
    unsigned clients;
    unsigned put_off; /* pictures of another size in a row */
} rfb;

/* --- keys: those that a client holds go up with it --- */

enum { HELD_MAX = 16 };

struct held {
    rfbKeySym keysym[HELD_MAX]; /* 0: none */
};

static void note_held(struct held *held, rfbKeySym keysym, bool down)
{
    for (unsigned i = 0; i < HELD_MAX; i++)
        if (held->keysym[i] == keysym) {
            held->keysym[i] = down ? keysym : 0;
            return;
        }
    for (unsigned i = 0; down && i < HELD_MAX; i++)
        if (!held->keysym[i]) {
            held->keysym[i] = keysym;
            return;
        }
}

static void on_keyboard(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
    if (client->clientData)
        note_held(client->clientData, keysym, down);
    rfb.on_key(rfb.context, keysym, down);
}

/* --- clients --- */

static void on_gone(rfbClientPtr client)
{
    struct held *held = client->clientData;

    rfb.clients--;
    for (unsigned i = 0; held && i < HELD_MAX; i++)
        if (held->keysym[i])
            rfb.on_key(rfb.context, held->keysym[i], false);
    free(held);
    client->clientData = NULL;
}

/* A web page can make a browser connect, and libvncserver speaks WebSocket:
 * only who speaks RFB is heard. */
static enum rfbNewClientAction on_new(rfbClientPtr client)
{
    rfb.clients++;
    client->clientGoneHook = on_gone;
    client->clientData = calloc(1, sizeof(struct held));
    return client->wsctx || !client->clientData ? RFB_CLIENT_REFUSE
                                                : RFB_CLIENT_ACCEPT;
}

void rfb_accept(int fd)
{
    if (fd >= FD_SETSIZE || rfb.clients >= CLIENTS_MAX)
        (void)close(fd);
    else
        (void)lib.new_client(rfb.screen, fd);
}

unsigned rfb_clients(void)
{
    return rfb.clients;
}

void rfb_process(long us)
{
    (void)lib.process_events(rfb.screen, us);
}

/* --- the picture --- */

/* Who was told another size, and cannot be told this one, comes again. */
static void resize(unsigned columns, unsigned rows)
{
    rfbClientPtr client = rfb.screen->clientHead;

    memset(rfb.dot, 0, PICTURE_DOTS * sizeof *rfb.dot);
    lib.new_framebuffer(rfb.screen, (char *)rfb.dot, (int)columns, (int)rows,
                        BITS, COLOURS, DOT_BYTES);
    for (; client; client = client->next)
        if (!client->useNewFBSize && client->state == RFB_NORMAL)
            lib.close_client(client);
}

/* It has not said yet what it knows of: it would take the next size for an
 * error. */
static bool is_beginning(const rfbClientRec *client)
{
    return client->state != RFB_NORMAL || client->preferredEncoding == -1;
}

/* Another size waits for who is beginning, but not for ever. */
static bool may_resize(void)
{
    bool wait = false;

    for (rfbClientPtr client = rfb.screen->clientHead; client;
         client = client->next)
        wait |= is_beginning(client);
    if (wait && rfb.put_off++ < PUT_OFF_MAX)
        return false;
    rfb.put_off = 0;
    return true;
}

/* Returns whether a row has changed. */
static bool put_row(const uint32_t *from, uint32_t *to, unsigned columns)
{
    uint32_t changes = 0;

    for (unsigned i = 0; i < columns; i++) {
        uint32_t dot = (from[i] & 0xff) << 16 | (from[i] & 0xff00) |
                       (from[i] >> 16 & 0xff);

        changes |= to[i] ^ dot;
        to[i] = dot;
    }
    return changes;
}

void rfb_show(const struct picture *picture)
{
    bool is_other = (unsigned)rfb.screen->width != picture->columns ||
                    (unsigned)rfb.screen->height != picture->rows;
    unsigned first = picture->rows;
    unsigned end = 0;

    if (is_other && !may_resize())
        return;
    if (is_other)
        resize(picture->columns, picture->rows);
    for (unsigned row = 0; row < picture->rows; row++) {
        size_t at = (size_t)row * picture->columns;

        if (!put_row(picture->dot + at, rfb.dot + at, picture->columns))
            continue;
        if (first > row)
            first = row;
        end = row + 1;
    }
    if (first < end)
        lib.mark(rfb.screen, 0, (int)first, (int)picture->columns, (int)end);
}

/* --- opening --- */

static int rfb_load(struct diag *diag)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return diag_set(diag, -ENOENT, "--vnc: %s: install libvncserver1",
                        dlerror());
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);

        if (!symbol)
            return diag_set(diag, -ENOENT, "--vnc: " LIBRARY " has no %s",
                            symbols[i].name);
        memcpy(symbols[i].function, &symbol, sizeof symbol);
    }
    return 0;
}

/* It listens nowhere by itself, has no password, no files and no pointer. */
static void rfb_set_up(rfbScreenInfoPtr screen)
{
    screen->frameBuffer = (char *)rfb.dot;
    screen->desktopName = "kvmgdbstub";
    screen->port = screen->ipv6port = 0;
    screen->autoPort = FALSE;
    screen->alwaysShared = TRUE;
    screen->permitFileTransfer = FALSE;
    screen->cursor = NULL;
    screen->maxClientWait = WAIT_MS;
    screen->kbdAddEvent = on_keyboard;
    screen->newClientHook = on_new;
}

int rfb_open(rfb_on_key *on_key, void *context, struct diag *diag)
{
    int r = rfb_load(diag);

    if (r < 0)
        return r;
    lib.log_enable(FALSE);
    rfb.on_key = on_key;
    rfb.context = context;
    rfb.dot = calloc(PICTURE_DOTS, sizeof *rfb.dot);
    rfb.screen = rfb.dot ? lib.get_screen(NULL, NULL, FIRST_COLUMNS, FIRST_ROWS,
                                          BITS, COLOURS, DOT_BYTES)
                         : NULL;
    if (!rfb.screen)
        return diag_set(diag, -ENOMEM, "--vnc: out of memory");
    rfb_set_up(rfb.screen);
    lib.init_server(rfb.screen);
    return 0;
}
