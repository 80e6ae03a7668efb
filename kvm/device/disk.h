/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_DISK_H
#define KVM_DEVICE_DISK_H

/*
 * What is on a disk: a file in sectors. The file is only read; what the guest
 * writes stays in memory and is gone with the disk. A last sector that the
 * file fills in part ends in zeros.
 *
 * All zeros is no disk. disk_read() and disk_write() are for any thread, since
 * more than one device may have it.
 */

#include <pthread.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/core/file.h"

enum { DISK_SECTOR = 512 };

struct disk {
    pthread_mutex_t lock;
    uint64_t sectors;   /* 0: there is no disk */
    uint64_t file_size; /* bytes, when it was opened */
    int fd;
    uint8_t *bytes;   /* all of it, as far as it is loaded */
    uint64_t *loaded; /* a bit for each chunk of bytes */
};

/* -errno with a sentence: no such file, a directory, empty, too large, not
 * sector after sector (qcow2, say), ... On failure disk is none. */
int disk_open(struct disk *disk, const struct file_opener *opener,
              const char *path, struct diag *diag);
/* It has so many sectors, which are zeros behind the file's end; not fewer than
 * before. 0 or -ENOMEM: it is as it was. Before anybody reads. */
int disk_extend(struct disk *disk, uint64_t sectors);
void disk_close(struct disk *disk);

uint64_t disk_sectors(const struct disk *disk);

/* One sector. -ERANGE beyond the end; -EIO: the file has become shorter; else
 * what pread(2) says of it. */
int disk_read(struct disk *disk, uint64_t lba, void *out);
int disk_write(struct disk *disk, uint64_t lba, const void *in);

#endif
