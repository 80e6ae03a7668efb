/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_XML_H
#define RSP_WIRE_XML_H

/*
 * Writes a document of which only a window is wanted: qXfer asks for any part
 * of any length. The document is made anew for each part, and what lies
 * outside is counted and dropped, so none of it is ever stored.
 */

#include <stddef.h>
#include <stdint.h>

#include "rsp/wire/reply.h"

struct rsp_xml {
    struct rsp_reply *reply;
    uint64_t from, to; /* the window: [from, to) */
    uint64_t at;       /* bytes of the document so far */
};

void xml_bytes(struct rsp_xml *xml, const char *bytes, size_t n);
/* As it is. */
void xml_raw(struct rsp_xml *xml, const char *text);
/* With & < > " and ' escaped. */
void xml_text(struct rsp_xml *xml, const char *text);
/* name="text", with a space before it. */
void xml_attribute(struct rsp_xml *xml, const char *name, const char *text);
void xml_decimal(struct rsp_xml *xml, unsigned value);
void xml_hex(struct rsp_xml *xml, uint64_t value);

#endif
