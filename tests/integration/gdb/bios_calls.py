# SPDX-License-Identifier: MIT
"""What each service of the BIOS takes and gives, a row a call."""
import datetime

from kgdb import *

CARRY, ZERO = 1, 0x40
BUFFER = 0x9000
PACKET = 0x8800
SECTORS = 3  # of the image
MEMORY_KIB = 128 << 10  # what a guest gets by default


def put_to(place):
    """From wherever it is, the BIOS too."""
    gdb.execute("set $cs = 0")
    gdb.execute(f"set $pc = {sym(place)}")
    gdb.execute("frame 0", to_string=True)


def call(vector, **registers):
    """One step of `int vector`; the registers that are not named are marked."""
    write(sym("probe") + 1, bytes([vector]))
    put_to("probe")
    gdb.execute(f"set $sp = {sym('_start')}")
    gdb.execute(f"set $eflags = {registers.pop('flags', 2)}")
    for name in ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"):
        gdb.execute(f"set ${name} = {registers.get(name, 0x11223344)}")
    run("stepi")
    check(f"int {vector:#x}, {registers}: behind it", hex(pc()),
          hex(sym("probed")))
    check(f"int {vector:#x}, {registers}: stack", hex(reg("sp")),
          hex(sym("_start")))


def flags(name):
    return {"cf": CARRY, "zf": ZERO}[name]


def result(name):
    if name in ("cf", "zf"):
        return number("(unsigned)$eflags") & flags(name) and 1
    if name in ("ah", "ch", "dh", "bh"):
        return number(f"(unsigned)$e{name[0]}x") >> 8 & 0xff
    if name in ("al", "cl", "dl", "bl"):
        return number(f"(unsigned)$e{name[0]}x") & 0xff
    bits = 32 if name.startswith("e") else 16
    return number(f"(unsigned)$e{name[-2:]}") & (1 << bits) - 1


