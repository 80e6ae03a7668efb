# SPDX-License-Identifier: MIT
# Which script runs on which x86 guest.
set(FLAT_PROT --mode=prot --load-addr=0x100000)
set(FLAT_LONG --mode=long --load-addr=0x100000)

# The loop, in each mode.
foreach(script break hbreak stepi interrupt registers reconnect queries)
  add_gdb_test(${script} loop16.bin)
  add_gdb_test(${script} loop32.elf)
  add_gdb_test(${script} loop64.elf)
endforeach()
add_gdb_test(break loop32.bin ${FLAT_PROT})
add_gdb_test(break loop64.bin ${FLAT_LONG})
add_gdb_test(kill loop16.bin)
add_gdb_test(kill loop64.elf)

# The guest from the beginning.
add_gdb_test(restart loop16.bin)
add_gdb_test(restart loop32.elf)
add_gdb_test(restart loop64.elf)
add_gdb_test(restart_mode modes.bin)
add_gdb_test(extended loop16.bin)
add_gdb_test(extended loop32.elf)
add_gdb_test(extended loop64.elf)

# Every register, in each mode.
foreach(script numbers system vector monitor)
  add_gdb_test(registers_${script} loop16.bin)
  add_gdb_test(registers_${script} loop32.elf)
  add_gdb_test(registers_${script} loop64.elf)
endforeach()
foreach(guest loop32 loop64 hello32 hello64)
  add_gdb_test(base_layout ${guest}.elf)
endforeach()
add_gdb_test(registers_call hello32.elf)
add_gdb_test(registers_call hello64.elf)
add_stub_test(registers_xml)
add_stub_test(registers_cost)
add_stub_test(mi/ides)
add_stub_test(dap/gdb)
add_stub_test(dap/lldb)

# This one knows how much RAM there is.
add_gdb_test(memory loop16.bin -m 16M)
add_gdb_test(memory loop32.elf -m 16M)
add_gdb_test(memory loop64.elf -m 16M)

foreach(guest loop16.bin loop32.elf loop64.elf higher64.elf)
  add_gdb_test(search ${guest} -m 16M)
endforeach()

foreach(guest loop16.bin loop32.elf loop64.elf)
  add_gdb_test(disassembly ${guest})
  add_gdb_test(inforegs ${guest})
endforeach()
foreach(guest real16.bin bootsector.bin hello32.elf hello64.elf)
  add_gdb_test(disassembly ${guest})
endforeach()

# The C guest, in both modes that have one.
foreach(script backtrace stepping watch variables load exit)
  add_gdb_test(${script} hello32.elf)
  add_gdb_test(${script} hello64.elf)
endforeach()

add_gdb_test(exit exit7.bin)
add_gdb_test(exit flat32.bin ${FLAT_PROT})
add_gdb_test(exit flat64.bin ${FLAT_LONG})
add_gdb_test(bootsector bootsector.bin)
add_gdb_test(loader loader.bin)
add_stub_test(disk)

# A host without them watches by pages.
foreach(guest hello32.elf hello64.elf)
  add_gdb_test(watchreg ${guest} NEEDS data-watchpoint)
endforeach()

foreach(name session modes packets interrupt first_stop kill)
  add_lldb_test(${name})
endforeach()

# From one CPU mode to the next.
foreach(guest modes.bin modes0.bin)
  add_gdb_test(mode_follow ${guest})
  add_gdb_test(mode_bare ${guest})
  add_gdb_test(mode_script ${guest} --follow-mode=off)
endforeach()
add_gdb_test(mode_off modes.bin --follow-mode=off)
add_gdb_test(mode_frames16 modes.bin)
add_gdb_test(mode_frames16 bootsector.bin)
add_gdb_test(mode_elf32 sector32.elf --mode=real)
add_gdb_test(mode_elf32 bootsector.bin)

# What a guest cannot get out of.
add_gdb_test(bios bios.bin)
add_gdb_test(bios_calls stage2.bin)
add_gdb_test(stage2 stage2.bin)
add_gdb_test(stops real16.bin)
add_gdb_test(stops tenbyte.bin)
add_gdb_test(stops halt16.bin)
foreach(guest halt32 halt64 triple32 triple64)
  add_gdb_test(stops ${guest}.elf)
endforeach()

# What KVM begins anew without end.
add_gdb_test(stall stall16.bin)
add_gdb_test(stall stall32.elf)
add_gdb_test(stall stall64.elf)
add_gdb_test(int80 int80.bin)
add_stub_test(idle)

add_gdb_test(catch faults16.bin --load-addr=0x8000)
foreach(guest faults32 faults64)
  add_gdb_test(catch ${guest}.elf)
endforeach()
add_stub_test(clients)
add_stub_test(explain)

# Watchpoints, in each mode.
foreach(script watch_accesses watch_ranges watch_steps)
  add_gdb_test(${script} watch16.bin)
  add_gdb_test(${script} watch32.elf)
  add_gdb_test(${script} watch64.elf)
endforeach()
add_gdb_test(user user64.elf)
add_gdb_test(bare bare64.elf)

add_stub_test(watch_stacks)
add_stub_test(watch_several)

# Breakpoints where they are hard to keep.
foreach(guest patch16.bin patch32.elf patch64.elf)
  add_gdb_test(bp_code ${guest})
endforeach()
add_gdb_test(bp_higher higher64.elf)
add_stub_test(addresses)
add_gdb_test(bp_rise rise16.elf --mode=real)
add_gdb_test(bp_rise rise32.elf --mode=prot)

# Guests that handle traps themselves.
foreach(guest traps16.bin traps32.elf traps64.elf)
  add_gdb_test(traps ${guest})
  add_gdb_test(traps_points ${guest})
endforeach()
