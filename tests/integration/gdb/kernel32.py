# SPDX-License-Identifier: MIT
"""A kernel with its own tables, timer, keyboard, paging and a program in ring
3: breakpoints and watchpoints in each of them, and from one to the next."""
from kgdb import *

HEAP, ALIAS, PAGE = 0x40000000, 0xC0000000, 4096
CALL_KEY, CALL_SHOW, CALL_EXIT = 1, 2, 3


def level():
    return number("$cs") & 3


def stack():
    """The names of the frames."""
    frame, names = gdb.newest_frame(), []
    while frame and frame.name():
        names.append(frame.name())
        frame = frame.older()
    return names


def arguments():
    return [number("number"), number("argument")]


def to_user():
    run_to("user_main")
    check("ring 3", level(), 3)
    check("paging is on", number("$cr0") >> 31, 1)
    check_in("the kernel is above, too", f"{ALIAS:08x}"[:4],
             monitor("info mem"))
    check("one place, two names", read(sym("ticks"), 4),
          read(sym("ticks") + ALIAS, 4))
    check("not there yet", failure(f"x/x {HEAP}") != "", True)


def first_key():
    """The program asks; the timer comes; a key comes."""
    run_to("on_call")
    check("asks for a key", arguments()[0], CALL_KEY)
    check("ring 0", level(), 0)
    before = number("ticks")
    run_to("on_tick")
    check("who waits", stack()[:2], ["on_tick", "on_interrupt"])
    run("finish")
    check("one tick", number("ticks") > before, True)
    check("type", monitor("type abq"), "")
    run_to("on_key")
    check("a", number("code"), 0x1E)
    run_to("on_call")
    check("shows it", arguments(), [CALL_SHOW, ord("A")])


def fault():
    run_to("on_page_fault")
    check("where", hex(number("address")), hex(HEAP))
    check("a read by the user, of what is absent", number("code") & 7, 4)


def count():
    """The page is there now, and its word is watched."""
    letters = gdb.Breakpoint(f"*(unsigned *) {HEAP}", gdb.BP_WATCHPOINT)
    for n in range(1, 3):
        run()
        check(f"letters {n}", u32(f"*{HEAP:#x}"), n)
        check("by the program", [level(), stack()[0]], [3, "user_main"])
    letters.delete()


def end():
    check_in("the screen", "ring 3: AB", monitor("screen"))
    check("exit", run().exit_code, 2)


connect()
to_user()
first_key()
fault()
count()
end()
