# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The machine's own KVM, with the machine's own compiler and gdb.

prepare_host() {
    need_kvm host
    [ -z "${KVMGDB_BUILD-}" ] || return 0
    once build-host "$TOP $CACHE" make_folder build-host
    say "host: building the project"
    KVMGDB_BUILD=$CACHE/build-host
    { cmake -S "$TOP" -B "$KVMGDB_BUILD" &&
        cmake --build "$KVMGDB_BUILD" -j "$(nproc)"; } \
        >"$RESULTS/build-host.log" 2>&1 && return
    tail -n 30 "$RESULTS/build-host.log" >&2
    die "host: the project does not build"
}

run_host() { run_ctest host "$KVMGDB_BUILD" "$RESULTS" host_ctest; }

host_ctest() { exec timeout -k 1 1h ctest "$@" 9>&-; }