SAME = 0x11223344
DISK = {"edx": 0x80}
FLOPPY = {"edx": 0}
# Vector, what it is given, what it gives.
ROWS = [
    # teletype, which moves the cursor; setting it, mode, attributes, VESA
    (0x10, {"eax": 0x0e2a, "flags": 3}, {"eax": 0x0e2a, "cf": 1}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0101}),
    (0x10, {"eax": 0x0e08}, {}),
    (0x10, {"eax": 0x0e08}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0100}),
    (0x10, {"eax": 0x0200, "edx": 0x174f}, {}),
    (0x10, {"eax": 0x0e2a}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x1800}),
    (0x10, {"eax": 0x0e07}, {}),
    (0x10, {"eax": 0x0e2a}, {}),
    (0x10, {"eax": 0x0e0a}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x1801}),
    (0x10, {"eax": 0x0e0d}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x1800}),
    (0x10, {"eax": 0x0200, "edx": 0x0305}, {"eax": 0x0200}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0305, "cx": 0x0607}),
    # a string goes to its row; the cursor stays where it was, or behind it
    (0x10, {"eax": 0x1300, "ecx": 2, "edx": 0x0710, "ebp": BUFFER}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0305}),
    (0x10, {"eax": 0x1301, "ecx": 2, "edx": 0x0710, "ebp": BUFFER}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0712}),
    (0x10, {"eax": 0x1303, "ecx": 2, "edx": 0x0800, "ebp": BUFFER}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0802}),
    (0x10, {"eax": 0x1301, "ecx": 0, "edx": 0x0305, "ebp": BUFFER}, {}),
    (0x10, {"eax": 0x0300}, {"dx": 0x0305}),
    (0x10, {"eax": 0x0f00}, {"al": 3, "ah": 80, "bh": 0}),
    (0x10, {"eax": 0x0001}, {"eax": 0x0001}),
    (0x10, {"eax": 0x0f00}, {"al": 1, "ah": 80, "bh": 0}),
    (0x10, {"eax": 0x0300}, {"dx": 0, "cx": 0x0607}),
    (0x10, {"eax": 0x092b, "ecx": 2}, {"ecx": 2}),
    (0x10, {"eax": 0x0600}, {"eax": 0x0600, "ecx": SAME}),
    (0x10, {"eax": 0x4f03}, {"ax": 0x004f, "bx": 1}),
    (0x10, {"eax": 0x4f15}, {"ax": 0x0100}),
    # equipment and memory
    (0x11, {}, {"ax": 0x0221, "ebx": SAME}),
    (0x12, {}, {"ax": 639, "ebx": SAME}),
    (0x15, {"eax": 0x8800}, {"ax": 0xffff, "cf": 0}),
    (0x15, {"eax": 0xe801}, {"ax": 15 << 10, "bx": (MEMORY_KIB >> 6) - 256,
                             "cx": 15 << 10, "dx": (MEMORY_KIB >> 6) - 256,
                             "cf": 0}),
    # A20, waiting, and what there is not
    (0x15, {"eax": 0x2401}, {"ah": 0, "cf": 0}),
    (0x15, {"eax": 0x2402}, {"ax": 1, "cf": 0}),
    (0x15, {"eax": 0x2403}, {"ax": 3, "bx": 3, "cf": 0}),
    (0x15, {"eax": 0x2404}, {"ah": 0x86, "cf": 1}),
    (0x15, {"eax": 0x2400}, {"ah": 0x86, "cf": 1}),
    (0x15, {"eax": 0x8600, "ecx": 0, "edx": 50}, {"cf": 0}),
    (0x15, {"eax": 0x5300}, {"ah": 0x86, "cf": 1}),
    # keys and time
    (0x16, {"eax": 0x0100}, {"zf": 1}),
    (0x16, {"eax": 0x1100}, {"zf": 1}),
    (0x16, {"eax": 0x0200}, {"ax": 0x0200}),
    (0x16, {"eax": 0x0300}, {"ax": 0x0300}),
    (0x1a, {"eax": 0x0000}, {"cf": 0, "al": 0}),
    (0x1a, {"eax": 0x0100, "ecx": 0x0017, "edx": 0xff00}, {"cf": 0}),
    (0x1a, {"eax": 0x0000}, {"cx": 0x0017, "cf": 0, "al": 0}),
    (0x1a, {"eax": 0x0300}, {"cf": 1}),
    # the disk: reset, geometry, kind, by address or not
    (0x13, {"eax": 0, **DISK, "flags": 3}, {"ah": 0, "cf": 0}),
    (0x13, {"eax": 0x0800, **DISK}, {"ah": 0, "cf": 0, "ch": 0, "cl": 63,
                                     "dh": 15, "dl": 1}),
    (0x13, {"eax": 0x0800, **FLOPPY}, {"ah": 0, "cf": 0, "ch": 79, "cl": 18,
                                       "dh": 1, "dl": 1, "bl": 4}),
    (0x13, {"eax": 0x1500, **DISK}, {"ah": 3, "cx": 0, "dx": SECTORS,
                                     "cf": 0}),
    (0x13, {"eax": 0x1500, **FLOPPY}, {"ah": 1, "cf": 0}),
    (0x13, {"eax": 0x4100, "ebx": 0x55aa, **DISK},
     {"bx": 0xaa55, "cx": 1, "cf": 0}),
    (0x13, {"eax": 0x4100, "ebx": 0x55aa, **FLOPPY}, {"ah": 1, "cf": 1}),
    (0x13, {"eax": 0x4100, "ebx": 0, **DISK}, {"ah": 1, "cf": 1}),
    (0x13, {"eax": 0x0200, "edx": 0x81}, {"ah": 1, "cf": 1}),
    (0x13, {"eax": 0x9900, **DISK}, {"ah": 1, "cf": 1}),
    # reading: all, none, sector 0, past the end, half of it past the end
    (0x13, {"eax": 0x0203, "ecx": 1, "ebx": BUFFER, **DISK},
     {"al": 3, "ah": 0, "cf": 0, "ebx": BUFFER, "ecx": 1}),
    (0x13, {"eax": 0x0200, "ecx": 1, "ebx": BUFFER, **DISK},
     {"al": 0, "ah": 0, "cf": 0}),
    (0x13, {"eax": 0x0201, "ecx": 0, "ebx": BUFFER, **DISK},
     {"ah": 1, "cf": 1}),
    (0x13, {"eax": 0x0201, "ecx": 4, "ebx": BUFFER, **DISK},
     {"al": 0, "ah": 4, "cf": 1}),
    (0x13, {"eax": 0x0202, "ecx": 3, "ebx": BUFFER, **DISK},
     {"al": 1, "ah": 4, "cf": 1}),
    (0x13, {"eax": 0x0201, "ecx": 0xffff, "edx": 0x0f80, "ebx": BUFFER},
     {"al": 0, "ah": 4, "cf": 1}),
    # what the geometry has not: head 16, head 2 and sector 19 of a floppy
    (0x13, {"eax": 0x0201, "ecx": 1, "edx": 0x1080, "ebx": BUFFER},
     {"ah": 1, "cf": 1}),
    (0x13, {"eax": 0x0201, "ecx": 1, "edx": 0x0200, "ebx": BUFFER},
     {"ah": 1, "cf": 1}),
    (0x13, {"eax": 0x0201, "ecx": 19, **FLOPPY, "ebx": BUFFER},
     {"ah": 1, "cf": 1}),
]


