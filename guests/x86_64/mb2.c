/* SPDX-License-Identifier: MIT */
/*
 * Says what its boot loader told it: command line, memory, modules and their
 * content; and looks up a symbol of its own by name. The exit status is the
 * number of the check that failed, or 0.
 */
#include <stddef.h>
#include <stdint.h>

#include "guests/include/guest.h"

enum { LOADER_MAGIC = 0x36d76289 };

/* Multiboot Specification 2.0, 3.6. */
enum {
    END = 0,
    COMMAND_LINE = 1,
    LOADER_NAME = 2,
    MODULE = 3,
    MEMORY = 4,
    MAP = 6,
    SECTIONS = 9,
};

struct tag {
    uint32_t type, size;
    union {
        char text[1];
        struct {
            uint32_t start, end;
            char text[1];
        } module;
        struct {
            uint32_t lower, upper;
        } memory;
        struct {
            uint32_t entry_size, version;
            struct {
                uint64_t base, length;
                uint32_t type, reserved;
            } range[8];
        } map;
        struct {
            uint32_t n, entry_size, names;
            char header[1];
        } sections;
    };
};

struct info {
    uint32_t size, reserved;
    struct tag first;
};

/* ELF64: a section's header, a symbol. */
struct section {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t align, entry_size;
};

struct symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};

enum { SYMBOL_TABLE = 2 };

unsigned answer = 42; /* which it finds by its name */

static const struct tag *next(const struct tag *tag)
{
    return (const struct tag *)((uintptr_t)tag + (tag->size + 7) / 8 * 8);
}

static const struct tag *find(const struct info *info, uint32_t type)
{
    const struct tag *tag = &info->first;

    while (tag->type != END && tag->type != type)
        tag = next(tag);
    return tag->type == type ? tag : NULL;
}

static void print_line(const char *what, const char *text)
{
    guest_print(what);
    guest_print(text);
    guest_print("\n");
}

static void print_memory(const struct tag *tag)
{
    guest_print("memory: ");
    guest_print_number(tag->memory.lower);
    guest_print(" KiB and ");
    guest_print_number(tag->memory.upper);
    guest_print(" KiB\n");
}

static void print_map(const struct tag *tag)
{
    size_t n = (tag->size - 16) / sizeof tag->map.range[0];

    for (size_t i = 0; i < n; i++) {
        guest_print_hex(tag->map.range[i].base);
        guest_print(" + ");
        guest_print_hex(tag->map.range[i].length);
        guest_print(tag->map.range[i].type == 1 ? ": RAM\n" : ": reserved\n");
    }
}

static void print_module(const struct tag *tag)
{
    char text[2];

    text[1] = '\0';
    print_line("module: ", tag->module.text);
    for (uint32_t at = tag->module.start; at < tag->module.end; at++) {
        text[0] = *(const char *)(uintptr_t)at;
        guest_print(text);
    }
}

static void print_tag(const struct tag *tag)
{
    switch (tag->type) {
    case COMMAND_LINE:
        print_line("command line: ", tag->text);
        break;
    case LOADER_NAME:
        print_line("loader: ", tag->text);
        break;
    case MODULE:
        print_module(tag);
        break;
    case MEMORY:
        print_memory(tag);
        break;
    case MAP:
        print_map(tag);
        break;
    }
}

static int equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static const struct section *section_at(const struct tag *tag, uint32_t i)
{
    return (const struct section *)(tag->sections.header +
                                    (size_t)i * tag->sections.entry_size);
}

static uint64_t look_up(const struct tag *tag, const char *name)
{
    for (uint32_t i = 0; i < tag->sections.n; i++) {
        const struct section *table = section_at(tag, i);
        const char *names;

        if (table->type != SYMBOL_TABLE || !table->address)
            continue;
        names = (const char *)section_at(tag, table->link)->address;
        for (uint64_t k = 0; k < table->size / sizeof(struct symbol); k++) {
            const struct symbol *symbol =
                &((const struct symbol *)table->address)[k];

            if (equal(names + symbol->name, name))
                return symbol->value;
        }
    }
    return 0;
}

static int check_all(uint32_t magic, const struct info *info)
{
    if (magic != LOADER_MAGIC)
        return 1;
    if ((uintptr_t)info % 8 || !find(info, MEMORY) || !find(info, MAP))
        return 2;
    if (!find(info, SECTIONS))
        return 3;
    if (look_up(find(info, SECTIONS), "answer") != (uint64_t)&answer)
        return 4;
    return 0;
}

int start(uint32_t magic, const struct info *info)
{
    int failed = check_all(magic, info);

    for (const struct tag *tag = &info->first; tag->type != END && !failed;
         tag = next(tag))
        print_tag(tag);
    return failed;
}
