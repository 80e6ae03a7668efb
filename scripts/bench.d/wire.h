/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

/*
 * The client's end of the GDB remote serial protocol, as small as will do:
 * framing and acknowledgements until the peer agrees to do without. Checksums,
 * escapes and run-length coding are rsp/wire's. GDB manual, "Overview" and
 * "General Query Packets".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

struct wire {
    int fd;
    bool ack;          /* QStartNoAckMode was refused: acks go both ways */
    size_t packet_max; /* its PacketSize */
    char thread[32];   /* the one that is stopped, as the peer writes it */
    char *in;          /* the last packet received, what follows it, and
                          behind that as much space to work in */
    size_t n;          /* bytes in it */
    size_t used;       /* of these, by the last packet */
};

/* Takes over the connected socket and shakes hands. */
int wire_open(struct wire *wire, int fd);
/* Fine on a zeroed struct. */
void wire_close(struct wire *wire);

int wire_send(struct wire *wire, const char *payload, size_t n);
/* The payload of the next packet, as it is on the wire; borrowed until the
 * next call. Its length, or -EBADMSG for a wrong checksum. */
ssize_t wire_receive(struct wire *wire, const char **ret_payload);
/* Both. wire_expect() wants the reply to start as given, or it is -EPROTO. */
ssize_t wire_ask(struct wire *wire, const char *payload,
                 const char **ret_reply);
int wire_expect(struct wire *wire, const char *payload, const char *start);

/* What a payload means: runs and escapes undone, then hex if it is not binary.
 * The length, or -errno if it makes no sense or does not fit in cap. */
ssize_t wire_decode(uint8_t *out, size_t cap, const char *payload, size_t n,
                    bool binary);

/* Memory, with m and M in as many packets as it takes. */
int wire_peek(struct wire *wire, uint64_t addr, uint8_t *out, size_t n);
int wire_poke(struct wire *wire, uint64_t addr, const uint8_t *data, size_t n);

#endif
