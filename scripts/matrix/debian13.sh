# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The machine's own KVM with Debian 13's compiler, gdb, lldb and lldb-dap: what
# was built for the emulated hosts is tested where it was built, in the guest
# tree, with a loopback of its own.

prepare_debian13() {
    need_kvm debian13
    prepare_build
    say_debuggers
}

# Where lldb does not start, its tests would be skipped, and all seem well.
say_debuggers() {
    local versions
    versions=$(inside guest sh -ec '
        gdb --version | head -n 1; lldb --version; lldb-dap-19 --version') ||
        cannot "debian13: gdb or lldb does not start"
    say "debian13: ${versions//$'\n'/, }"
}

run_debian13() { run_ctest debian13 /build /mnt/results debian13_ctest; }

debian13_ctest() {
    enter guest sh -ec 'busybox ip link set lo up; exec ctest "$@"' ctest "$@"
}
