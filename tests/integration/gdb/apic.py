# SPDX-License-Identifier: MIT
"""Local APIC and I/O APIC: CPUID tells what is there, interrupts come by message,
timer, edge and level, in the order of their priorities, and an NMI."""
from kgdb import *

HLT_SIZE = 1
REMOTE_IRR = 1 << 14
KVM_CLOCK = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 24


def return_address():
    """At the first instruction of a handler."""
    return number("*(unsigned int *)$sp")


def was_halted(halt):
    """The interrupt came in HLT, or where the loop around it lets it in: at once
    behind the HLT that a step has passed."""
    check(f"it came behind the HLT {halt}",
          return_address() in (sym(halt) + HLT_SIZE, sym(f"{halt}_loop")), True)


def arrives(handler, counter, before):
    run_to(handler)
    check(f"{handler}: not counted yet", u32(counter), before)
    check(f"{handler}: interrupts are off", number("$eflags") >> 9 & 1, 0)


def step_over_hlt(halt, counter, before):
    run_to(halt)
    run("stepi")
    check(f"{halt}: a step is past it", hex(pc()), hex(sym(halt) + HLT_SIZE))
    check(f"{halt}: and took nothing", u32(counter), before)


connect()
run_to("looked")
check("CPUID: a local APIC", u32("cpuid_edx") >> 9 & 1, 1)
check("CPUID: no x2APIC", u32("cpuid_ecx") >> 21 & 1, 0)
check("CPUID: no TSC deadline", u32("cpuid_ecx") >> 24 & 1, 0)
check("CPUID: the APIC's ID", u32("cpuid_ebx") >> 24, 0)
check("... is the register's", u32("apic_id"), 0)
check("KVM is told", read(sym("kvm_name"), 4), b"KVMK")
check("with no leaf that is not there", hex(u32("kvm_last")), "0x40000001")
check("and its clock alone", u32("kvm_features") & ~KVM_CLOCK, 0)
check("APIC_BASE: on, the first CPU", hex(u32("apic_base")), "0xfee00900")
check("... for the debugger, too", hex(number("$apic_base")), "0xfee00900")
check("version, six LVT entries", hex(u32("apic_version")), "0x50014")
check("the ICR is idle", u32("apic_icr") >> 12 & 1, 0)
check("I/O APIC: version, 24 pins", hex(u32("ioapic_version")), "0x170020")

# Both wait; the higher one comes first.
run_to("sent_two")
check("with interrupts off nothing comes", u32("lows") + u32("highs"), 0)
arrives("on_high", "highs", 0)
arrives("on_low", "lows", 0)

# The task priority holds one off.
run_to("held")
check("only the higher one came", (u32("lows"), u32("highs")), (1, 2))
if BITS == 64:
    check("the debugger's CR8 is the APIC's priority", number("$cr8"), 5)
    gdb.execute("set $cr8 = 6")
arrives("on_low", "lows", 1)

# HLT, and the timer: by a step it does not pass; then it comes, behind the HLT.
step_over_hlt("idle_once", "timers", 0)
check("CR8 and TPR are one", u32("apic_tpr"), 0)
if BITS == 64:
    check("the guest's CR8 is the debugger's", u32("cr8"), 6)
arrives("on_timer", "timers", 0)
was_halted("idle_once")

# Periodic.
for n in range(1, 4):
    arrives("on_timer", "timers", n)
run_to("spin")
timers = u32("timers")
check("four of them, or more on a slow host", timers >= 4, True)
for n in range(60):
    run("stepi")
    check(f"step {n}: in the loop", sym("spin") <= pc() < sym("spin") + 16, True)
check("60 steps: nothing counted", u32("timers"), timers)

# `step-irq on`: the step that comes to an interrupt is its delivery.
monitor("step-irq on")
for n in range(200000):
    run("stepi")
    if pc() == sym("on_timer"):
        break
check("step-irq: a step comes to the handler", hex(pc()), hex(sym("on_timer")))
check("step-irq: nothing of it is done", u32("timers"), timers)
flags_at = 16 if BITS == 64 else 8
check("step-irq: TF is not in the frame",
      number(f"*(unsigned short *)($sp + {flags_at})") >> 8 & 1, 0)
monitor("step-irq off")

# The PC's timer, by pin 2.
step_over_hlt("idle_pit", "pits", 0)
arrives("on_pit", "pits", 0)
if BITS == 64:  # else it may come just before a handler's ret
    was_halted("idle_pit")
for n in range(1, 3):
    arrives("on_pit", "pits", n)

# A level: the I/O APIC knows that it is being served until the local one's EOI.
step_over_hlt("idle_serial", "serials", 0)
check("three of them, or more on a slow host", u32("pits") >= 3, True)
arrives("on_serial", "serials", 0)

# NMIs, whatever IF: a step takes none.
run_to("send_nmi")
check("one interrupt of the serial port", u32("serials"), 1)
check("it was being served", u32("in_serial") & REMOTE_IRR, REMOTE_IRR)
check("and was ended", u32("after_serial") & REMOTE_IRR, 0)
check("interrupts are off", number("$eflags") >> 9 & 1, 0)
run("stepi")
run("stepi")
check("steps take no NMI", u32("nmis"), 0)
behind = pc()
arrives("on_nmi", "nmis", 0)
check("it waited", hex(return_address()), hex(behind))
if BITS == 64:
    run_to("again")
    monitor("step-irq on")
    run("stepi")
    behind = pc()
    run("stepi")
    check("step-irq: an NMI is a step", hex(pc()), hex(sym("on_nmi")))
    check("step-irq: it came in there", hex(return_address()), hex(behind))
    check("step-irq: nothing of it is done", u32("nmis"), 1)
    monitor("step-irq off")

run_to("all")
check("switched off: not in CPUID", u32("off_edx") >> 9 & 1, 0)
check("switched off: nobody is there", hex(u32("off_version")), "0xffffffff")
check("switched on: it is there", hex(u32("on_version")), "0x50014")
check("switched on: as at power-on", hex(u32("on_svr")), "0xff")
check("NMIs", u32("nmis"), 2 if BITS == 64 else 1)
check("nothing spurious", u32("spurious"), 0)
count = sum(u32(name) for name in ("lows", "highs", "timers", "pits",
                                   "serials", "nmis"))
check("counted", reg("ax"), count)
stop = run()
check("it exits with all of them", stop.exit_code, count)
