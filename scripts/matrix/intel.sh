# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# kvm_intel: Bochs emulates VMX (Intel SDM volume 3, chapter 24), at about 50
# million instructions a second. So tests of real gdb run there only where
# their label "intel" says so, and the small ones without gdb all.

prepare_intel() { prepare_guest; }

run_intel() {
    say "intel: Linux boots in Bochs, which takes half a minute"
    make_initramfs intel '^(kvm|intel)$'
    make_cd
    run_emulator intel 1500 intel_machine
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

# Debian's Bochs starts in its own debugger: "c" continues, and the end of its
# input would end it, so the pipe is kept open.
intel_machine() {
    cp "$PARTS/bochsrc" "$RUN/intel/bochsrc"
    mkfifo "$RUN/intel/debugger"
    enter tools sh -ec 'cd /mnt/run/intel
        exec 3<>debugger
        echo c >&3
        exec bochs -q -f bochsrc <&3'
}
