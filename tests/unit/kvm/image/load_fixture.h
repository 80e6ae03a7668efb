/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_IMAGE_LOAD_FIXTURE_H
#define TESTS_UNIT_KVM_IMAGE_LOAD_FIXTURE_H

/*
 * What the tests of the image loader share: files that exist only for a test,
 * and what an outcome must look like.
 */

#include <stdbool.h>

#include "kvm/image/load.h"
#include "tests/unit/kvm/image/elf_builder.h"

/* clang-format off */
#define LOAD(offset, vaddr, paddr, filesz, memsz)                              \
    {PT_LOAD, PF_R | PF_W | PF_X, offset, vaddr, paddr, filesz, memsz, 1}

#define KERNEL   UINT64_C(0xffffffff80000000)
#define ELF32(...) {ELFCLASS32, 0, ET_EXEC, EM_386, __VA_ARGS__}
#define ELF64(...) {ELFCLASS64, 0, ET_EXEC, EM_X86_64, __VA_ARGS__}
/* clang-format on */

/* A file without a name, by a name that open() takes. */
struct file {
    int fd;
    char path[32];
};

struct file file_new(void);
struct file elf_file(const struct elf_spec *spec);

/* A sentence for a person: on one line, whole, and with these words in it. */
void expect_sentence(const char *label, const struct diag *diag,
                     const char *says);
void expect_image(const char *label, const struct image *got,
                  const struct image *want);

/* All bytes of [from, to) have the value. */
bool all_are(const struct guest_mem *mem, uint64_t from, uint64_t to,
             uint8_t value);

#endif
