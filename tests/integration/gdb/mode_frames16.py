# SPDX-License-Identifier: MIT
"""kvmgdbstub.gdb: call frames in 16-bit code, with CS at 0 and elsewhere."""
from kgdb import *

SCRIPT = os.path.join(os.path.dirname(__file__),
                      "../../../scripts/gdb/kvmgdbstub.gdb")
CALLEE, CALLER = {"bootsector": ("work", "next_round"),
                  "modes": ("add16", "real")}[GUEST]


def return_address(function):
    """Behind the first call of the function that is at or after CALLER."""
    for address, length, text in instructions(sym(CALLER), 20):
        if text.startswith("call"):
            return address + length
    raise gdb.GdbError("no call")


connect()
gdb.execute(f"source {SCRIPT}")
run_to(CALLEE)
back = return_address(CALLER)

frame = gdb.newest_frame()
check("caller's pc", hex(frame.older().pc()), hex(back))
check("caller", frame.older().name(), CALLER)
shown = gdb.execute("backtrace 2", to_string=True)
check_in("backtrace", f"in {CALLER} ()", shown)
sp = reg("sp")
check("caller's sp", int(frame.older().read_register("esp")), sp + 2)

run("finish")
check("finish", hex(pc()), hex(back))
check("finish: sp", reg("sp"), sp + 2)

# To the next call, then over it, without a look inside.
while not instructions(pc(), 1)[0][2].startswith("call"):
    run("nexti")
start = pc()
stack = reg("sp")
run("nexti")
check("nexti over a call", hex(pc()), hex(start + 3))
check("nexti over a call: sp", reg("sp"), stack)
run("nexti")
expect("nexti", pc() != start + 3, hex(pc()))
