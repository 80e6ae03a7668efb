# SPDX-License-Identifier: MIT
# The commands of scripts/demo; try more of them after it.
set pagination off
echo \n(gdb) break inner\n
break inner
echo (gdb) continue\n
continue
echo (gdb) backtrace\n
backtrace
echo (gdb) info registers rip rsp cr0 efer\n
info registers rip rsp cr0 efer
echo (gdb) x/3i $pc\n
x/3i $pc
