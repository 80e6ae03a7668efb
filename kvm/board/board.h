/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_BOARD_H
#define KVM_BOARD_BOARD_H

/*
 * What a machine asks of its board. It needs no KVM and knows no machine. The
 * one that there is is a PC: kvm/board/pc.c.
 */

#include "kvm/board/types.h"
#include "kvm/core/diag.h"
#include "kvm/core/file.h"
#include "kvm/core/mem.h"

/* Where a machine with this board has no RAM. */
extern const struct mem_hole board_hole;

/* All devices but the disk are on the bus. -errno with a sentence: bus_add().
 */
int board_init(struct board *board, struct console_sink console,
               struct diag *diag);
/* Fine on zeros, too. */
void board_done(struct board *board);

/* Once, before a vCPU runs: the file is the first disk. opener as in struct
 * vm_config. -errno with a sentence: disk_open(), bus_add(). */
int board_attach_disk(struct board *board, const struct file_opener *opener,
                      const char *path, struct diag *diag);

#endif
