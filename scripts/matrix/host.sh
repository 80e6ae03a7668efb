# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The machine's own KVM, with the machine's own compiler and gdb.

prepare_host() {
    have_kvm || die "host: /dev/kvm is missing, or not yours (group kvm)"
    [ -z "${KVMGDB_BUILD-}" ] || return 0
    once build-host "$TOP" make_folder build-host
    say "host: building the project"
    KVMGDB_BUILD=$CACHE/build-host
    { cmake -S "$TOP" -B "$KVMGDB_BUILD" &&
        cmake --build "$KVMGDB_BUILD" -j "$(nproc)"; } \
        >"$RESULTS/build-host.log" 2>&1 && return
    tail -n 30 "$RESULTS/build-host.log" >&2
    die "host: the project does not build"
}

run_host() {
    trap end_jobs EXIT
    trap 'trap "" TERM; exit 143' TERM
    host_tests > >(tee "$RESULTS/host.log" | show_tests host) 2>&1 &
    wait
}

host_tests() {
    # shellcheck disable=SC2086  # one word for each option
    exec timeout -k 1 1h ctest --test-dir "$KVMGDB_BUILD" -L "$LABELS" \
        ${FILTER:+-R "$FILTER"} ${KVMGDB_CTEST-} --output-on-failure \
        --output-junit "$RESULTS/host.xml" 9>&-
}
