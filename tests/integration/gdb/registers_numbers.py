# SPDX-License-Identifier: MIT
"""gdb numbers, sizes and places registers as target.xml does, and g fits."""
import re
import xml.etree.ElementTree as ElementTree

from kgdb import *


def described():
    """(name, bytes) of each register, in the order of target.xml."""
    text = gdb.execute("maint print xml-tdesc", to_string=True)
    served = [(reg.get("name"), int(reg.get("bitsize")) // 8)
              for reg in ElementTree.fromstring(text).iter("reg")]
    return served


def known():
    """The same from `maint print remote-registers`, by remote number."""
    rows = {}
    text = gdb.execute("maint print remote-registers", to_string=True)
    # Name Nr Rel Offset Size Type Rmt-Nr g/G-Offset [Expedited]; what is not
    # remote ends with the type, which may be two words.
    row = re.compile(r" *(\S+) +\d+ +\d+ +\S+ +(\d+) +\S.*? +(\d+) +(\d+)\b")
    for line in text.splitlines()[1:]:
        match = row.match(line)
        if match:
            name, size, number, place = match.groups()
            rows[int(number)] = (name, int(size), int(place))
    return [rows[number] for number in sorted(rows)]


connect()
served = described()
rows = known()
check("as many", len(rows), len(served))
check("names in order", [row[0] for row in rows], [name for name, _ in served])
check("sizes", [row[1] for row in rows], [size for _, size in served])
offsets, at = [], 0
for _, size in served:
    offsets.append(at)
    at += size
check("places in g", [row[2] for row in rows], offsets)
check("length of g", len(packet("g")), 2 * at)
check("no more registers", packet(f"p{len(served):x}")[:1], "E")
