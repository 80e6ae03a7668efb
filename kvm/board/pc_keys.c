/* SPDX-License-Identifier: MIT */
/* What a person types on a PC's keyboard. */
#include <errno.h>
#include <string.h>

#include "kvm/board/board.h"
#include "kvm/device/keys.h"
#include "kvm/device/keysym.h"

#define FULL "the guest has read too little of what was typed"

static int press(struct board *board, const struct key *const *keys, size_t n,
                 struct diag *diag)
{
    if (kbc_press(&board->kbc, keys, n))
        return 0;
    return diag_set(diag, -ENOSPC, FULL);
}

int board_type(struct board *board, char c, struct diag *diag)
{
    bool shift;
    const struct key *key = key_by_char(c, &shift);
    const struct key *const keys[] = {key_by_name("shift", strlen("shift")),
                                      key};

    if (!key)
        return diag_set(diag, -EINVAL, "no key types the character 0x%02x",
                        (unsigned char)c);
    return shift ? press(board, keys, 2, diag) : press(board, &key, 1, diag);
}

int board_press(struct board *board, const char *names, struct diag *diag)
{
    const struct key *keys[KBC_MAX_CHORD];
    size_t n = 0;

    for (const char *at = names, *end; n < KBC_MAX_CHORD; at = end + 1, n++) {
        end = at + strcspn(at, "-");
        keys[n] = key_by_name(at, (size_t)(end - at));
        if (!keys[n])
            return diag_set(diag, -EINVAL, "there is no key '%.*s'",
                            (int)(end - at), at);
        if (!*end)
            return press(board, keys, n + 1, diag);
    }
    return diag_set(diag, -EINVAL, "more than %d keys at once", KBC_MAX_CHORD);
}

/* The shift keys have their own scan codes, and no others do. */
static void note_shift(struct board *board, const struct key *key, bool down)
{
    enum { LEFT = 0x2a, RIGHT = 0x36 };
    uint8_t bit = key->extended        ? 0
                  : key->set1 == LEFT  ? 1
                  : key->set1 == RIGHT ? 2
                                       : 0;

    board->shifts =
        (uint8_t)(down ? board->shifts | bit : board->shifts & ~bit);
}

int board_keysym(struct board *board, uint32_t keysym, bool down,
                 struct diag *diag)
{
    bool shift;
    const struct key *key = key_by_keysym(keysym, &shift);
    const struct key *const with_shift[] = {
        key_by_name("shift", strlen("shift")), key};

    if (!key)
        return diag_set(diag, -EINVAL, "there is no key 0x%x",
                        (unsigned)keysym);
    note_shift(board, key, down);
    if (shift && down && !board->shifts)
        return press(board, with_shift, 2, diag);
    if (kbc_key(&board->kbc, key, down))
        return 0;
    return diag_set(diag, -ENOSPC, FULL);
}
