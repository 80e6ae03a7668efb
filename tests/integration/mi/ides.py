#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What IDEs send to gdb, replayed: connect, look around, step; interrupt,
restart, leave. stub/IDES.md says where the sequences are from."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, expect  # noqa: E402
from mi import Mi  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import GDB, Stub, need, need_kvm  # noqa: E402

# A row is a command and what must be in its answer: patterns by path, where
# "stack.0.func" is stack=[frame={func="..."}]. None: no error. {elf} and
# {target} are the guest's.
STOP = "*stopped"  # no command: the next stop
SIGINT = "SIGINT"  # to gdb's process
RUNNING = {"class": "running"}
CONNECTED = {"class": "connected"}
CAME = (STOP, {"frame.func": "_start|again"})
EXIT = ("-gdb-exit", {"class": "exit"})
IN_INNER = {"reason": "breakpoint-hit", "frame.func": "inner",
            "frame.args.0.value": "2"}
INTERRUPTED = {"reason": "signal-received", "signal-name": "SIGINT",
               "frame.func": "again"}
FRAMES = {"stack.0.func": "inner", "stack.1.func": "middle",
          "stack.2.func": "outer", "stack.3.func": "main"}
COUNTER = '"*(int *)&counter"'  # of the loop, which has no types

# MIEngine, for VS Code: launches pause and end by "kill", attaches detach.
CPPDBG = {
    "options": ["--on-kill=reset"],
    "connect": [
        ("-gdb-set mi-async on", None),
        ('-interpreter-exec console "set pagination off"', None),
        ("-gdb-set auto-solib-add on", None),
        ("-file-exec-and-symbols {elf}", None),
        ('-interpreter-exec console "show architecture"', None),
        ("-break-insert main", {"class": "done|error"}),
        ("-target-select remote {target}", CONNECTED), CAME,
    ],
    "look": [
        ("-break-insert -f hello.c:22", {"bkpt.func": "inner"}),
        ("-exec-continue", RUNNING),
        (STOP, {"reason": "breakpoint-hit", "frame.func": "main"}),
        ("-exec-continue", RUNNING),
        (STOP, IN_INNER),
        ("-thread-info", {"threads.0.name": "vCPU 0",
                          "threads.0.state": "stopped"}),
        ("-stack-list-frames 0 1000", FRAMES),
        ("-stack-list-arguments 0 0 3", {"stack-args.0.args.0": "value"}),
        ("-stack-list-variables 0", None),
        ("-var-create - * value", {"value": "2"}),
        ("-data-list-register-names", {"register-names.16": "rip"}),
        ("-data-list-register-values --thread 1 x 16",
         {"register-values.0.value": "0x1[0-9a-f]{{5}}"}),
        ("-data-read-memory-bytes &counter 4",
         {"memory.0.contents": "00000000"}),
        ('-data-disassemble -s $pc -e "$pc + 16" -- 2',
         {"asm_insns.0.inst": "mov .*"}),
        ("-break-watch counter", {"wpt.exp": "counter"}),
        ("-exec-continue", RUNNING),
        (STOP, {"reason": "watchpoint-trigger", "value.new": "1"}),
        ("-exec-next", RUNNING),
        (STOP, {"reason": "end-stepping-range"}),
    ],
    "interrupt": [("-exec-interrupt", None), (STOP, INTERRUPTED)],
    "restart": None,  # VS Code starts another gdb
    "leave": [("kill", None), EXIT],
}

