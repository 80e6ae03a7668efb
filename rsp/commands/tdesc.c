/* SPDX-License-Identifier: MIT */
/*
 * Short, in one file: GDB fetches it in pieces of 4 KiB, one round trip each.
 * What may be left out is: declarations, a number that is one more than the
 * last, a type that is a number (GDB manual, "Target Description Format").
 */
#include "rsp/commands/tdesc.h"

#include <string.h>

static void tdesc_element(struct rsp_xml *xml, const char *name,
                          const char *text)
{
    if (!text)
        return;
    xml_raw(xml, "<");
    xml_raw(xml, name);
    xml_raw(xml, ">");
    xml_text(xml, text);
    xml_raw(xml, "</");
    xml_raw(xml, name);
    xml_raw(xml, ">");
}

/* number: -1 for one more than the last. The newline behind it is for radare2
 * and rizin, which skip a character there and take it for none of the next
 * element (shlr/gdb/src/gdbclient/xml.c, _extract_regs). */
static void tdesc_write_reg(struct rsp_xml *xml, const struct rsp_reg *reg,
                            int number)
{
    xml_raw(xml, "<reg");
    xml_attribute(xml, "name", reg->name);
    xml_raw(xml, " bitsize=\"");
    xml_decimal(xml, reg->bits);
    xml_raw(xml, "\"");
    if (reg->type)
        xml_attribute(xml, "type", reg->type);
    if (reg->group)
        xml_attribute(xml, "group", reg->group);
    if (reg->flags & RSP_REG_NO_SAVE)
        xml_attribute(xml, "save-restore", "no");
    if (number >= 0) {
        xml_raw(xml, " regnum=\"");
        xml_decimal(xml, (unsigned)number);
        xml_raw(xml, "\"");
    }
    xml_raw(xml, "/>\n");
}

/* The number of a register where they do not go on one by one, or -1. */
static int jump_at(const struct rsp_desc *desc, size_t i)
{
    bool jump = desc->n_foreign > 0 && i == desc->n_base;

    return jump ? (int)(i + desc->n_foreign) : -1;
}

/* Writes one feature, whose registers start at *at, and steps past them. */
static void write_feature(struct rsp_xml *xml, const struct rsp_desc *desc,
                          const struct rsp_feature *feature, size_t *at)
{
    xml_raw(xml, "<feature");
    xml_attribute(xml, "name", feature->name);
    xml_raw(xml, ">");
    xml_raw(xml, feature->types ? feature->types : "");
    for (; *at < desc->n_regs &&
           strcmp(desc->regs[*at].feature, feature->name) == 0;
         ++*at)
        tdesc_write_reg(xml, &desc->regs[*at], jump_at(desc, *at));
    xml_raw(xml, "</feature>\n"); /* they do here, too */
}

/* gdb-target.dtd fixes the order of the elements. */
void tdesc_write(struct rsp_xml *xml, const struct rsp_desc *desc)
{
    size_t at = 0;

    xml_raw(xml, "<target version=\"1.0\">");
    tdesc_element(xml, "architecture", desc->architecture);
    tdesc_element(xml, "osabi", desc->osabi);
    for (const char *const *c = desc->compatible; c && *c; c++)
        tdesc_element(xml, "compatible", *c);
    for (size_t i = 0; i < desc->n_features; i++)
        write_feature(xml, desc, &desc->features[i], &at);
    xml_raw(xml, "</target>");
}
