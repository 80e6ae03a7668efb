/* SPDX-License-Identifier: MIT */
#include "stub/monitor/png.h"

#include <errno.h>
#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHANNELS = 3 };

struct png_file {
    int fd, err;
};

int png_can_write(struct diag *diag)
{
    (void)diag;
    return 0;
}

/* --- what libpng calls --- */

static void on_error(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void png_on_data(png_structp png, png_bytep bytes, size_t n)
{
    struct png_file *file = png_get_io_ptr(png);

    while (n > 0) {
        ssize_t part = write(file->fd, bytes, n);

        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0) {
            file->err = part < 0 ? -errno : -EIO;
            png_error(png, "write");
        }
        bytes += part;
        n -= (size_t)part;
    }
}

static void png_on_flush(png_structp png)
{
    (void)png;
}

/* --- the file --- */

static void png_put_row(png_structp png, const uint32_t *dot, unsigned columns,
                        png_bytep row)
{
    png_bytep to = row;

    for (unsigned i = 0; i < columns; i++) {
        *to++ = (png_byte)(dot[i] >> 16);
        *to++ = (png_byte)(dot[i] >> 8);
        *to++ = (png_byte)dot[i];
    }
    png_write_row(png, row);
}

/* An error of libpng's comes back to setjmp(), so nothing that is needed after
 * that is changed between. false: there was one. */
static bool put_picture(png_structp png, png_infop info,
                        const struct picture *picture, png_bytep row)
{
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_IHDR(png, info, picture->columns, picture->rows, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (unsigned i = 0; i < picture->rows; i++)
        png_put_row(png, picture->dot + (size_t)i * picture->columns,
                    picture->columns, row);
    png_write_end(png, info);
    return true;
}

int png_write(int fd, const struct picture *picture)
{
    struct png_file file = {fd, -ENOMEM};
    png_bytep row = malloc((size_t)CHANNELS * picture->columns);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
                                              on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool done = false;

    if (row && info) {
        png_set_write_fn(png, &file, png_on_data, png_on_flush);
        done = put_picture(png, info, picture, row);
    }
    png_destroy_write_struct(&png, &info);
    free(row);
    return done ? 0 : file.err;
}
