/* SPDX-License-Identifier: MIT */
#include "tests/unit/rsp/bench.h"

#include <string.h>

#include "rsp/session.h"

struct fake_target fake;
struct rsp_session session;

char *str(const char *text)
{
    union {
        const char *from;
        char *to;
    } cast = {text};

    return cast.to;
}

void begin(enum fake_kind kind, const char *hello)
{
    fake_init(&fake, kind);
    rsp_init(&session, &fake.ops, &fake);
    rsp_connect(&session, false);
    (void)ask(hello);
}

const char *ask(const char *packets)
{
    const char *reply = "";
    char packet[1024];

    while (*packets) {
        size_t n = strcspn(packets, " ");

        cr_assert(lt(sz, n, sizeof packet));
        memcpy(packet, packets, n);
        packet[n] = '\0';
        reply = wire_ask(&session, packet);
        packets += n;
        packets += strspn(packets, " ");
    }
    return reply;
}