def rows():
    for vector, given, wanted in ROWS:
        call(vector, **({"ebx": 0} if vector == 0x10 else {}) | given)
        for name, value in wanted.items():
            check(f"int {vector:#x}, {given}: {name}", result(name), value)


def pattern():
    return read(BUFFER, 512) == bytes.fromhex("0300c75e") * 128


def packet_of(count, offset, segment, address):
    write(PACKET, b"".join(n.to_bytes(size, "little") for n, size in
                           [(16, 2), (count, 2), (offset, 2), (segment, 2),
                            (address, 8)]))


def by_packet(command, count, address, offset=BUFFER & 0xf,
              segment=BUFFER >> 4):
    packet_of(count, offset, segment, address)
    call(0x13, eax=command << 8, esi=PACKET, **DISK)
    return (result("cf"), result("ah"),
            int.from_bytes(read(PACKET + 2, 2), "little"))


def packets():
    check("read by address", by_packet(0x42, 1, 2), (0, 0, 1))
    check("what was read", pattern(), True)
    check("half of it", by_packet(0x42, 2, 2), (1, 4, 1))
    check("far beyond", by_packet(0x42, 1, 1 << 31), (1, 4, 0))
    check("beyond all", by_packet(0x42, 1, 1 << 40), (1, 4, 0))
    write(BUFFER, b"written " * 64)
    check("write", by_packet(0x43, 1, 1), (0, 0, 1))
    write(BUFFER, bytes(512))
    check("read again", by_packet(0x42, 1, 1), (0, 0, 1))
    check("what was written", read(BUFFER, 512), b"written " * 64)


def buffers():
    """A buffer may cross 64 KiB, which a real one may not."""
    check("to the end of a segment", by_packet(0x42, 3, 0, 0xff00, 0x1000),
          (0, 0, 3))
    check("sector 3 behind it", read(0x1ff00 + 1024, 4), b"\x03\x00\xc7\x5e")
    call(0x13, eax=0x0201, ecx=3, ebx=BUFFER, **FLOPPY)
    check("the same disk as a floppy", pattern(), True)
    check("above 1 MiB", by_packet(0x42, 1, 2, 0x10, 0xffff), (0, 0, 1))
    check("sector 3 there", read(0x100000, 4), b"\x03\x00\xc7\x5e")
    vectors = read(0, 1024)
    check("nothing is behind that", by_packet(0x42, 2, 1, 0xfd00, 0xffff),
          (1, 4, 1))
    check("it does not wrap", read(0, 1024) == vectors, True)


def parameters():
    write(PACKET, (30).to_bytes(2, "little"))
    call(0x13, eax=0x4800, esi=PACKET, **DISK)
    check("parameters: carry", result("cf"), 0)
    words = [int.from_bytes(read(PACKET + at, size), "little")
             for at, size in [(0, 2), (2, 2), (4, 4), (8, 4), (12, 4),
                              (16, 8), (24, 2)]]
    check("parameters", words, [26, 2, 1, 16, 63, SECTORS, 512])