# CDT's GDB hardware debugging. Without mi-async it interrupts by a signal.
ECLIPSE = {
    "options": [],
    "connect": [
        ("-gdb-version", None),
        ("-gdb-set breakpoint pending on", None),
        ("-gdb-set python print-stack none", None),
        ("-gdb-set print object on", None),
        ("-gdb-set print sevenbit-strings on", None),
        ("-gdb-set charset ISO-8859-1", None),
        ("-gdb-set auto-solib-add on", None),
        ("-gdb-set mi-async off", None),
        ("-file-exec-file {elf}", None),
        ('-interpreter-exec console "symbol-file {elf}"', None),
        ("-target-select remote {target}", CONNECTED), CAME,
        ('-interpreter-exec console "monitor reset run"', None),
        ('-interpreter-exec console "monitor delay 0"', None),
        ('-interpreter-exec console "monitor halt"', None),
        ('-interpreter-exec console "load {elf}"', None),
        ("-list-thread-groups", {"groups.0.type": "process"}),
        ("-list-thread-groups i1", {"threads.0.id": "1"}),
    ],
    "look": [
        ("-break-insert -t -f main", None),
        ("-exec-continue", RUNNING),
        (STOP, {"reason": "breakpoint-hit", "frame.func": "main"}),
        ("-break-insert -f inner", None),
        ("-exec-continue --thread-group i1", RUNNING),
        (STOP, IN_INNER),
        ("-thread-info 1", {"threads.0.state": "stopped"}),
        ("-stack-info-depth --thread 1 11", {"depth": "4"}),
        ("-stack-list-frames --thread 1 0 3", FRAMES),
        ("-stack-list-locals --thread 1 --frame 0 1", None),
        ("-var-create --thread 1 --frame 0 - * value", {"value": "2"}),
        ("-var-list-children var1", None),
        ("-data-list-register-names", {"register-names.16": "rip"}),
        ("-data-list-register-values --thread 1 --frame 0 x 16",
         {"register-values.0.value": "0x1[0-9a-f]{{5}}"}),
        ("-data-read-memory &counter x 1 1 4", {"memory.0.data.0": "0x00"}),
        ("-data-write-memory &counter x 1 0x41", None),
        ("-data-evaluate-expression counter", {"value": "65"}),
        ('-data-disassemble -s $pc -e "$pc + 16" -- 3',
         {"asm_insns.0.line": "22"}),
        ("-exec-step 1", RUNNING),
        (STOP, {"reason": "end-stepping-range", "frame.func": "inner"}),
        ("-exec-finish --thread 1 --frame 0", RUNNING),
        (STOP, {"reason": "function-finished", "return-value": "4"}),
    ],
    "interrupt": [(SIGINT, None), (STOP, INTERRUPTED)],
    "restart": [
        ('-interpreter-exec console "monitor reset halt"', None),
        ('-interpreter-exec console "maintenance flush register-cache"', None),
    ],
    "leave": [("-target-detach", None), EXIT],
}

# Seer connects in extended mode, and so can run the guest again.
SEER = {
    "options": [],
    "connect": [
        ("-gdb-set mi-async on", None),
        ("-file-exec-and-symbols {elf}", None),
        ("-file-list-exec-source-files", None),
        ("-gdb-set disassembly-flavor att", None),
        ("-target-select extended-remote {target}", CONNECTED), CAME,
    ],
    "look": [
        ("-break-insert -f --function inner", None),
        ("-exec-continue", RUNNING),
        (STOP, IN_INNER),
        ("-thread-info", {"threads.0.frame.func": "inner"}),
        ("-stack-list-frames", FRAMES),
        ("-stack-list-arguments 1", {"stack-args.0.args.0.value": "2"}),
        ("-stack-list-locals --simple-values", None),
        ("-data-list-register-names", {"register-names.16": "rip"}),
        ("-data-list-register-values N",
         {"register-values.0.number": "0"}),
        ("-data-evaluate-expression value", {"value": "2"}),
        ("-data-read-memory-bytes &counter 4",
         {"memory.0.contents": "00000000"}),
        ("-data-disassemble -a $pc -- 2", {"asm_insns.0.func-name": "inner"}),
        ("-exec-step-instruction", RUNNING),
        (STOP, {"reason": "end-stepping-range"}),
        ("-exec-return", {"frame.func": "middle"}),
    ],
    "interrupt": [("-exec-interrupt", None), (STOP, INTERRUPTED)],
    "restart": [
        ("-break-insert -t *again", None),
        ("-exec-run", RUNNING),
        (STOP, {"reason": "breakpoint-hit", "frame.func": "again"}),
    ],
    "leave": [("-target-disconnect", None), EXIT],
}

