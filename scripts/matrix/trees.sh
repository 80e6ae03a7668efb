# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Unpacked Debian 13 packages, in three folders of the cache: "tools" has the
# emulators and what makes their media, "guest" is where the project is built
# and tested, "kernel" is the guests' kernel. apt resolves and downloads into
# a state of its own; nothing is installed, no package script runs.

SUITE=trixie

# The suite whose QEMU loads a guest's debug registers under SVM: 7.2 does not.
TOOLS_PACKAGES=(
    base-files bochsbios coreutils cpio dash e2fsprogs findutils isolinux
    qemu-system-x86 seabios squashfs-tools syslinux-common vgabios xorriso
)
GUEST_PACKAGES=(
    base-files bash busybox-static cmake coreutils dash findutils g++ gawk gcc
    gdb grep libc-bin libc6-dev libcriterion-dev libelf-dev libpng-dev libseccomp-dev
    libzydis-dev lldb make mount ninja-build pkgconf python3 sed strace util-linux
)
KERNEL_PACKAGE=linux-image-cloud-amd64

# The archive that apt uses here, whatever the release.
mirror() {
    local uris
    # shellcheck disable=SC2016  # $(REPO_URI) is for apt
    uris=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages')
    grep -m1 '/debian/\?$' <<<"$uris" ||
        die "no Debian mirror in /etc/apt: set KVMGDB_MIRROR"
}

apt_source() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg options=
    if [ -e $keyring ]; then options="[signed-by=$keyring]"; fi
    printf '%s\n' {deb,deb-src}" $options ${KVMGDB_MIRROR:-$(mirror)} $SUITE main"
}

# Of this machine's settings only those of the network count.
apt_settings() {
    apt-config dump | grep -E '^Acquire::(https?|Retries|Check-)' || true
    cat <<EOF
Dir::State::Lists "$CACHE/apt/lists";
Dir::State::Status "$CACHE/apt/status";
Dir::Cache "$CACHE/apt";
Dir::Etc::SourceList "$CACHE/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::Main "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
EOF
}

make_apt() {
    local program
    for program in apt-get apt-config dpkg-deb; do
        [ -n "$(command -v $program)" ] || die "$program: not found," \
            "the packages are fetched with apt: use Debian, or a relative"
    done
    mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/archives/partial"
    : >"$CACHE/apt/status"
    apt_source >"$CACHE/apt/sources.list"
    apt_settings >"$CACHE/apt/apt.conf"
    say "apt: $(head -n 1 "$CACHE/apt/sources.list")"
    private_apt apt-get -qq update
}

private_apt() { APT_CONFIG=$CACHE/apt/apt.conf "$@"; }

# package_files PACKAGE...: their files, and those of all they depend on. An
# empty archive makes apt name those too that it has already.
package_files() {
    mkdir -p "$RUN/none/partial"
    private_apt apt-get -qq install --print-uris \
        -o Dir::Cache::archives="$RUN/none" "$@" |
        awk '/^'\''/ { print $2 }'
}

# unpack TREE FILE...: all processors at it. base-files goes first: it has the
# links that merge / and /usr.
unpack() {
    local tree=$CACHE/$1 base
    shift
    base=$(printf '%s\n' "$@" | grep '^base-files_')
    rm -rf "$tree"
    mkdir -p "$tree"/{src,build,mnt}
    unpack_one "$tree" "$base"
    export -f unpack_one
    export CACHE
    # shellcheck disable=SC2016  # for the shells that xargs starts
    printf '%s\0' "$@" |
        xargs -0 -n1 -P"$(nproc)" bash -c 'unpack_one "$0" "$1"' "$tree"
}

# Documents are half of the files of many a package.
unpack_one() {
    set -o pipefail
    dpkg-deb --fsys-tarfile "$CACHE/apt/archives/$2" |
        tar -x -C "$1" --no-same-owner --keep-directory-symlink \
            --exclude='./usr/share/doc' --exclude='./usr/share/info' \
            --exclude='./usr/share/man' --exclude='./usr/share/locale' \
            --exclude='./usr/share/lintian' --exclude='./usr/share/icons'
}

# make_tree NAME PACKAGE...
make_tree() {
    local name=$1 files
    shift
    files=$(package_files "$@")
    [ -n "$files" ] || die "$name: apt found no packages"
    say "$name: $(wc -l <<<"$files") packages"
    private_apt apt-get -qq install --yes --download-only "$@" >/dev/null
    # shellcheck disable=SC2086  # one word for each file
    unpack "$name" $files
}

make_kernel() {
    local image
    image=$(private_apt apt-cache depends "$KERNEL_PACKAGE" |
        awk '/Depends: linux-image/ { print $2; exit }')
    (cd "$CACHE/apt/archives" && private_apt apt-get -qq download "$image")
    rm -rf "$CACHE/kernel"
    dpkg-deb -x "$CACHE/apt/archives/$image"_*.deb "$CACHE/kernel"
}

# What package scripts make otherwise: awk, the name of the loopback, and byte
# code, for every start of a debugger's Python would compile it again.
make_guest_tree() {
    make_tree guest "${GUEST_PACKAGES[@]}"
    ln -s gawk "$CACHE/guest/usr/bin/awk"
    echo '127.0.0.1 localhost' >"$CACHE/guest/etc/hosts"
    inside guest sh -ec 'python3 -W ignore -m compileall -q -j0 \
        /usr/lib/python3.13 /usr/share/gdb /usr/lib/llvm-*/lib/python3*'
}

prepare_guest_tree() {
    check_namespaces
    once apt "$CACHE $(declare -f make_apt apt_source apt_settings | cksum)" \
        make_apt
    once guest "${GUEST_PACKAGES[*]}" make_guest_tree
}

prepare_trees() {
    prepare_guest_tree
    once tools "${TOOLS_PACKAGES[*]}" make_tree tools "${TOOLS_PACKAGES[@]}"
    once kernel "$KERNEL_PACKAGE" make_kernel
}
