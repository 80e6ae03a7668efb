# SPDX-License-Identifier: MIT
"""gdb numbers, sizes and places registers as target.xml does, and g fits."""
import re
import xml.etree.ElementTree as ElementTree

from kgdb import *


def described():
    """(name, bytes, number) of each register, in the order of target.xml."""
    text = gdb.execute("maint print xml-tdesc", to_string=True)
    served, number = [], 0
    for reg in ElementTree.fromstring(text).iter("reg"):
        number = int(reg.get("regnum", number))
        served.append((reg.get("name"), int(reg.get("bitsize")) // 8, number))
        number += 1
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
    return [(*rows[number], number) for number in sorted(rows)]


connect()
served = described()
rows = known()
check("as many", len(rows), len(served))
check("names in order", [row[0] for row in rows], [row[0] for row in served])
check("sizes", [row[1] for row in rows], [row[1] for row in served])
check("numbers", [row[3] for row in rows], [row[2] for row in served])
offsets, at = [], 0
for _, size, _ in served:
    offsets.append(at)
    at += size
check("places in g", [row[2] for row in rows], offsets)
check("length of g", len(packet("g")), 2 * at)
for (name, size, number), place in zip(served, offsets):
    # The time stamp counter goes on.
    if name != "tsc":
        check(f"p: {name}", packet(f"p{number:x}"),
              packet("g")[2 * place:2 * (place + size)])
numbers = {number for _, _, number in served}
check("no more registers", packet(f"p{max(numbers) + 1:x}")[:1], "E")
for number in set(range(max(numbers))) - numbers:
    check(f"none of number {number}", packet(f"p{number:x}")[:1], "E")
