# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# kvm_amd: QEMU's TCG emulates SVM (AMD APM volume 2, chapter 15), all but the
# intercept of #BP, so int3 always goes to the guest there.

prepare_amd() { prepare_guest; }

run_amd() {
    say "amd: Linux boots in QEMU"
    make_initramfs amd
    run_emulator amd 1200 amd_machine
}

amd_machine() {
    enter tools qemu-system-x86_64 -accel tcg -cpu EPYC,+svm,+npt -m 1024 \
        -nodefaults -display none -no-reboot \
        -kernel /mnt/system/vmlinuz -initrd /mnt/run/amd/initramfs \
        -append 'console=ttyS0 quiet panic=-1 mitigations=off' \
        -serial file:/mnt/run/amd/console \
        -serial file:/mnt/run/amd/results.gz
}
