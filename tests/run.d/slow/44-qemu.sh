#!/bin/sh
# needs: stage
# The libraries for Linux on other processors, for musl and for glibc 2.17. C programs hold whole conversations with the sandbox on
# this machine: qemu runs those for ARM, and the loader of the platform those for x86. ONLY=qemu/TRIPLE checks one platform.

. tests/check.sh
. tests/library_files.sh
. tests/sandbox_ledger.sh

# An emulated program is slow.
export LEDGER_SECONDS=300

for tool in zig sysroots; do
    [ -e "$OUTPUT/tools/$tool/installed" ] && continue
    echo "skip qemu: $tool is missing; run .ci/setup cross zig binutils sysroots"
    exit 0
done

# runner TRIPLE: prints the command that runs a program of the platform. It finds the library in $tree/lib.
runner() {
    roots=$OUTPUT/tools/sysroots
    case $1 in
        x86_64-unknown-linux-gnu) echo env LD_LIBRARY_PATH="$tree/lib" ;;
        i686-unknown-linux-gnu) echo "$roots/i386-libc6/lib/ld-linux.so.2 --library-path $roots/i386-libc6/lib/i386-linux-gnu:$tree/lib" ;;
        x86_64-unknown-linux-musl) echo "$roots/amd64-musl/lib/ld-musl-x86_64.so.1 --library-path $tree/lib" ;;
        aarch64-unknown-linux-gnu) echo "qemu-aarch64 -L $roots/arm64-libc6 -E LD_LIBRARY_PATH=$tree/lib" ;;
        aarch64-unknown-linux-musl) echo "qemu-aarch64 -L $roots/arm64-musl -E LD_LIBRARY_PATH=$tree/lib" ;;
        armv7-unknown-linux-gnueabihf) echo "qemu-arm -L $roots/armhf-libc6 -E LD_LIBRARY_PATH=$tree/lib" ;;
        *) echo "there is no runner for $1" >&2 && return 1 ;;
    esac
}

# compile NAME: compiles an example for the platform.
compile() {
    "$OUTPUT/tools/cross/$triple-cc" -std=c99 -D_DEFAULT_SOURCE -Wall -Wextra -Werror -pedantic -I"$tree/include" \
        -o "$TMPDIR/$triple-$1" "examples/c/$1.c" -L"$tree/lib" -lomnize
}

# shellcheck disable=SC2046 # the runner is words
chat() { compile chat && same_ledger there $(runner "$triple") "$TMPDIR/$triple-chat"; }
# shellcheck disable=SC2046
example() { compile "$1" && echoes "$1" $(runner "$triple") "$TMPDIR/$triple-$1"; }

FILTER='' check "qemu: the C program for this machine" ledger_here

for triple in $(python3 tests/cross/platform_table.py --triples | grep linux); do
    wanted "$triple" || continue
    tree=$OUTPUT/cross/$triple
    FILTER='' check "qemu: $triple: the library" make -s cross-library TARGET="$triple" CARGOFLAGS=--quiet
    [ -e "$tree/library.done" ] || continue
    FILTER='' check "qemu: $triple: chat.c" chat
    FILTER='' check "qemu: $triple: posting.c" example posting
    FILTER='' check "qemu: $triple: epoll.c" example epoll
done