# Emacs, whose user types what connects; buffers are filled at each stop.
EMACS = {
    "options": [],
    "connect": [
        ("-gdb-set height 0", None),
        ("-gdb-set non-stop 0", None),
        ("-enable-pretty-printing", None),
        ("-list-target-features", None),
        ('-interpreter-exec console "file {elf}"', None),
        ("-file-list-exec-source-file", None),
        ('-interpreter-exec console "target remote {target}"', None), CAME,
        ("-thread-info", {"threads.0.id": "1"}),
    ],
    "look": [
        ('-interpreter-exec console "break inner"', None),
        ("-exec-continue", RUNNING),
        (STOP, IN_INNER),
        ("-thread-info", {"current-thread-id": "1"}),
        ("-break-list", {"BreakpointTable.body.0.func": "inner"}),
        ("-stack-info-frame", {"frame.func": "inner"}),
        ("-stack-list-frames --thread 1", FRAMES),
        ("-stack-list-locals --simple-values", None),
        ("-data-list-register-names", {"register-names.16": "rip"}),
        ("-data-list-changed-registers", {"changed-registers.0": "0"}),
        ("-data-list-register-values x 16",
         {"register-values.0.number": "16"}),
        ("-data-read-memory &counter x 4 1 1",
         {"memory.0.data.0": "0x00000000"}),
        ("-data-disassemble -f hello.c -l 22 -n 4 -- 0",
         {"asm_insns.0.inst": ".+"}),
        ("-var-create - * value", {"value": "2"}),
        ("-exec-next", RUNNING),
        (STOP, {"reason": "end-stepping-range", "frame.line": "24"}),
        ("-var-update --all-values *", None),
    ],
    "interrupt": [(SIGINT, None), (STOP, INTERRUPTED)],
    "restart": [
        ('-interpreter-exec console "monitor reset"', None),
        ('-interpreter-exec console "maintenance flush register-cache"', None),
    ],
    "leave": [EXIT],
}

# gdbgui's panes, when it has connected and at each stop; a pause by its menu of
# signals.
GDBGUI = {
    "options": [],
    "connect": [
        ("-list-features", {"features.0": ".+"}),
        ("-file-exec-and-symbols {elf}", None),
        ("-target-select remote {target}", CONNECTED), CAME,
    ],
    "look": [
        ("-break-insert inner", None),
        ("-exec-continue", RUNNING),
        ("-break-list", {"BreakpointTable.body.0.func": "inner"}),
        (STOP, IN_INNER),
        ("-thread-info", {"threads.0.state": "stopped"}),
        ("-stack-list-variables --simple-values",
         {"variables.0.name": "value"}),
        ("-stack-list-frames", FRAMES),
        ("-var-update --all-values *", None),
        ("-data-list-register-values x", {"register-values.0.number": "0"}),
        ("-data-read-memory-bytes &counter 4",
         {"memory.0.contents": "00000000"}),
        ('-data-disassemble -s $pc -e "$pc + 16" -- 4',
         {"asm_insns.0.line": "22"}),
        ("-exec-until hello.c:24", RUNNING),
        (STOP, {"frame.line": "24"}),
    ],
    "interrupt": [(SIGINT, None), (STOP, INTERRUPTED)],
    "restart": None,
    "leave": [("-target-detach", None), EXIT],
}

# Native Debug for VS Code; gdb gets the file on its command line.
NATIVE = {
    "options": [],
    "connect": [
        ("-gdb-set target-async on", {"class": "done|error"}),
        ("-list-features", {"features.0": ".+"}),
        ('-environment-directory "/"', {"class": "done|error"}),
        ("-file-exec-and-symbols {elf}", None),
        ("-target-select remote {target}", CONNECTED), CAME,
    ],
    "look": [
        ('-break-insert -f "hello.c:22"', {"bkpt.func": "inner"}),
        ("-exec-continue", RUNNING),
        (STOP, IN_INNER),
        ("-thread-info", {"threads.0.id": "1"}),
        ("-stack-list-frames --thread 1 0 19", FRAMES),
        ("-stack-list-variables --thread 1 --frame 0 --simple-values",
         {"variables.0.name": "value"}),
        ('-var-create --thread 1 --frame 0 - * "value"', {"value": "2"}),
        ('-data-evaluate-expression --thread 1 --frame 0 "counter"',
         {"value": "0"}),
        ("-data-list-register-names", {"register-names.16": "rip"}),
        ("-data-read-memory-bytes &counter 4",
         {"memory.0.contents": "00000000"}),
        ("-exec-step", RUNNING),
        (STOP, {"reason": "end-stepping-range"}),
        ("-exec-finish", RUNNING),
        (STOP, {"reason": "function-finished"}),
    ],
    "interrupt": [("-exec-interrupt", None), (STOP, INTERRUPTED)],
    "restart": None,
    "leave": [EXIT],
}

