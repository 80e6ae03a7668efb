# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# kvm_amd: QEMU's TCG emulates SVM (AMD APM volume 2, chapter 15), all but the
# intercept of #BP, so int3 always goes to the guest there.

prepare_amd() { prepare_guest; }

# QEMU 10.0 looks a debug register's breakpoint up by EIP alone. Where the base
# of CS is not 0 it finds none, takes it for one of its own debugger, and ends.
# The same scripts run with modes0.bin, where it is 0; past 1 MiB it cannot be.
# The BIOS's is 0xf0000: after other tests bios_calls does not come to its end.
#
# Between EFER.LME and CR0.PG it does not survive what a guest does (a store,
# for one). kvm-wide stays there.
#
# Of several debug registers that one instruction hits it tells one: after a
# PUSHA that writes to what DR0 and DR1 watch, DR6 has B0 alone or B1 alone, of
# the write that came last. It crashes when the frame of an event goes where the
# guest has no memory slot, and when ring 3 is left by a 32-bit TSS ("invalid tss
# type": it wants one that is not busy, which KVM must load it as).
AMD_LEFT_OUT='^gdb-(kernel32-kernel32\.elf|(planted-)?mode_(follow|script|bare|frames16)-modes\.bin|bios_calls-stage2\.bin|addresses-past_1_mib|watch_several-cpu|watch_stacks-(stacks32|events.*|levels.*))$|^kvm-wide$'
AMD_BECAUSE='QEMU crashes at a debug register where the base of CS is not 0, at frames without memory and at 32-bit TSSs, tells one debug register of several, and does not survive kvm-wide, between EFER.LME and CR0.PG'

run_amd() {
    say "amd: Linux boots in QEMU"
    make_initramfs amd "$AMD_LEFT_OUT" "$AMD_BECAUSE"
    add_linux
    run_emulator amd amd_machine
}

# What gdb-linux boots (KVMGDB_LINUX): the guest's own kernel once more, and a
# root that it mounts.
add_linux() {
    local folder=$RUN/files/linux root=$RUN/linux-root module
    mkdir -p "$folder" "$root/bin" "$root"/{dev,etc,proc,sys}
    cp "$CACHE/system/vmlinuz" "$CACHE/guest/usr/bin/busybox" "$folder"
    cp "$CACHE/guest/usr/bin/busybox" "$root/bin"
    for module in virtio/virtio_mmio block/virtio_blk; do
        xz -dc "$CACHE"/kernel/usr/lib/modules/*/"kernel/drivers/$module.ko.xz" \
            >"$folder/${module#*/}.ko"
    done
    inside tools sh -ec 'cd /mnt/run/files
        mke2fs -q -t ext4 -d ../linux-root linux/root.ext4 16M
        find linux | cpio --quiet -o -H newc >>/mnt/run/amd/initramfs'
}

amd_machine() {
    enter tools qemu-system-x86_64 -accel tcg -cpu EPYC,+svm,+npt,+la57 \
        -m 1024 \
        -nodefaults -display none -no-reboot \
        -kernel /mnt/system/vmlinuz -initrd /mnt/run/amd/initramfs \
        -append 'console=ttyS0 quiet panic=-1 mitigations=off' \
        -serial file:/mnt/run/amd/console \
        -serial file:/mnt/run/amd/results.gz
}