def memory_map():
    found = []
    index = 0
    while True:
        call(0x15, eax=0xe820, edx=0x534d4150, ebx=index, ecx=20, edi=BUFFER)
        check("map: carry", result("cf"), 0)
        check("map: mark", hex(result("eax")), "0x534d4150")
        check("map: size", result("ecx"), 20)
        data = read(BUFFER, 20)
        found.append((int.from_bytes(data[:8], "little"),
                      int.from_bytes(data[8:16], "little"), data[16]))
        index = result("ebx")
        if not index:
            break
    check("map", found, [(0, 639 << 10, 1), (639 << 10, 1 << 10, 2),
                         (960 << 10, 64 << 10, 2),
                         (1 << 20, (MEMORY_KIB - 1024) << 10, 1)])
    call(0x15, eax=0xe820, edx=0x534d4150, ebx=len(found), ecx=20, edi=BUFFER)
    check("map: past its end", result("cf"), 1)
    call(0x15, eax=0xe820, edx=0x534d4150, ebx=0, ecx=19, edi=BUFFER)
    check("map: no room", result("cf"), 1)


def keys():
    """What is typed comes as keys, with their scan codes."""
    write(sym("probe") + 1, b"\x16")
    put_to("probe")
    gdb.execute("set $eax = 0")
    for command in ("continue", "stepi"):
        check(f"{command} without a key", run(command).stop_signal, "SIGTTIN")
        check("it waits", hex(pc()), hex(sym("probe")))
    check_in("said", "it waits for a key", told())
    gdb.execute(r"monitor type aZ~\r\e\\\t /\s")
    gdb.execute("stepi")  # the one that waited
    check("the wait is over", (hex(pc()), hex(reg("ax"))),
          (hex(sym("probed")), "0x1e61"))
    for key in (0x2c5a, 0x297e, 0x1c0d, 0x011b, 0x2b5c, 0x0f09, 0x3920, 0x352f,
                0x3920):
        for look in (0x0100, 0x1100):
            call(0x16, eax=look)
            check(f"look for {key:#x}", (hex(result("ax")), result("zf")),
                  (hex(key), 0))
        call(0x16, eax=0x1000)
        check(f"take {key:#x}", hex(result("ax")), hex(key))
    call(0x16, eax=0x0100)
    check("no more", result("zf"), 1)
    chords()
    too_much = gdb.execute("monitor type " + "0123456789" * 300,
                           to_string=True)
    check_in("too much", "the guest has read too little of what was typed: '",
             too_much)
    check_in("what is left", "789' is not typed", too_much)


def press(keys):
    """What int 0x16 gives for keys that are held together, by its enhanced
    functions and by the first ones."""
    if keys:
        check(keys, monitor(f"key {keys}"), "")
    call(0x16, eax=0x1100)
    if result("zf"):
        return "no key"
    enhanced = result("ax")
    call(0x16, eax=0x0100)
    first = result("ax")
    call(0x16, eax=0x0000)
    check(f"{keys}: looked for, taken", hex(result("ax")), hex(first))
    return f"{enhanced:04x} {first:04x}"


def chords():
    rows = [("up", "48e0 4800"), ("delete", "53e0 5300"), ("kp_8", "4800 4800"),
            ("kp_add", "4e2b 4e2b"), ("kp_enter", "e00d 1c0d"),
            ("kp_divide", "e02f 352f"), ("asterisk", "372a 372a"),
            ("f1", "3b00 3b00"), ("f10", "4400 4400"), ("f12", "8600 8600"),
            ("shift-f1", "5400 5400"), ("ctrl-f1", "5e00 5e00"),
            ("alt-f10", "7100 7100"), ("ctrl-c", "2e03 2e03"),
            ("ctrl_r-bracket_left", "1a1b 1a1b"), ("ctrl-ret", "1c0a 1c0a"),
            ("ctrl-backspace", "0e7f 0e7f"), ("ctrl-1", "no key"),
            ("alt-x", "2d00 2d00"), ("alt-1", "7800 7800"),
            ("shift-tab", "0f00 0f00"), ("shift_r-a", "1e41 1e41"),
            ("caps_lock", "no key"), ("a", "1e41 1e41"),
            ("shift-a", "1e61 1e61"), ("1", "0231 0231"),
            ("caps_lock", "no key"), ("num_lock", "no key"),
            ("kp_8", "4838 4838"), ("shift-kp_8", "4800 4800"),
            ("up", "48e0 4800"), ("num_lock", "no key"), ("meta_l", "no key"),
            ("a", "1e61 1e61")]
    for keys, wanted in rows:
        check(keys, press(keys), wanted)
    call(0x16, eax=0x0500, ecx=0x1234)
    check("stored", (result("al"), press("")), (0, "1234 1234"))
    for n in range(16):
        call(0x16, eax=0x0500, ecx=0x1234)
        check(f"stored, {n}", result("al"), int(n == 15))
    for n in range(15):
        check(f"taken, {n}", press(""), "1234 1234")
    call(0x16, eax=0x0200)
    check("none is held", result("al"), 0)


