# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What all parts use: messages, the cache, stamps, programs inside an unpacked
# Debian, and the tests' lines.

say() { echo "host-matrix: $*"; }

die() {
    echo "host-matrix: $*" >&2
    exit 1
}

have_kvm() { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }

# Where it is missing, nothing can be tested.
need_kvm() {
    have_kvm || cannot "$1: /dev/kvm is missing, or not yours (group kvm)"
}

# RUN is the folder of this run and goes with it; RESULTS stays, to be read.
open_cache() {
    mkdir -p "$CACHE"
    CACHE=$(cd "$CACHE" && pwd)
    RUN=$CACHE/run
    RESULTS=$CACHE/results
    exec 9>"$CACHE/lock"
    flock -n 9 || die "another run uses $CACHE"
    trap close_cache EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    rm -rf "$RUN" "$RESULTS"
    mkdir -p "$RUN" "$RESULTS" "$CACHE/build"
}

close_cache() {
    end_jobs
    rm -rf "$RUN"
    [ -z "$MAKING" ] || exit 3
}

end_jobs() {
    local running
    running=$(jobs -p)
    # shellcheck disable=SC2086  # one word for each process
    [ -z "$running" ] || kill $running 2>/dev/null || true
    wait 2>/dev/null
}

# What is being made for the cache: the exit status is 3 if that is the end.
MAKING=

# The end, with exit status 3.
cannot() {
    MAKING=it
    die "$@"
}

# once NAME KEY FUNCTION...: makes what the stamp file says is not there yet,
# or was made from another KEY.
once() {
    local name=$1 key=$2 stamp=$CACHE/$1.stamp begin=$SECONDS
    shift 2
    if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$key" ]; then return; fi
    say "$name: making it, once"
    rm -f "$stamp"
    MAKING=$name
    "$@"
    MAKING=
    echo "$key" >"$stamp"
    say "$name: made in $((SECONDS - begin)) s"
}

# An empty one: what is in a build folder is of one checkout.
make_folder() {
    rm -rf "${CACHE:?}/$1"
    mkdir "$CACHE/$1"
}

# What a mount namespace needs before chroot: the project at /src, its build
# folder at /build and the cache at /mnt, a /tmp that goes with it.
# shellcheck disable=SC2016  # for the shell in the namespace
ENTER='
tree=$1 src=$2 cache=$3
shift 3
mount -t proc proc "$tree/proc" 2>/dev/null || mount --rbind /proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount --rbind /sys "$tree/sys"
mount -t tmpfs tmp "$tree/tmp"
mount --rbind "$src" "$tree/src"
mount --rbind "$cache" "$tree/mnt"
mount --rbind "$cache/build" "$tree/build"
exec env -i PATH=/usr/bin:/usr/sbin HOME=/tmp LC_ALL=C.UTF-8 \
    chroot "$tree" "$@"
'

# enter TREE COMMAND...: becomes the command, chrooted into a tree of the
# cache. It has namespaces of its own: no root is needed, nothing stays
# mounted, no port is seen from outside, and no process outlives the one that
# this shell becomes (--kill-child).
enter() {
    local tree=$CACHE/$1
    shift
    exec timeout -k 1 1h unshare --user --map-root-user --mount \
        --pid --fork --kill-child --net \
        sh -ec "$ENTER" enter "$tree" "$TOP" "$CACHE" "$@" 9>&-
}

inside() { (enter "$@"); }

check_namespaces() {
    unshare --user --map-root-user --mount --pid --fork --net true \
        2>/dev/null && return
    cannot "no user namespaces here: run as root, or allow them with sysctl" \
        "(kernel.unprivileged_userns_clone," \
        "kernel.apparmor_restrict_unprivileged_userns)"
}

# A name before each line, as it comes.
prefix() { sed -u "s/^/$1: /"; }

# Of what ctest prints, the lines of single tests and what failed ones said.
show_tests() {
    sed -u 's/\r$//; /ctest changing into/d; /^Test project/d; /^ *Start  *[0-9]*:/d
        /tests passed,/,$d; /^$/d' | prefix "$1"
}

# run_ctest HOST BUILD RESULTS COMMAND...: the tests on this machine's own KVM,
# by a command that becomes ctest. The folders are as that sees them.
run_ctest() {
    local host=$1 build=$2 results=$3
    shift 3
    trap end_jobs EXIT
    trap 'trap "" TERM; exit 143' TERM
    # shellcheck disable=SC2086  # one word for each option
    "$@" --test-dir "$build" -L "$LABELS" ${FILTER:+-R "$FILTER"} \
        -j "$(nproc)" --output-on-failure \
        --output-junit "$results/$host.xml" ${KVMGDB_CTEST-} \
        > >(tee "$RESULTS/$host.log" | show_tests "$host") 2>&1 </dev/null &
    wait
}

# A machine that says nothing for ten minutes hangs: no test takes as long.
# $1 is its process, $2 its console.
end_if_silent() {
    while sleep 5 && kill -0 "$1" 2>/dev/null; do
        if [ -n "$(find "$2" -mmin +9)" ]; then
            say "ending a machine that is silent"
            kill "$1"
        fi
    done
}

# run_emulator HOST MACHINE: the machine that the function becomes, until it
# powers off. Its console is shown and kept, its results are unpacked.
run_emulator() {
    local host=$1 machine=$2 folder=$RUN/$1 pid begin=$SECONDS
    : >"$folder/console"
    "$machine" >"$RESULTS/$host.err" 2>&1 </dev/null &
    pid=$!
    trap end_jobs EXIT
    trap 'trap "" TERM; exit 143' TERM
    end_if_silent "$pid" "$folder/console" &
    tail -n +1 -s 0.2 --pid="$pid" -f "$folder/console" 2>/dev/null |
        tee "$RESULTS/$host.log" |
        sed -nu '/^host-matrix: begin/,/^host-matrix: end/{/^host-matrix/!p}' |
        show_tests "$host" &
    wait $!
    say "$host: ran for $((SECONDS - begin)) s"
    if ! gunzip -c "$folder/results.gz" >"$RESULTS/$host.xml" 2>/dev/null; then
        say "$host: ended without results; the end of $RESULTS/$host.log:"
        tail -n 5 "$RESULTS/$host.log" | prefix "$host"
        rm -f "$RESULTS/$host.xml"
    fi
}
