/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/points/bp_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/assign.h"
#include "stub/points/traps.h"
#include "stub/points/written.h"

static size_t from_hex(const char *hex, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n / 2; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n / 2;
}

/* The client knows a gpa by the same number. */
static void write_bytes(const char *word)
{
    char *value;
    uint64_t gpa = strtoull(word + 1, &value, 16);
    uint8_t bytes[16];
    size_t n = from_hex(value + 1, strcspn(value + 1, " "), bytes);

    if (*word == 'c')
        (void)bp_client_writes(&bps, gpa, gpa, bytes, n);
    memcpy(ram(gpa), bytes, n);
    if (*word != 'l')
        bp_written(&bps, gpa, n);
    if (*word == 'c')
        bp_sweep_written(&bps);
}

static void map_page(const char *word)
{
    char *value;
    uint64_t gva = strtoull(word + 1, &value, 16);

    page_map[gva / MEM_PAGE] =
        value[1] == '-' ? NOT_MAPPED : strtoull(value + 1, NULL, 16);
}

static void tell_one(const char *word)
{
    char one[32];

    (void)snprintf(one, sizeof one, "%.*s", (int)strcspn(word, " "), word);
    if (*one == '!')
        (void)bp_arm(&bps, &space);
    else if (*one == '^')
        bp_lift(&bps, strtoull(one + 1, NULL, 16));
    else if (*one == 'P')
        map_page(one);
    else if (strchr("glc", *one))
        write_bytes(one);
    else if (*one == 'x')
        bps.written_exits = true;
    else if (*one == '?')
        bp_forget_written(&bps);
    else if (*one == '-')
        cr_expect(eq(int, remove_all_of(one + 1), 0));
    else
        cr_expect(eq(int, insert(one), 0));
}

void tell(const char *story)
{
    for (; *story; story += strspn(story, " ")) {
        tell_one(story);
        story += strcspn(story, " ");
    }
}

const char *hex(const uint8_t *bytes, size_t n)
{
    static char text[64];

    for (size_t i = 0; i < n; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}