def far_calls():
    """Who has hooked a vector makes a far call of the one before."""
    code = read(sym("probe"), 5)
    write(sym("probe"), b"\x9c\xff\x1e\x58\x00")  # pushf; lcall *(4 * 0x16)
    put_to("probe")
    gdb.execute("set $eax = 0x1000")
    behind = gdb.Breakpoint(f"*{sym('probe') + 5}")
    for n in range(2):
        check(f"no key, {n}", run().stop_signal, "SIGTTIN")
        check_in("said", "int 0x16 (AX 0x1000): it waits for a key", told())
        expect("it waits in the BIOS", pc() >= 0xfe000, hex(pc()))
    gdb.execute("monitor type k")
    check("the call returns", getattr(run(), "breakpoints", None), [behind])
    check("with the key", hex(reg("ax")), "0x256b")
    behind.delete()
    write(sym("probe"), code)


def in_the_bios():
    """A step of a call stops at a breakpoint there, and at no exception of the
    same number. These are traps alone: others take the debug registers, which
    QEMU's TCG crashes at where CS has a base."""
    others = [gdb.Breakpoint(f"*{place:#x}", gdb.BP_HARDWARE_BREAKPOINT)
              for place in range(0x5000, 0x5010, 4)]
    entry = int.from_bytes(read(4 * 0x10, 2), "little") + 0xf0000
    (_, size, _), = instructions(entry, 1)
    for place in (entry, entry + size):
        there = gdb.Breakpoint(f"*{place}")
        write(sym("probe") + 1, b"\x10")
        put_to("probe")
        gdb.execute("set $eax = 0x0e2e")
        stop = run("stepi")
        check(f"at {place:#x}", hex(pc()), hex(place))
        check("it is told", getattr(stop, "breakpoints", None), [there])
        there.delete()
    gdb.execute("monitor catch all", to_string=True)
    for vector in (0x10, 0x11, 0x13):  # #MF, #AC, #XM
        call(vector, eax=0x0e2e)
        check(f"int {vector:#x} is no exception", "(#" in told(), False)
    gdb.execute("monitor catch none", to_string=True)
    for other in others:
        other.delete()


def loaded_over():
    """What is loaded over the next instruction is no way past the step, even
    where the guest has the debug registers in use."""
    gdb.execute("set $dr0 = 0x5000")
    gdb.execute("set $dr7 = 0x401")
    kept = read(sym("probed") & ~0xf, 512)
    call(0x13, eax=0x0201, ecx=2, ebx=sym("probed") & ~0xf, **DISK)
    check("done", (result("ax"), result("cf")), (1, 0))
    gdb.execute("set $dr7 = 0x400")
    write(sym("probed") & ~0xf, kept)


def text_row(row, start, end, page=0):
    at = 0xb8000 + 0x1000 * page + 160 * row
    return read(at + 2 * start, 2 * (end - start))


