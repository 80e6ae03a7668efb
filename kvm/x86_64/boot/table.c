/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/table.h"

#include <string.h>

void table_add(struct table *t, const void *bytes, size_t n)
{
    t->is_full |= n > sizeof t->bytes - t->n;
    if (t->is_full)
        return;
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}

void table_add_number(struct table *t, uint64_t value, size_t size)
{
    table_add(t, &value, size);
}

void table_set(struct table *t, size_t at, uint64_t value, size_t size)
{
    if (!t->is_full)
        memcpy(t->bytes + at, &value, size);
}

void table_set_all(struct table *t, const struct table_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        table_set(t, fields[i].at, fields[i].value, fields[i].size);
}

void table_seal(struct table *t, size_t at, size_t n)
{
    uint8_t sum = 0;

    table_set(t, at, 0, 1);
    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + t->bytes[i]);
    table_set(t, at, 0x100U - sum, 1);
}

uint64_t table_put(const struct table *t, struct info *info, size_t align)
{
    info->is_full |= t->is_full;
    return info_put(info, t->bytes, t->n, align);
}
