/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_LIMITS_H
#define RSP_WIRE_LIMITS_H

/* Sizes of the buffers, all of them fixed: nothing a peer does takes more. */
enum {
    /* Payload of the longest packet either way, as qSupported announces it. */
    RSP_PACKET_MAX = 0x40000,
    /* Text of a running guest may fill this much of the output ... */
    RSP_CONSOLE_MAX = 0x8000,
    /* ... and then the longest reply still fits, all of it escaped, with its
     * ack and with a stop reply and its message behind it. */
    RSP_OUTPUT_MAX = 2 * RSP_PACKET_MAX + 2 * RSP_CONSOLE_MAX,
    /* The name of a thread, with its NUL. */
    RSP_NAME_MAX = 128,
};

#endif
