# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# kvm_intel: Bochs emulates VMX (Intel SDM volume 3, part 3), all that KVM needs
# of it. At about 100 million instructions a second, its clock runs with the
# real one (ips and tsc_early_khz agree), so timeouts mean the same as anywhere.

# Bochs does not see all pushes into what a debug register watches, and
# the others take minutes here. What is about sockets, packets, gdb's front ends
# and how gdb shows things is the same on all hosts: seven minutes here.
INTEL_LEFT_OUT='^gdb-(watch_stacks-(.*32|.*64|levels16|events16)|linux|mi-ides|dap-gdb|roundtrips|garbage|host_run|transports|registers_(xml|cost)|(registers_(numbers|monitor)|base_layout|disassembly|inforegs|queries|search)-.*)$'
INTEL_BECAUSE='Bochs misses pushes that a debug register watches, and is slow, so that it is spared what no host changes, and to boot Linux'

prepare_intel() {
    prepare_guest
    prepare_bochs
}

run_intel() {
    say "intel: Linux boots in Bochs, in about 20 s"
    make_initramfs intel "$INTEL_LEFT_OUT" "$INTEL_BECAUSE"
    make_cd
    run_emulator intel intel_machine
}

make_cd() {
    local cd=$RUN/intel/cd
    mkdir "$cd"
    cp "$CACHE/tools/usr/lib/ISOLINUX/isolinux.bin" \
        "$CACHE/tools/usr/lib/syslinux/modules/bios/ldlinux.c32" \
        "$CACHE/system/vmlinuz" "$cd"
    mv "$RUN/intel/initramfs" "$cd"
    cp "$PARTS/isolinux.cfg" "$cd"
    inside tools xorrisofs -quiet -o /mnt/run/intel/cd.iso -b isolinux.bin \
        -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
        /mnt/run/intel/cd 2>"$RESULTS/intel.xorriso.log"
}

intel_machine() {
    cp "$PARTS/bochsrc" "$RUN/intel/bochsrc"
    enter guest sh -ec 'cd /mnt/run/intel
        exec /mnt/bochs/bochs -q -f bochsrc'
}
