# SPDX-License-Identifier: MIT
# The x86 guests, a line each: name, bits, address, form, sources.
set(C_START x86_64/start.S x86_64/console.c)

add_guest(real16     16 0        FLAT x86_64/real16.S)
add_guest(tenbyte    16 0        FLAT x86_64/tenbyte.S)
add_guest(exit7      16 0        FLAT x86_64/exit7.S)
add_guest(bootsector 16 0x7c00   FLAT x86_64/bootsector.S)
add_guest(bios       16 0x7c00   FLAT x86_64/bios.S)
add_guest(loader     16 0x7c00   FLAT x86_64/loader.S)
add_guest(stage2     16 0x7c00   FLAT x86_64/stage2.S)

add_guest(sector32   16 0x7c00   ELF32 x86_64/bootsector.S)

# The end of a sector has its mark. Real mode with a base of CS, and without.
add_guest(modes      16 0x7c00   FLAT x86_64/modes.S x86_64/modes.c)
add_guest(modes0     16 0x7c00   FLAT x86_64/modes.S x86_64/modes.c)
foreach(guest modes modes0)
  target_link_options(guest-${guest} PRIVATE
    -Wl,--section-start=.signature=0x7dfe)
endforeach()
target_compile_definitions(guest-modes PRIVATE REAL_CS=0x7c0)
target_compile_definitions(guest-modes0 PRIVATE REAL_CS=0)

add_guest(hello32    32 0x100000 ELF  ${C_START} hello.c)
add_guest(hello64    64 0x100000 ELF  ${C_START} hello.c)

add_guest(flat32     32 0x100000 FLAT x86_64/flat.S)
add_guest(flat64     64 0x100000 FLAT x86_64/flat.S)

add_guest(loop16     16 0        FLAT x86_64/loop.S)
add_guest(loop32     32 0x100000 FLAT x86_64/loop.S)
add_guest(loop64     64 0x100000 FLAT x86_64/loop.S)

add_guest(halt16     16 0        FLAT x86_64/halt.S)
add_guest(halt32     32 0x100000 FLAT x86_64/halt.S)
add_guest(halt64     64 0x100000 FLAT x86_64/halt.S)

add_guest(ask16      16 0        FLAT x86_64/ask.S)
add_guest(ask32      32 0x100000 FLAT x86_64/ask.S)
add_guest(ask64      64 0x100000 FLAT x86_64/ask.S)

add_guest(reset16    16 0        FLAT x86_64/reset.S)
add_guest(reset32    32 0x100000 FLAT x86_64/reset.S)
add_guest(reset64    64 0x100000 FLAT x86_64/reset.S)

add_guest(triple32   32 0x100000 FLAT x86_64/triple.S)
add_guest(triple64   64 0x100000 FLAT x86_64/triple.S)

# Above the real mode's table, which it fills in.
add_guest(faults16   16 0x8000   FLAT x86_64/faults.S)
add_guest(faults32   32 0x100000 FLAT x86_64/faults.S)
add_guest(faults64   64 0x100000 FLAT x86_64/faults.S)

add_guest(ticks16    16 0x8000   FLAT x86_64/ticks.S)
add_guest(ticks32    32 0x100000 FLAT x86_64/ticks.S)
add_guest(ticks64    64 0x100000 FLAT x86_64/ticks.S)

add_guest(even16     16 0x8000   FLAT x86_64/even.S)
add_guest(even32     32 0x100000 FLAT x86_64/even.S)
add_guest(even64     64 0x100000 FLAT x86_64/even.S)

add_guest(native32   32 0x100000 ELF  x86_64/native.S)
add_guest(native64   64 0x100000 ELF  x86_64/native.S)

add_guest(apic32     32 0x100000 ELF  x86_64/apic.S)
add_guest(apic64     64 0x100000 ELF  x86_64/apic.S)

add_guest(acpi32     32 0x100000 ELF  ${C_START} x86_64/acpi.c)
add_guest(acpi64     64 0x100000 ELF  ${C_START} x86_64/acpi.c)

add_guest(virtio32   32 0x100000 ELF  ${C_START} x86_64/virtio.c)
add_guest(virtio64   64 0x100000 ELF  ${C_START} x86_64/virtio.c)