def screen():
    """What is printed can be read back: by the guest, and by `monitor screen`."""
    call(0x10, eax=0x0003, ebx=0)
    check("cleared", monitor("screen"), "")
    check("blanks", text_row(24, 0, 80), b" \7" * 80)
    for c in "Hi!":
        call(0x10, eax=0x0e00 | ord(c), ebx=0)
    call(0x10, eax=0x0200, edx=0x0101, ebx=0)
    call(0x10, eax=0x0941, ecx=2, ebx=0x1e)
    check("screen", monitor("screen"), "Hi!\n AA\n")
    call(0x10, eax=0x0800, ebx=0)
    check("character and attribute", hex(result("ax")), "0x1e41")
    call(0x10, eax=0x0a42, ecx=1, ebx=0x33)
    call(0x10, eax=0x0800, ebx=0)
    check("the attribute stays", hex(result("ax")), "0x1e42")
    call(0x10, eax=0x0e43, ebx=0)
    check("and below a teletype", text_row(1, 1, 3), b"C\x1eA\x1e")
    # another page, which is then shown
    call(0x10, eax=0x0200, edx=0x0203, ebx=0x0300)
    call(0x10, eax=0x0944, ecx=1, ebx=0x0342)
    check("on its page", text_row(2, 3, 4, page=3), b"D\x42")
    check("which is not seen", monitor("screen"), "Hi!\n CA\n")
    call(0x10, eax=0x0503, ebx=0)
    check("now it is", monitor("screen"), "\n\n   D\n")
    call(0x10, eax=0x0f00, ebx=0)
    check("page", result("bh"), 3)
    call(0x10, eax=0x0500, ebx=0)
    # strings, with one attribute or with many
    write(BUFFER, b"ab\x21c\x32")
    call(0x10, eax=0x1301, ebx=0x4f, ecx=1, edx=0x0500, ebp=BUFFER)
    call(0x10, eax=0x1302, ebx=0x4f, ecx=2, edx=0x0600, ebp=BUFFER + 1)
    check("one", text_row(5, 0, 2), b"a\x4f \7")
    check("many", text_row(6, 0, 3), b"b\x21c\x32 \7")
    # windows
    call(0x10, eax=0x0601, ebx=0x7000, ecx=0x0500, edx=0x0600)
    check("up", text_row(5, 0, 2) + text_row(6, 0, 2), b"b\x21 \7 \x70c\x32")
    call(0x10, eax=0x0701, ebx=0x6000, ecx=0x0500, edx=0x0600)
    check("down", text_row(5, 0, 1) + text_row(6, 0, 2), b" \x60b\x21c\x32")
    call(0x10, eax=0x0600, ebx=0x5000, ecx=0x0501, edx=0xff02)
    check("cleared", text_row(5, 0, 4) + text_row(24, 2, 4),
          b" \x60 \x50 \x50 \7 \x50 \7")
    call(0x10, eax=0x06ff, ebx=0x5000, ecx=0x0605, edx=0x0504)
    check("no such window", text_row(6, 0, 1), b"b\x21")
    # the last row
    call(0x10, eax=0x0003, ebx=0)
    call(0x10, eax=0x0200, edx=0x184e, ebx=0)
    for c in "xyz":
        call(0x10, eax=0x0e00 | ord(c), ebx=0)
    check("all moves up", text_row(23, 78, 80) + text_row(24, 0, 2),
          b"x\7y\7z\7 \7")
    call(0x10, eax=0x0083, ebx=0)
    check("a mode, and nothing cleared", text_row(24, 0, 1), b"z\7")
    # dots
    call(0x10, eax=0x0013, ebx=0)
    call(0x10, eax=0x0c55, ecx=319, edx=199, ebx=0)
    check("a dot", read(0xa0000 + 63998, 3), b"\0\x55\0")
    call(0x10, eax=0x0d00, ecx=319, edx=199, ebx=0)
    check("read", result("al"), 0x55)
    check("screen", monitor("screen"),
          "the screen shows 320 by 200 dots: `monitor screenshot FILE` writes "
          "a picture of it\n")
    call(0x10, eax=0x1010, ebx=0x55, ecx=0x2131, edx=0x1100)
    call(0x10, eax=0x1015, ebx=0x55)
    check("colour", (hex(result("dh")), hex(result("cx"))), ("0x11", "0x2131"))
    write(BUFFER, bytes(range(6)))
    call(0x10, eax=0x1012, ebx=0x60, ecx=2, edx=BUFFER)
    call(0x10, eax=0x1015, ebx=0x61)
    check("colours", (result("dh"), hex(result("cx"))), (3, "0x405"))
    call(0x10, eax=0x0003, ebx=0)
    call(0x10, eax=0x1a00)
    check("VGA", (result("al"), result("bx")), (0x1a, 8))


def bcd(value):
    return 10 * (value >> 4) + (value & 15)


