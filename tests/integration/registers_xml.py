#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""target.xml is what the GDB manual says it is, for each mode and client.

Elements, their order, attributes and types: "Target Description Format".
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

# element: (children in order as a pattern of "name,", needed, allowed).
ELEMENTS = {
    "target": (r"(architecture,)?(osabi,)?(compatible,)*(feature,)+",
               set(), {"version"}),
    "architecture": (r"", set(), set()),
    "osabi": (r"", set(), set()),
    "compatible": (r"", set(), set()),
    "feature": (r"((vector|flags|struct|union|enum),)*(reg,)+",
                {"name"}, set()),
    "vector": (r"", {"id", "type", "count"}, set()),
    "union": (r"(field,)+", {"id"}, set()),
    "struct": (r"(field,)+", {"id"}, {"size"}),
    "flags": (r"(field,)+", {"id", "size"}, set()),
    "enum": (r"(evalue,)+", {"id", "size"}, set()),
    "evalue": (r"", {"name", "value"}, set()),
    "field": (r"", {"name"}, {"type", "start", "end"}),
    "reg": (r"", {"name", "bitsize"},
            {"type", "group", "save-restore", "regnum"}),
}
PREDEFINED = {
    "bool", "int8", "int16", "int32", "int64", "int128", "uint8", "uint16",
    "uint32", "uint64", "uint128", "code_ptr", "data_ptr", "ieee_half",
    "ieee_single", "ieee_double", "i387_ext", "bfloat16", "int", "float",
}
CASES = [("loop16.bin", "i8086"), ("loop32.elf", "i386"),
         ("loop64.elf", "i386:x86-64")]
LLDB = {"i8086": "i386-unknown-unknown-code16"}  # its own name for it
NARROW = {"rax", "xmm8", "ymm8h", "zmm8h", "xmm16"}


def unescape(data):
    return re.sub(rb"\}(.)", lambda m: bytes([m[1][0] ^ 0x20]), data,
                  flags=re.S)


def target_xml(client):
    """As gdb reads it, 4 KiB at a time."""
    text = b""
    while True:
        part = unescape(client.ask(b"qXfer:features:read:target.xml:%x,1000"
                                   % len(text)))
        text += part[1:]
        if part[:1] == b"l":
            return text.decode()


def scan(text):
    """Features and registers as the readers of radare2 and rizin find them,
    which skip what they take for white space (gdbclient/xml.c)."""
    features, registers = [], []
    at = text.find("<feature")
    while True:
        if text.startswith("<feature", at):
            features.append(text[at:].split('"')[1])
        start = text.find("<reg ", at)
        if start < 0:
            return features, registers
        registers.append(text[start:].split('"')[1])
        at = text.find("/", start) + len("/>") + 1
        if text.startswith("</feature>", at):
            at += len("</feature>") + 1


def validate(label, element):
    children, needed, allowed = ELEMENTS[element.tag]
    names = "".join(child.tag + "," for child in element)
    expect(f"{label}: order of <{element.tag}>",
           re.fullmatch(children, names), names)
    found = set(element.keys())
    expect(f"{label}: attributes of <{element.tag}>",
           needed <= found <= needed | allowed, found)
    for child in element:
        validate(label, child)


def validate_types(label, feature):
    """A type is gdb's own or one that this feature has defined before."""
    types = set(PREDEFINED)
    for element in feature:
        for user in element.iter():
            kind = user.get("type")
            if kind:
                expect(f"{label}: type {kind}", kind in types, sorted(types))
        if element.get("id"):
            types.add(element.get("id"))


def validate_fields(label, flags):
    """Fields lie within the type and do not overlap."""
    bits = set()
    for field in flags:
        start, end = int(field.get("start")), int(field.get("end"))
        mine = set(range(start, end + 1))
        expect(f"{label}: {flags.get('id')}.{field.get('name')}",
               mine and not mine & bits and end < 8 * int(flags.get("size")),
               (start, end))
        bits |= mine


def look(context, guest, architecture, lldb):
    label = f"{guest} {'lldb' if lldb else 'gdb'}"
    with Stub([context.stub, context.guest(guest)]) as stub:
        with Client(stub.connect()) as client:
            if lldb:
                client.ask(b"QThreadSuffixSupported")
            text = target_xml(client)
            root = ElementTree.fromstring(text)
            all_of_them = client.ask(b"g")
    check(f"{label}: architecture", root.findtext("architecture"),
          LLDB.get(architecture, architecture) if lldb else architecture)
    check(f"{label}: osabi", root.findtext("osabi"), "none")
    validate(label, root)
    for feature in root.iter("feature"):
        validate_types(label, feature)
    for flags in root.iter("flags"):
        validate_fields(label, flags)
    names = [reg.get("name") for reg in root.iter("reg")]
    check(f"{label}: names are unique", len(set(names)), len(names))
    check(f"{label}: found by radare2", scan(text),
          ([feature.get("name") for feature in root.iter("feature")], names))
    bits = sum(int(reg.get("bitsize")) for reg in root.iter("reg"))
    check(f"{label}: length of g", len(all_of_them), bits // 4)
    expect(f"{label}: nothing unknown", b"x" not in all_of_them, all_of_them)
    if not lldb and architecture != "i386:x86-64":
        check(f"{label}: no wide names", NARROW & set(names), set())


def main():
    need_kvm()
    context = Context()
    for guest, architecture in CASES:
        for lldb in (False, True):
            look(context, guest, architecture, lldb)
    finish()


main()
