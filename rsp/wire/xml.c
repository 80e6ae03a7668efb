/* SPDX-License-Identifier: MIT */
#include "rsp/wire/xml.h"

#include <string.h>

#include "rsp/wire/hex.h"

static uint64_t xml_clamp(uint64_t value, uint64_t low, uint64_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

void xml_bytes(struct rsp_xml *xml, const char *bytes, size_t n)
{
    uint64_t start = xml_clamp(xml->from, xml->at, xml->at + n) - xml->at;
    uint64_t end = xml_clamp(xml->to, xml->at, xml->at + n) - xml->at;

    if (start < end)
        reply_binary(xml->reply, bytes + start, (size_t)(end - start));
    xml->at += n;
}

void xml_raw(struct rsp_xml *xml, const char *text)
{
    xml_bytes(xml, text, strlen(text));
}

static void xml_escaped(struct rsp_xml *xml, char c)
{
    /* clang-format off */
    static const struct { char c; const char *entity; } entities[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"},
        {'"', "&quot;"}, {'\'', "&apos;"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        if (entities[i].c == c) {
            xml_raw(xml, entities[i].entity);
            return;
        }
    }
    xml_bytes(xml, &c, 1);
}

void xml_text(struct rsp_xml *xml, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "&<>\"'");

        xml_bytes(xml, text, plain);
        text += plain;
        if (*text)
            xml_escaped(xml, *text++);
    }
}

void xml_attribute(struct rsp_xml *xml, const char *name, const char *text)
{
    xml_raw(xml, " ");
    xml_raw(xml, name);
    xml_raw(xml, "=\"");
    xml_text(xml, text);
    xml_raw(xml, "\"");
}

void xml_decimal(struct rsp_xml *xml, unsigned value)
{
    char digits[DECIMAL_NUM_MAX];

    xml_bytes(xml, digits, decimal_num(digits, value));
}

void xml_hex(struct rsp_xml *xml, uint64_t value)
{
    char digits[HEX_NUM_MAX];

    xml_raw(xml, "0x");
    xml_bytes(xml, digits, hex_num(digits, value));
}