def clock():
    """The date and the time are the host's, UTC, and midnight is told once."""
    before = datetime.datetime.now(datetime.timezone.utc)
    call(0x1a, eax=0x0200)
    time = [bcd(result(name)) for name in ("ch", "cl", "dh")]
    check("carry, summer time", (result("cf"), result("dl")), (0, 0))
    call(0x1a, eax=0x0400)
    date = [bcd(result("ch")) * 100 + bcd(result("cl")), bcd(result("dh")),
            bcd(result("dl"))]
    told = datetime.datetime(*date, *time, tzinfo=datetime.timezone.utc)
    expect("not long ago", before - told < datetime.timedelta(hours=1), told)
    expect("nor to come", told - before < datetime.timedelta(minutes=1), told)
    write(0x470, b"\1")
    call(0x1a, eax=0x0000)
    check("midnight", result("al"), 1)
    call(0x1a, eax=0x0000)
    check("told", result("al"), 0)


COM1, COM2 = 0x3f8, 0x2f8
EMPTY, FULL, LATE = 0x60, 0x61, 0x80  # the line's status
MODEM = 0xb0


def serial():
    """Ports by their number in the data area, which the user chooses: here the
    first is COM1."""
    ports = [int.from_bytes(read(0x400 + 2 * n, 2), "little") for n in range(4)]
    check("ports in the data area", ports, [COM1, 0, 0, 0])
    call(0x14, eax=0x0300, edx=0)
    check("status", (result("ah"), result("al"), result("cf")),
          (EMPTY, MODEM, 0))
    for al, divisor, lcr in ((0xe3, 12, 3), (0x1e, 1047, 0x1e), (0x83, 96, 3)):
        call(0x14, eax=al, edx=0, ecx=SAME, ebx=SAME)
        check(f"init {al:#x}", (result("ah"), result("al"), result("ecx"),
                                result("ebx")), (EMPTY, MODEM, SAME, SAME))
        check("registers", port_state(), (divisor, lcr, 0, 3))
    before = len(console())
    for c in b"hi\n":
        call(0x14, eax=0x0100 | c, edx=0, flags=3)
        check("sent", (result("ah"), result("al"), result("cf")), (EMPTY, c, 0))
    check("printed", console()[before:], "hi\n")
    monitor("serial xyz")
    call(0x14, eax=0x0300, edx=0)
    check("something has come", result("ah"), FULL)
    for c in b"xyz":
        call(0x14, eax=0x0200, edx=0)
        check("received", (result("ah"), result("al"), result("edx")),
              (0, c, 0))
    call(0x14, eax=0x0277, edx=0)
    check("nothing has", (result("ah"), result("al")), (LATE | EMPTY, 0x77))
    write(0x47c, b"\0")  # no time at all, but what is there is taken
    monitor("serial w")
    call(0x14, eax=0x0200, edx=0)
    check("at once", (result("ah"), result("al")), (0, ord("w")))
    for dx in (1, 3, 4, 0xffff, 0x80):
        for ah in range(4):
            call(0x14, eax=ah << 8 | 0x55, edx=dx)
            check(f"no port {dx:#x}", (result("ah"), result("al"),
                                       result("cf")), (LATE, 0x55, 1))
    for ah in (4, 5, 0x1b):
        call(0x14, eax=ah << 8, edx=0)
        check(f"no such call {ah}", (result("ah"), result("cf")), (ah, 1))


def port_in(port):
    """By an instruction of the guest's: there is no packet for ports."""
    write(sym("probe"), b"\xec\x90")
    put_to("probe")
    gdb.execute(f"set $edx = {port}")
    run("stepi")
    write(sym("probe"), b"\xcd\x14")
    return result("al")


def port_out(port, value):
    write(sym("probe"), b"\xee\x90")
    put_to("probe")
    gdb.execute(f"set $edx = {port}")
    gdb.execute(f"set $eax = {value}")
    run("stepi")
    write(sym("probe"), b"\xcd\x14")


def port_state():
    """The divisor, LCR, IER and MCR of COM1."""
    lcr, ier, mcr = (port_in(COM1 + n) for n in (3, 1, 4))
    port_out(COM1 + 3, 0x80 | lcr)
    divisor = port_in(COM1) | port_in(COM1 + 1) << 8
    port_out(COM1 + 3, lcr)
    return divisor, lcr, ier, mcr


connect()
run_to("load")  # the segments are set
rows()
clock()
screen()
packets()
buffers()
parameters()
memory_map()
far_calls()
in_the_bios()
loaded_over()
serial()
keys()
