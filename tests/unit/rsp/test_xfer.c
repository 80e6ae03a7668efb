/* SPDX-License-Identifier: MIT */
/*
 * qXfer: a document read in parts of any size is the document.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/rsp/bench.h"

/* clang-format off */
static const char *const documents[] = {
    "features:read:target.xml", "threads:read:", "memory-map:read:",
};

static const unsigned sizes[] = {1, 2, 7, 100, 0x1000, 0x40000};
/* clang-format on */

static const char *part(const char *document, size_t offset, unsigned size)
{
    char packet[128];

    (void)snprintf(packet, sizeof packet, "qXfer:%s:%zx,%x", document, offset,
                   size);
    return wire_ask(&session, packet);
}

/* The whole, as a client reads it: on until a part starts with 'l'. */
static const char *read_in_parts(const char *document, unsigned size)
{
    static char whole[8192];
    const char *got;

    whole[0] = '\0';
    do {
        got = part(document, strlen(whole), size);
        cr_assert(got[0] == 'm' || got[0] == 'l', "%s: %s", document, got);
        strncat(whole, got + 1, sizeof whole - strlen(whole) - 1);
    } while (got[0] == 'm');
    return whole;
}

TABLE_PARAMETERS(xfer, parts, documents)

ParameterizedTest(const size_t *i, xfer, parts)
{
    begin(FAKE_SMP2, "QStartNoAckMode");
    char *whole = strdup(part(documents[*i], 0, 0x10000));

    cr_assert(eq(chr, whole[0], 'l'));
    for (size_t s = 0; s < COUNT(sizes); s++)
        cr_expect(
            eq(str, str(read_in_parts(documents[*i], sizes[s])), whole + 1),
            "%s in parts of %u", documents[*i], sizes[s]);
    cr_expect(
        eq(str, str(part(documents[*i], strlen(whole + 1), 1)), str("l")));
    cr_expect(eq(str, str(part(documents[*i], strlen(whole + 1) + 1, 1)),
                 str("E16")));
    free(whole);
}

/* A description that is longer than a packet may be. */
Test(xfer, a_part_is_never_longer_than_a_packet)
{
    static char features[RSP_PACKET_MAX + 100];
    static const struct rsp_feature feature = {"f", features};
    static const struct rsp_reg reg = {"r", "t", "f", NULL, 32, FAKE_A, 0};
    const struct rsp_desc desc = {.architecture = "a",
                                  .features = &feature,
                                  .n_features = 1,
                                  .regs = &reg,
                                  .n_regs = 1};
    static const unsigned asked[] = {RSP_PACKET_MAX - 2, RSP_PACKET_MAX - 1,
                                     RSP_PACKET_MAX, RSP_PACKET_MAX + 1,
                                     2 * RSP_PACKET_MAX};

    begin(FAKE_FULL, "QStartNoAckMode");
    memset(features, 'x', sizeof features - 1);
    session.desc = &desc;
    for (size_t i = 0; i < COUNT(asked); i++) {
        size_t n = asked[i] < RSP_PACKET_MAX ? asked[i] : RSP_PACKET_MAX - 1;
        const char *got = part("features:read:target.xml", 1, asked[i]);

        cr_expect(eq(chr, got[0], 'm'), "%x", asked[i]);
        cr_expect(eq(sz, strlen(got), 1 + n), "%x", asked[i]);
    }
}

/* A target that cuts its memory into pages, every other one ROM. */
static int pages(void *target, uint64_t addr, struct rsp_region *ret)
{
    (void)target;
    *ret = (struct rsp_region){.start = addr & ~UINT64_C(0xfff),
                               .size = 0x1000,
                               .mapped = true,
                               .rom = addr >> 12 & 1};
    return 0;
}

Test(xfer, a_memory_map_has_an_end)
{
    static const struct rsp_region_ops regions = {pages, pages};
    static const char end[] = "</memory-map>";

    begin(FAKE_FULL, "QStartNoAckMode");
    fake.ops.regions = &regions;
    const char *map = part("memory-map:read:", 0, 0x3ffff);
    cr_assert(eq(chr, map[0], 'l'));
    cr_expect(eq(str, str(map + strlen(map) - strlen(end)), str(end)));
}
