# SPDX-License-Identifier: MIT
"""next, step, finish, until, advance in the C guest."""
from kgdb import *

SOURCE = gdb.lookup_global_symbol("main").symtab


def line():
    return gdb.newest_frame().find_sal().line


def line_of(text):
    """The first source line that has the text."""
    with open(SOURCE.fullname()) as file:
        return 1 + next(n for n, got in enumerate(file) if text in got)


def function():
    return gdb.newest_frame().name()


connect()
gdb.execute("tbreak main", to_string=True)
run()
check("main", function(), "main")
check("at its first line", line(), line_of("int sum = 0"))

run("next")
check("next: a line", line(), line_of("guest_print(greeting)"))
run("next")
check("next: over a call", line(), line_of("for (int round"))
check("which was made", console(), "hello from a C guest\n")
run("next")
check("next: into the loop", line(), line_of("= outer(round)"))

run("step")
check("step: into outer", function(), "outer")
run("step")
run("step")
check("step: into middle", function(), "middle")
run("advance inner")
check("advance: inner", function(), "inner")

gdb.execute("finish", to_string=True)
check("finish: middle", function(), "middle")
check("finish: value", int(gdb.parse_and_eval("$")), 4)
check("counter", int(gdb.parse_and_eval("counter")), 1)
gdb.execute("finish", to_string=True)
check("finish: outer", function(), "outer")
check("finish: value + 1", int(gdb.parse_and_eval("$")), 5)
gdb.execute("finish", to_string=True)
check("finish: main", function(), "main")

run("next")
check("next", line(), line_of("sum += results"))
check("results[0]", int(gdb.parse_and_eval("results[0]")), 5)
run(f"until {line_of('guest_print_number((')}")
check("until: after the loop", line(), line_of("guest_print_number(("))
check("sum", int(gdb.parse_and_eval("sum")), 225)
check("counter in the end", int(gdb.parse_and_eval("counter")), 5)

gdb.execute("set var counter = 0")
gdb.execute("tbreak outer", to_string=True)
run(f"jump {line_of('for (int round')}")
check("jump: outer again", function(), "outer")
gdb.execute("return 1000")
check("return: main", function(), "main")
check("return: nothing was called", int(gdb.parse_and_eval("counter")), 0)
