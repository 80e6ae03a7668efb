# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The Linux guest of the emulated hosts: one kernel and one initramfs for all,
# made of three archives that Linux unpacks one after the other
# (Documentation/driver-api/early-userspace/buffer-format.rst):
#
#   system.cpio   init, modules, and /usr as a squashfs file; cached. Only what
#                 is read is ever decompressed, which beats an initramfs that
#                 has the files themselves.
#   project.cpio  the sources and the build, as they are now
#   tests.cpio    which tests to run
#
# Serial port 1 is the console, port 2 carries the results (guest-init).

GUEST_MODULES=(
    virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd
    arch/x86/kvm/kvm-intel drivers/block/loop fs/squashfs/squashfs
)

# lldb is not in the guests: its libraries would double their /usr.
GUEST_LABELS='^(kvm|gdb)$'

# Inside the guest tree. The links to the test programs stay true in the guest,
# since the folders have the same names there.
build_project() {
    say "guest: building the project in Debian 13"
    inside guest sh -ec '
        [ -e /build/build.ninja ] || cmake -G Ninja -S /src -B /build
        ninja -C /build
    ' >"$RESULTS/build.log" 2>&1 && return
    tail -n 30 "$RESULTS/build.log" >&2
    die "guest: the project does not build in Debian 13"
}

# Kernel signatures and debugging information of modules cost seconds in Bochs.
make_modules() {
    local module tree
    tree=$(echo "$CACHE"/kernel/usr/lib/modules/*/kernel)
    for module in "${GUEST_MODULES[@]}"; do
        xz -dc "$tree/$module.ko.xz" >"$1/${module##*/}.ko"
        inside guest objcopy --strip-debug -R .BTF \
            "/mnt/${1#"$CACHE/"}/${module##*/}.ko"
    done
}

make_system() {
    local root=$CACHE/system/root
    rm -rf "$CACHE/system"
    mkdir -p "$root"/{dev,etc,modules,proc,root,run,sys,tmp,usr,var/tmp}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
    install -m 755 "$PARTS/guest-init" "$root/init"
    cp "$CACHE/guest/usr/bin/busybox" "$root/busybox"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    echo '127.0.0.1 localhost' >"$root/etc/hosts"
    make_modules "$root/modules"
    cp "$PARTS/guest-without" "$CACHE/system/without"
    inside tools mksquashfs /mnt/guest/usr /mnt/system/root/usr.squashfs \
        -comp lz4 -all-root -no-progress -quiet \
        -wildcards -ef /mnt/system/without
    inside tools sh -ec 'cd /mnt/system/root
        find . | cpio --quiet -o -H newc >../system.cpio'
    rm -rf "$root"
    cp "$CACHE"/kernel/boot/vmlinuz-* "$CACHE/system/vmlinuz"
}

# Objects and libraries were for the linker.
make_project() {
    inside tools sh -ec '
        find src build \( -name "*.[ao]" -o -name .git -o -name .cache \
            -o -path "src/build*" \) -prune -o -print |
            cpio --quiet -o -H newc >/mnt/run/project.cpio'
}

# make_initramfs HOST [TESTS REASON]: $RUN/HOST/initramfs, without some tests.
make_initramfs() {
    local folder=$RUN/$1
    mkdir -p "$folder"
    printf '%s\n' "$GUEST_LABELS" "$FILTER" "${2-}" \
        "${KVMGDB_CTEST-}" >"$folder/tests"
    if [ -n "${2-}" ]; then echo "$2: $3" >"$RESULTS/$1.left-out"; fi
    inside tools sh -ec "cd /mnt/run/$1 &&
        echo tests | cpio --quiet -o -H newc >tests.cpio"
    cat "$CACHE/system/system.cpio" "$RUN/project.cpio" "$folder/tests.cpio" \
        >"$folder/initramfs"
}

# Set as soon as this run has built it: once is enough for all hosts.
BUILT=

prepare_build() {
    prepare_guest_tree
    once build "$TOP" make_folder build
    [ -z "$BUILT" ] || return 0
    build_project
    BUILT=yes
}

prepare_guest() {
    prepare_trees
    once system "$(cat "$PARTS"/guest* "$CACHE"/{guest,kernel}.stamp | cksum)" \
        make_system
    prepare_build
    [ -e "$RUN/project.cpio" ] || make_project
}
