# SPDX-License-Identifier: MIT
"""The call chain of the C guest, its arguments and locals."""
from kgdb import *

connect()
gdb.Breakpoint("inner")

# inner() gets 2 * (round + 1)
for turn in range(3):
    run()
    frame, chain = gdb.newest_frame(), []
    while frame:
        chain.append(frame)
        frame = frame.older()
    check("frames", [f.name() for f in chain],
          ["inner", "middle", "outer", "main"])
    doubled = 2 * (turn + 1)
    check("inner: value", int(chain[0].read_var("value")), doubled)
    check("middle: doubled", int(chain[1].read_var("doubled")), doubled)
    check("outer: next", int(chain[2].read_var("next")), turn + 1)
    check("main: round", int(chain[3].read_var("round")), turn)
    sums = [0, 5, 22]  # 4 n^2 + 1 each
    check("main: sum", int(chain[3].read_var("sum")), sums[turn])

text = gdb.execute("backtrace", to_string=True).splitlines()
check("lines", len(text), 4)
for line, name in zip(text, ("inner", "middle", "outer", "main")):
    check_in("backtrace", f" {name} (", line.replace(" in ", " "))
