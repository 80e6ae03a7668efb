# SPDX-License-Identifier: MIT
"""`load` puts a program back that was overwritten."""
from kgdb import *

connect()
start = sym("_start")
code = read(start, 64)
write(start, bytes(64))
fresh()
check("wiped", read(start, 64), bytes(64))
check_in("gdb sees that it differs", "MIS-MATCHED",
         gdb.execute("compare-sections .text", to_string=True))
run("stepi")

gdb.execute("load", to_string=True)
check("as before", read(start, 64), code)
check("at the entry", hex(pc()), hex(start))
sections = gdb.execute("compare-sections", to_string=True)
check("mismatches", sections.count("MIS-MATCHED"), 0)
expect("matches", sections.count("matched") >= 2, sections)

run_to("main")
stop = run()
check("it runs to its end", getattr(stop, "exit_code", None), 0)
check("exit status of the stub", stub_status(), 0)
