/* SPDX-License-Identifier: MIT */
/* `monitor screenshot`: the guest's screen into a file below the folder of
 * --files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stub/machine.h"
#include "stub/monitor/command.h"
#include "stub/monitor/png.h"
#include "stub/sandbox/broker.h"

static void save_picture(struct debugger *d, const char *name,
                         const struct picture *picture, struct text *text)
{
    struct diag diag = {""};
    int fd = broker_open_file(d->broker, name, FILES_WRITE, &diag);
    int err;

    if (fd < 0) {
        say(text, "%s\n", diag.text);
        return;
    }
    err = png_write(fd, picture);
    if (close(fd) < 0 && !err)
        err = -errno;
    if (err)
        say(text, "%s: %s\n", name, strerror(-err));
    else
        say(text, "%u by %u dots saved\n", picture->columns, picture->rows);
}

void monitor_screenshot(struct debugger *d, const char *args, struct text *text)
{
    struct machine *machine = d->engine.machine;
    struct picture picture = {0};
    struct diag diag = {""};

    if (!*args) {
        say(text, "it is `screenshot FILE.png`\n");
        return;
    }
    picture.dot = malloc(PICTURE_DOTS * sizeof *picture.dot);
    if (!picture.dot)
        say(text, "out of memory\n");
    else if (png_can_write(&diag) < 0 ||
             machine->ops->picture(machine, &picture, &diag) < 0)
        say(text, "%s\n", diag.text);
    else
        save_picture(d, args, &picture, text);
    free(picture.dot);
}
