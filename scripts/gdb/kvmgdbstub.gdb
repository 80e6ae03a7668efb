# SPDX-License-Identifier: MIT
#
# For gdb 13 or later, and not needed: `source scripts/gdb/kvmgdbstub.gdb`.
#
# 1. At every stop gdb reads the registers' description again, and so is right
#    after each change of CPU mode, also one in the middle of `finish`, `next`
#    or `until`, which --follow-mode interrupts. Costs a few packets a stop;
#    start the stub with --follow-mode=off.
# 2. Call frames in 16-bit code, of which gdb knows nothing: backtrace, up,
#    finish, and nexti over a call.
# 3. `info system`: the registers that gdb has no group for.
# 4. `reset`: the guest from the beginning, and gdb knows of it.
# 5. `run` without a guest does not execute its file on the host.

set auto-connect-native-target off

define hook-stop
unset tdesc filename
end
document hook-stop
Read the target description again: the guest's CPU mode may have changed.
end

define info system
monitor registers system
monitor registers segment
monitor registers debug
monitor registers msr
end
document info system
Show control registers, descriptor tables, segments, debug registers and MSRs.
end

define reset
monitor reset
unset tdesc filename
maintenance flush register-cache
maintenance flush dcache
frame
end
document reset
Start the guest from the beginning; it waits for a resume.
end

python
import gdb
from gdb.unwinder import Unwinder, register_unwinder


class Frame16Id:
    """Where the return address lies names a frame, wherever its pc is."""

    def __init__(self, sp):
        self.sp = sp


class Frame16(Unwinder):
    """Finds the return address of 16-bit code.

    There is no unwind information, and few functions have a frame pointer. So
    the stack is searched upwards for a word that points behind a call: that of
    the function that runs, as long as it has pushed nothing that looks alike.
    """

    WORDS = 64  # to look at
    # Of an instruction that calls, how it may end at the return address:
    # length, index of a byte in it, bits that count, their value (Intel SDM
    # 2, CALL and "ModR/M Byte": e8, 9a and ff /2, ff /3).
    CALLS = [
        (3, 0, 0xFF, 0xE8),  # near, relative
        (5, 0, 0xFF, 0x9A),  # far, direct
        (2, 1, 0xF8, 0xD0),  # near, in a register
        (2, 1, 0xF8, 0x10),  # [bx+si] and so on
        (3, 1, 0xF8, 0x50),  # [bx+si+disp8]
        (4, 1, 0xF8, 0x90),  # [bx+si+disp16]
        (4, 1, 0xFF, 0x16),  # [disp16]
        (2, 1, 0xF8, 0x18),  # the same, far
        (3, 1, 0xF8, 0x58),
        (4, 1, 0xF8, 0x98),
        (4, 1, 0xFF, 0x1E),
    ]
    SAME = ("eip", "esp", "ebp", "cs", "cs_base", "ss", "ss_base", "ds", "es",
            "fs", "gs")

    def __init__(self):
        super().__init__("kvmgdbstub-16bit")

    @staticmethod
    def read(address, size):
        data = gdb.selected_inferior().read_memory(address, size)
        return bytes(data)

    def is_call(self, address):
        """Is there one that ends at address? "near", "far" or None."""
        if address < 5:
            return None
        try:
            before = self.read(address - 5, 5)
        except gdb.MemoryError:
            return None
        for length, index, mask, value in self.CALLS:
            code = before[-length:]
            if code[index] & mask == value and (not index or code[0] == 0xFF):
                far = code[0] == 0x9A or index and code[1] & 0x38 == 0x18
                return "far" if far else "near"
        return None

    def find(self, stack, cs_base):
        """Linear addresses of the slot and of what it points to, new cs base
        or None for the same one."""
        try:
            words = self.read(stack, 2 * self.WORDS + 2)
        except gdb.MemoryError:
            return None
        for at in range(0, 2 * self.WORDS, 2):
            ip = int.from_bytes(words[at:at + 2], "little")
            segment = int.from_bytes(words[at + 2:at + 4], "little") << 4
            if self.is_call(cs_base + ip) == "near":
                return stack + at, cs_base + ip, None
            if self.is_call(segment + ip) == "far":
                return stack + at, segment + ip, segment
        return None

    def __call__(self, pending):
        if pending.architecture().name() != "i8086":
            return None
        mask = 0xFFFFFFFF
        stack = int(pending.read_register("esp")) & mask
        cs_base = int(pending.read_register("cs_base")) & mask
        found = self.find(stack, cs_base)
        slot, back, far_base = found or self.outermost(pending)
        info = pending.create_unwind_info(
            Frame16Id(self.like(pending, "esp", slot)))
        registers = {name: pending.read_register(name) for name in self.SAME}
        if far_base is not None:
            registers["cs"] = self.like(pending, "cs", far_base >> 4)
            registers["cs_base"] = self.like(pending, "cs_base", far_base)
        if found:
            top = slot + (2 if far_base is None else 4)
            registers["esp"] = self.like(pending, "esp", top)
            registers["eip"] = self.like(pending, "eip", back)
        for name, value in registers.items():
            info.add_saved_register(name, value)
        return info

    @staticmethod
    def outermost(pending):
        """A name for the frame that nobody called. Its caller is the same one
        again, at which gdb stops."""
        return int(pending.read_register("ss_base")) + 0x10000, None, None

    @staticmethod
    def like(pending, name, number):
        return gdb.Value(number).cast(pending.read_register(name).type)


register_unwinder(None, Frame16(), replace=True)
gdb.invalidate_cached_frames()
end