add_guest(tick       16 0x7c00   FLAT x86_64/tick.S)
add_guest(keys       16 0x7c00   FLAT x86_64/keys.S)
add_guest(cd         16 0x7c00   FLAT x86_64/cd.S)
add_guest(screens    16 0x7c00   FLAT x86_64/screens.S)
add_guest(vbe        16 0x7c00   FLAT x86_64/vbe.S)
add_guest(irq4       16 0x7c00   FLAT x86_64/irq4.S)
foreach(guest tick irq4 keys)
  target_link_options(guest-${guest} PRIVATE
    -Wl,--section-start=.signature=0x7dfe)
endforeach()

add_guest(watch16    16 0        FLAT x86_64/watch.S)
add_guest(watch32    32 0x100000 ELF  x86_64/watch.S)
add_guest(watch64    64 0x100000 ELF  x86_64/watch.S)

add_guest(user64     64 0x100000 FLAT x86_64/user64.S)
add_guest(bare64     64 0x100000 ELF  x86_64/bare64.S)

add_guest(int80      16 0x7c00   FLAT x86_64/int80.S)
add_guest(stall16    16 0        FLAT x86_64/stall.S)
add_guest(stall32    32 0x100000 FLAT x86_64/stall.S)
add_guest(stall64    64 0x100000 FLAT x86_64/stall.S)

add_guest(patch16    16 0        FLAT x86_64/patch.S)
add_guest(patch32    32 0x100000 ELF  x86_64/patch.S)
add_guest(patch64    64 0x100000 ELF  x86_64/patch.S)

add_guest(higher64   64 0x100000 ELF  x86_64/higher.S x86_64/higher.ld)

set(RISE x86_64/rise.S x86_64/rise.c x86_64/rise.ld)
add_guest(rise16     16 0x8000   ELF  ${RISE})
add_guest(rise32     32 0x100000 ELF64 ${RISE})

# ELF64, entered in 32-bit mode.
add_guest(la57       32 0x100000 ELF64 x86_64/la57.S x86_64/la57.ld)

add_guest(late64     64 0x100000 ELF  x86_64/late64.S x86_64/late.ld)

add_guest(traps16    16 0        FLAT x86_64/traps.S)
add_guest(traps32    32 0x100000 ELF  x86_64/traps.S)
add_guest(traps64    64 0x100000 ELF  x86_64/traps.S)

# What boot loaders start: mb1flat says where it goes in its header.
set(MB1 x86_64/mb1.S x86_64/mb1.c x86_64/console.c)
add_guest(mb1        32 0x100000 ELF  ${MB1})
add_guest(mb1flat    32 0x200000 FLAT ${MB1})
add_guest(kernel32   32 0x100000 ELF
  x86_64/kernel32.S x86_64/kernel32.c x86_64/console.c)
target_compile_definitions(guest-mb1 PRIVATE MB1_ADDRESSES=0)
target_compile_definitions(guest-mb1flat PRIVATE MB1_ADDRESSES=1)

# ELF64, entered in 32-bit mode.
add_guest(mb2        32 0x100000 ELF64
  x86_64/mb2.S x86_64/long.S x86_64/mb2.c x86_64/console.c)
add_guest(pvh        32 0x100000 ELF64
  x86_64/pvh.S x86_64/long.S x86_64/pvh.c x86_64/console.c x86_64/pvh.ld)

# A bzImage: its 0xa00 bytes of setup are not loaded.
add_guest(bz         32 0xff600  FLAT x86_64/bz.S)

# Random programs, for tests/integration/watch_stacks.py.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(STACK_PROGRAMS
  ${PROJECT_SOURCE_DIR}/tests/integration/lib/stack_programs.py)
foreach(kind stacks events levels)
  foreach(bits 16 32 64)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${kind}${bits}.S)
    add_custom_command(OUTPUT ${source} VERBATIM
      COMMAND ${Python3_EXECUTABLE} ${STACK_PROGRAMS} ${kind}${bits} > ${source}
      DEPENDS ${STACK_PROGRAMS})
    add_guest(${kind}${bits} ${bits} 0x8000 FLAT ${source})
  endforeach()
endforeach()
