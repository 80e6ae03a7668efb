# SPDX-License-Identifier: MIT
"""The exit port: gdb and the stub both give the guest's status."""
from kgdb import *

# guest: (exit status, what it prints)
GUESTS = {
    "exit7": (7, ""),
    "flat32": (32, "hello from a flat binary\n"),
    "flat64": (64, "hello from a flat binary\n"),
    "hello32": (0, "hello from a C guest\nsum 225\n"),
    "hello64": (0, "hello from a C guest\nsum 225\n"),
}

status, text = GUESTS[GUEST]
connect()
stop = run()
check("exited", type(stop).__name__, "ExitedEvent")
check("exit code in gdb", getattr(stop, "exit_code", None), status)
check("$_exitcode", int(gdb.parse_and_eval("$_exitcode")), status)
check("exit status of the stub", stub_status(), status)
check("printed", console(), text)
