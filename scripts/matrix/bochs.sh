# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Bochs 3, built from Debian's source because VM entry has to be mended (see
# bochs-vmentry.patch); without the debugger that Debian builds in, it is also
# twice as fast. Single-steps are right from 3.0 on, not in 2.7.

# No more than Linux, kvm_intel and breakpoints need of it. Its speedometer logs
# in a signal handler, where a lock of the C library may be held already: it
# hangs in one run of three.
BOCHS_OPTIONS=(
    --with-nogui --disable-plugins --disable-docbook --disable-show-ips
    --enable-cpu-level=6 --enable-x86-64 --enable-fpu --enable-vmx=2
    --enable-avx --enable-evex --enable-protection-keys --enable-memtype
    --enable-x86-debugger --enable-pci --enable-cdrom --enable-a20-pin
    --enable-all-optimizations
)

fetch_bochs() {
    say "bochs: fetching its source"
    (cd "$1" && private_apt apt-get -qq source --tar-only bochs)
    tar -x -C "$1" --no-same-owner --strip-components=1 \
        -f "$1"/bochs_3.*.orig.tar.xz
    patch --quiet -d "$1" -p1 <"$PARTS/bochs-vmentry.patch"
}

# shellcheck disable=SC2016  # for the shell inside
BOCHS_BUILD='
cd /mnt/bochs/source
./configure --quiet CFLAGS=-O2 CXXFLAGS=-O2 "$@"
make -s -j"$(nproc)"
strip -o ../bochs bochs
'

make_bochs() {
    local folder=$CACHE/bochs/source
    rm -rf "$CACHE/bochs"
    mkdir -p "$folder"
    fetch_bochs "$folder"
    say "bochs: compiling, for a minute or two"
    inside guest sh -ec "$BOCHS_BUILD" bochs "${BOCHS_OPTIONS[@]}" \
        >"$RESULTS/bochs.log" 2>&1 ||
        die "bochs: it does not build: $RESULTS/bochs.log"
    cp "$CACHE"/tools/usr/share/{bochs/BIOS-bochs-latest,vgabios/vgabios.bin} \
        "$CACHE/bochs"
    rm -rf "$folder"
}

prepare_bochs() {
    once bochs "$(cat "$PARTS"/bochs{.sh,-vmentry.patch} | cksum)" make_bochs
}
