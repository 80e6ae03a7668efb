# SPDX-License-Identifier: MIT
"""What gdb and its maintenance commands ask, and how errors look."""
import re

from kgdb import *

# Unsupported is empty, malformed is an error: gdb stops using what it takes
# for unsupported (GDB manual, "Overview" of the remote protocol).
PACKETS = [
    # packet             pattern of the answer
    ("vMustReplyEmpty",  r""),
    ("qNoSuchThing",     r""),
    ("vNoSuchThing",     r""),
    ("Zz",               r"E.+"),
    ("Z9,0,1",           r""),
    ("Z0",               r"E.+"),
    ("Z0,0",             r"E.+"),
    ("z0,zz,1",          r"E.+"),
    ("qCRC:0,4",         r"(C[0-9a-f]+)?"),  # and no QC of a qC
    ("qC",               r"QC.+"),
    ("qAttached",        r"1"),
    ("m",                r"E.+"),
    ("m0",               r"E.+"),
    ("m0,",              r"E.+"),
    ("m0,1,1",           r"E.+"),
    ("mxyz,1",           r"E.+"),
    ("m0,1",             r"[0-9a-f]{2}"),
    ("M0,1:",            r"E.+"),
    ("M0,2:00",          r"E.+"),
    ("M0,1:0g",          r"E.+"),
    ("p",                r"E.+"),
    ("pzz",              r"E.+"),
    ("p9999",            r"E.+"),
    ("P0",               r"E.+"),
    ("P0=",              r"E.+"),
    ("P9999=00000000",   r"E.+"),
    ("G00",              r"E.+"),
    ("T1",               r"OK"),
    ("T63",              r"E.+"),
    ("Tx",               r"E.+"),
    ("H",                r"E.+"),
    ("Hg0",              r"OK"),
    ("Hg63",             r"E.+"),
    ("vCont?",           r"vCont;c;C;s;S.*"),
    ("vCont;x",          r"E.+"),
    ("qOffsets",         r""),  # or GEF takes it for a process
    ("Qqemu.sstepbits",  r"ENABLE=1"),
    ("qqemu.sstepbits",  r"ENABLE=1"),
    ("qqemu.PhyMemMode", r"0"),
    ("Qqemu.PhyMemMode:", r"E.+"),
    ("qSearch:memory:0,1;a", r"E.+"),
    ("qXfer:features:read:target.xml:0,10", r"[lm].+"),
    ("qXfer:features:read:absent.xml:0,10", r"E.+"),
    ("qXfer:features:read:target.xml:0",    r"E.+"),
    ("qXfer:no-such:read::0,10",            r""),
]

connect()
for text, pattern in PACKETS:
    answer = packet(text)
    expect(text, re.fullmatch(pattern, answer, re.S),
           f"{answer!r} is not {pattern!r}")
check("nothing was changed", hex(pc()), hex(sym("_start")))

shown = gdb.execute("monitor help", to_string=True)
expect("monitor help", re.search(r"^\s*help\b", shown, re.M), shown)
expect("monitor nonsense is told", "nonsense" in gdb.execute(
    "monitor nonsense", to_string=True), "no word of it")

threads = gdb.selected_inferior().threads()
check("threads", [t.num for t in threads], [1])
check_in("the running one", "* 1", gdb.execute("info threads",
                                               to_string=True))

# Virtual memory: what a guest maps where is its own affair, so gdb gets no map
# of what it may look at.
check_in("info mem", "no memory regions", gdb.execute("info mem",
                                                      to_string=True))
