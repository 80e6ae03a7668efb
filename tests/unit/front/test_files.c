/* SPDX-License-Identifier: MIT */
/* `monitor memsave` and `pmemsave`: memory into files. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>

#include "stub/sandbox/broker.h"
#include "stub/sandbox/files.h"
#include "tests/unit/front/fixture.h"

static char folder[] = "/tmp/unit-front-XXXXXX";
static struct broker broker;

static void begin_files(void)
{
    struct broker_config config = {.files = -1};

    (void)strcpy(folder + sizeof folder - 7, "XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    config.files = files_open_folder(folder, NULL);
    cr_assert(zero(int, broker_start(&broker, &config, false, NULL)));
    begin(1);
    d.broker = &broker;
    for (unsigned i = 0; i < NULL_RAM; i++)
        *fake_byte(&m, i) = (uint8_t)(i * 7 + i / 256);
}

static void end_files(void)
{
    char command[80];

    end();
    broker_end(&broker);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    (void)!system(command);
}

/* The file has these bytes of memory and no more. */
static void expect_file(const char *name, uint64_t gpa, size_t n)
{
    static uint8_t bytes[NULL_RAM + 1];
    char path[80];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    cr_assert(file != NULL, "%s", name);
    cr_expect(eq(sz, fread(bytes, 1, sizeof bytes, file), n), "%s", name);
    (void)fclose(file);
    for (size_t i = 0; i < n; i++)
        cr_assert(eq(u8, bytes[i], *fake_byte(&m, gpa + i)), "%s, %zu", name,
                  i);
}

Test(files, saved)
{
    static const struct exchange lines[] = {
        {"memsave 0x102000 0x100 a", "256 bytes saved\n"},
        {"pmemsave 0x2000 16 b c", "16 bytes saved\n"},
        {"memsave 0 64K all", "65536 bytes saved\n"},
        {"pmemsave 0x102000 16 none",
         "there is no memory at 0x102000: 0 bytes saved\n"},
        {"memsave 0xfff0 32 part",
         "there is no memory at 0x10000: 16 bytes saved\n"},
        {"memsave 0 0x10001 more", "that is more than the guest's memory\n"},
        {"memsave 0 1 ", "it is `memsave ADDR SIZE FILE`\n"},
        {"pmemsave 0 1111111111111111111111111 f",
         "it is `pmemsave ADDR SIZE FILE`\n"},
        {"memsave 0 1 ../up", "*"},
    };

    begin_files();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_said(lines[i].packet, monitor(lines[i].packet), lines[i].reply);
    expect_file("a", 0x2000, 256);
    expect_file("b c", 0x2000, 16);
    expect_file("all", 0, NULL_RAM);
    expect_file("none", 0, 0);
    expect_file("part", 0xfff0, 16);
    end_files();
}

/* The client's breakpoints are not in it. */
Test(files, without_breakpoints)
{
    static uint8_t byte;

    begin_files();
    byte = *fake_byte(&m, 0x3001);
    CODE_AT(CODE, "\xf4");
    (void)talk("Z0,3001,1");
    (void)talk("vCont;c");
    cr_expect(eq(u8, *fake_byte(&m, 0x3001), I_TRAP), "it is planted");
    (void)monitor("memsave 0x3001 1 code");
    *fake_byte(&m, 0x3001) = byte;
    expect_file("code", 0x3001, 1);
    *fake_byte(&m, 0x3001) = I_TRAP;
    end_files();
}

/* As on a disk that is full: what fits is there, and why not all. */
Test(files, no_room)
{
    const struct rlimit small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};

    begin_files();
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    expect_said("memsave", monitor("memsave 0 2000 f"),
                "f: File too large: 1000 bytes saved\n");
    expect_file("f", 0, 1000);
    end_files();
}

/* Names are those of --files, too. */
Test(files, screenshot)
{
    static const struct exchange lines[] = {
        {"screenshot", "it is `screenshot FILE.png`\n"},
        {"screenshot ../up", "*"},
    };
    char path[80];

    begin_files();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_said(lines[i].packet, monitor(lines[i].packet), lines[i].reply);
    (void)snprintf(path, sizeof path, "%s/../up", folder);
    cr_expect(ne(int, access(path, F_OK), 0));
    end_files();
}
