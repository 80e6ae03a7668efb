/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/image/load_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include <sys/mman.h>

#include "kvm/core/mem.h"

struct file file_new(void)
{
    struct file file = {.fd = memfd_create("guest", MFD_CLOEXEC)};

    cr_assert(file.fd >= 0);
    (void)snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

struct file elf_file(const struct elf_spec *spec)
{
    struct file file = file_new();

    cr_assert(zero(int, elf_build(file.fd, spec)), "%s", elf_errmsg(-1));
    return file;
}

void expect_sentence(const char *label, const struct diag *diag,
                     const char *says)
{
    cr_expect(strlen(diag->text) < sizeof diag->text - 1, "%s: %s", label,
              diag->text);
    cr_expect(strstr(diag->text, says) != NULL, "%s: %s", label, diag->text);
    cr_expect(strchr(diag->text, '\n') == NULL, "%s: %s", label, diag->text);
}

void expect_image(const char *label, const struct image *got,
                  const struct image *want)
{
    cr_expect(eq(int, (int)got->kind, (int)want->kind), "%s: kind", label);
    cr_expect(eq(int, (int)got->mode, (int)want->mode), "%s: mode", label);
    cr_expect(eq(u64, got->entry, want->entry), "%s: entry", label);
    cr_expect(eq(u64, got->low, want->low), "%s: low", label);
    cr_expect(eq(u64, got->high, want->high), "%s: high", label);
    cr_expect(eq(u64, got->low_end, want->low_end), "%s: low end", label);
}

bool all_are(const struct guest_mem *mem, uint64_t from, uint64_t to,
             uint8_t value)
{
    const uint8_t *byte = mem_ptr(mem, from, to - from);

    while (from < to && *byte == value)
        byte++, from++;
    return from == to;
}
