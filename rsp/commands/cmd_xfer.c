/* SPDX-License-Identifier: MIT */
/*
 * qXfer: target.xml, the thread list and the memory map, in parts (GDB manual,
 * "General Query Packets", qXfer).
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/commands/tdesc.h"
#include "rsp/handler.h"
#include "rsp/replies/follow.h"
#include "rsp/replies/report.h"
#include "rsp/replies/threads.h"
#include "rsp/wire/xml.h"

enum {
    /* An address space that is cut up worse than this is given as RAM from
     * there on: a client may always try to read and write that. */
    REGIONS_MAX = 4096,
};

static int write_features(struct rsp_session *s, struct rsp_xml *xml)
{
    /* A client that reads it from the start learns it anew: from now on g and
     * p follow what is sent here. */
    if (xml->from == 0) {
        session_describe(s);
        follow_described(s);
    }
    tdesc_write(xml, s->desc);
    return 0;
}

/* As reply_thread() writes it. */
static void xml_thread_id(const struct rsp_session *s, struct rsp_xml *xml,
                          unsigned tid)
{
    char bytes[32];
    struct rsp_reply id = {.bytes = (uint8_t *)bytes, .cap = sizeof bytes};

    reply_thread(s, tid, &id);
    xml_raw(xml, " id=\"");
    xml_bytes(xml, bytes, id.n);
    xml_raw(xml, "\"");
}

static int write_threads(struct rsp_session *s, struct rsp_xml *xml)
{
    unsigned n = thread_count(s);
    char name[RSP_NAME_MAX];

    xml_raw(xml, "<?xml version=\"1.0\"?><threads>");
    for (unsigned tid = 1; tid <= n; tid++) {
        xml_raw(xml, "<thread");
        xml_thread_id(s, xml, tid);
        if (s->ops->thread_name(s->target, tid, name, sizeof name) == 0)
            xml_attribute(xml, "name", name);
        xml_raw(xml, "/>");
    }
    xml_raw(xml, "</threads>");
    return 0;
}

static void xml_memory(struct rsp_xml *xml, bool rom, uint64_t start,
                       uint64_t size)
{
    xml_raw(xml, rom ? "<memory type=\"rom\" start=\""
                     : "<memory type=\"ram\" start=\"");
    xml_hex(xml, start);
    xml_raw(xml, "\" length=\"");
    xml_hex(xml, size);
    xml_raw(xml, "\"/>");
}

/* Whether there is ROM at addr, and where that ends: 0 for the end of the
 * address space, which the budget may bring early. */
static bool is_rom(struct rsp_session *s, uint64_t addr, uint64_t *ret_end,
                   unsigned *budget)
{
    struct rsp_region region;

    *ret_end = 0;
    if (*budget == 0 || s->ops->regions->rom(s->target, addr, &region))
        return false;
    --*budget;
    uint64_t end = region.start + region.size;
    if (region.size > 0 && end > addr)
        *ret_end = end;
    return region.rom;
}

/*
 * Covers all 64 bits: GDB takes what is not listed for inaccessible, and keeps
 * the map while the guest maps pages. So only ROM stands out, for which GDB
 * chooses hardware breakpoints. A length that wraps to 0 reaches the end.
 */
static int write_memory_map(struct rsp_session *s, struct rsp_xml *xml)
{
    unsigned budget = REGIONS_MAX;
    uint64_t start = 0;
    uint64_t at = 0;
    bool rom = false;

    if (!s->ops->regions || !s->ops->regions->rom)
        return -ENOTSUP;
    xml_raw(xml, "<?xml version=\"1.0\"?><memory-map>");
    do {
        uint64_t end;
        bool here = is_rom(s, at, &end, &budget);

        if (here != rom && at > start) {
            xml_memory(xml, rom, start, at - start);
            start = at;
        }
        rom = here;
        at = end;
    } while (at != 0);
    xml_memory(xml, rom, start, 0 - start);
    xml_raw(xml, "</memory-map>");
    return 0;
}

/* clang-format off */
static const struct object {
    const char *name, *annex;
    int (*write)(struct rsp_session *s, struct rsp_xml *xml);
} objects[] = {
    {"features",   "target.xml", write_features},
    {"memory-map", "",           write_memory_map},
    {"threads",    "",           write_threads},
};
/* clang-format on */

static bool xfer_is(const char *name, const char *text, size_t n)
{
    return strlen(name) == n && memcmp(name, text, n) == 0;
}

static const struct object *find_object(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (xfer_is(objects[i].name, name, n))
            return &objects[i];
    return NULL;
}

/* 'm' and a part, or 'l' and the last one. */
static int send_window(struct rsp_session *s, const struct object *object,
                       struct rsp_xml *xml)
{
    reply_char(xml->reply, 'm');
    int err = object->write(s, xml);
    if (err)
        return err;
    if (xml->from > xml->at)
        return REFUSE_MALFORMED;
    if (xml->to >= xml->at)
        xml->reply->bytes[0] = 'l';
    return REPLY;
}

/* ":OBJECT:read:ANNEX:OFFSET,LENGTH" */
int cmd_transfer(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    size_t name_n, verb_n, annex_n;

    args_skip(a, ':');
    const char *name = args_until(a, ':', &name_n);
    args_skip(a, ':');
    const char *verb = args_until(a, ':', &verb_n);
    args_skip(a, ':');
    if (a->bad)
        return REFUSE_MALFORMED;
    const struct object *object = find_object(name, name_n);
    if (!object || !xfer_is("read", verb, verb_n))
        return -ENOTSUP;

    const char *annex = args_until(a, ':', &annex_n);
    args_skip(a, ':');
    uint64_t offset = args_num(a);
    args_skip(a, ',');
    uint64_t length = args_num(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (!xfer_is(object->annex, annex, annex_n))
        return -ENOENT;
    if (length > RSP_PACKET_MAX - 1)
        length = RSP_PACKET_MAX - 1;
    struct rsp_xml xml = {r, offset, offset + length, 0};
    return xml.to < offset ? REFUSE_MALFORMED : send_window(s, object, &xml);
}
