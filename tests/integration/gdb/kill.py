# SPDX-License-Identifier: MIT
"""`kill` ends the guest and the stub with it."""
from kgdb import *

connect()
run("stepi")
gdb.execute("kill", to_string=True)
check("nothing is debugged", gdb.selected_inferior().pid, 0)
check("exit status of the stub", stub_status(), 0)