# A boot sector, from 16-bit code to 64-bit C.
THROUGH_MODES = [
    ("-break-insert square", {"bkpt.func": "square"}),
    ("-stack-list-frames", {"stack.0.arch": "i8086"}),
    ("-data-list-register-names", {"register-names.8": "eip"}),
    ("-exec-continue", RUNNING),
    (STOP, {"reason": "breakpoint-hit", "frame.func": "square",
            "frame.arch": "i386:x86-64"}),
    ("-stack-list-frames", {"stack.1.func": "main"}),
    ("-data-list-register-names", {"register-names.16": "rip"}),
    ("-exec-finish", RUNNING),
    (STOP, {"reason": "function-finished", "return-value": "1"}),
]

IDES = {"cppdbg": CPPDBG, "eclipse": ECLIPSE, "seer": SEER, "emacs": EMACS,
        "gdbgui": GDBGUI, "native": NATIVE}


def at(value, path):
    """What is at "a.0.b", None if there is no such place."""
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def perform(gdb, command):
    """The results, with their class."""
    if command == SIGINT:
        gdb.signal()
        return {}
    if command == STOP:
        return gdb.stopped()
    name, results = gdb.ask(command)
    return {"class": name, **results}


def play(gdb, label, rows, words):
    for command, wanted in rows:
        row = f"{label}: {command}"
        got = perform(gdb, command.format(**words))
        wanted = wanted or {}
        if "class" not in wanted:
            expect(row, got.get("class") != "error", got)
        for path, pattern in wanted.items():
            found = at(got, path)
            expect(f"{row}: {path}", isinstance(found, str) and re.fullmatch(
                pattern.format(**words), found), got)


def words_of(stub, path):
    return {"target": stub.target, "elf": path}


def look_around(context, name, ide):
    path = context.guest("hello64.elf")
    with Stub([context.stub, *ide["options"], path]) as stub, Mi() as gdb:
        words = words_of(stub, path)
        play(gdb, name, ide["connect"] + ide["look"] + ide["leave"], words)
        check(f"{name}: gdb's exit status", gdb.end(), 0)


def through_modes(context, name):
    path = context.guest("modes0")
    with Stub([context.stub, f"{path}.bin"]) as stub, Mi() as gdb:
        play(gdb, "modes", IDES[name]["connect"] + THROUGH_MODES,
             words_of(stub, f"{path}.elf"))


# The machine's word counts, not that of a file for 32-bit code.
IN_16_BITS = [
    ("-stack-list-frames", {"stack.0.arch": "i8086", "stack.0.func": "_start"}),
    ('-interpreter-exec console "delete"', None),
    ("-break-insert work", {"bkpt.addr": "0x0*7c40"}),
    ("-exec-continue", RUNNING),
    (STOP, {"reason": "breakpoint-hit", "frame.func": "work",
            "frame.arch": "i8086"}),
    ('-data-disassemble -s $pc -e "$pc + 4" -- 0',
     {"asm_insns.0.inst": "incw .*"}),
]


def in_16_bits(context, name, ide):
    with Stub([context.stub, context.guest("bootsector.bin")]) as stub:
        with Mi() as gdb:
            play(gdb, f"{name}, 16 bit", ide["connect"] + IN_16_BITS,
                 words_of(stub, context.guest("sector32.elf")))


def interrupt_and_restart(context, name, ide):
    path = context.guest("loop64.elf")
    with Stub([context.stub, "--trace=rsp", *ide["options"], path]) as stub:
        words = words_of(stub, path)
        with Mi() as gdb:
            play(gdb, name, ide["connect"] + [("-exec-continue", RUNNING)],
                 words)
            stub.wait_line("<- vCont;c")  # gdb takes up a signal from now on
            play(gdb, name, ide["interrupt"], words)
            if ide["restart"]:
                play(gdb, name, ide["restart"], words)
                play(gdb, name, [
                    (f"-data-evaluate-expression {COUNTER}", {"value": "[01]"}),
                    ("-data-evaluate-expression $pc",
                     {"value": "0x100000 .*"}),
                ], words)
            play(gdb, name, ide["leave"], words)
            gdb.end()
        with Mi() as gdb:
            play(gdb, f"{name}, again", ide["connect"], words)
        check(f"{name}: the stub goes on", stub.alive(), True)


need_kvm()
need([GDB, "-nx", "-batch"], "needs gdb")
for name, ide in IDES.items():
    look_around(Context(), name, ide)
    interrupt_and_restart(Context(), name, ide)
    in_16_bits(Context(), name, ide)
through_modes(Context(), "gdbgui")
finish()
