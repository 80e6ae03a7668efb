# SPDX-License-Identifier: MIT
"""Variables of the C guest: printed, set, and used by the guest."""
from kgdb import *

connect()
value = gdb.parse_and_eval
check("struct", str(value("origin")), "{x = 3, y = -4}")
check("string", value("greeting").string(), "hello from a C guest\n")
check("array", [int(value(f"results[{n}]")) for n in range(5)], [0] * 5)

gdb.execute("tbreak inner", to_string=True)  # past the prologue
run()
gdb.execute("set var counter = 41")
gdb.execute("set var origin.y = 99")
gdb.execute("set var value = 10")
fresh()
check("global", int(value("counter")), 41)
check("member", str(value("origin")), "{x = 3, y = 99}")
check("argument", int(value("value")), 10)
run("next")
check("the guest computes with it", int(value("square")), 100)
run("next")
check("the guest counts on", int(value("counter")), 42)
gdb.execute("set var square = 1234")
gdb.execute("finish", to_string=True)
check("a local that is returned", int(value("$")), 1234)

check("a call of a guest function", int(value("inner(9)")), 81)
check("with effect", int(value("counter")), 43)
check("and back", gdb.newest_frame().name(), "middle")

gdb.execute("tbreak guest_print_number", to_string=True)
run()
# 1234 + 1, and 4 n^2 + 1 of the other four rounds.
check("it reached the sum", int(value("number")), 1235 + 220)
