#!/bin/sh
# Builds the Python package for another platform, as the only file of target/python/TRIPLE:
#
#   .ci/cross/wheel.sh x86_64-win7-windows-gnu
#
# One wheel is for all versions of CPython from 3.9 on. For Linux, ziglang has a C compiler and a linker for each platform.

set -eu
cd "$(dirname "$0")/../.."
triple=$1
. .ci/cross/toolchain.sh

maturin=$output/tools/python/bin/maturin
[ -x "$maturin" ] || maturin=maturin
# maturin finds ziglang by the interpreter beside it.
PATH=$(dirname "$(command -v "$maturin")"):$PATH

case $triple in
    *-windows-gnu)
        use_toolchain "$triple"
        set --
        ;;
    *-linux-gnu)
        use_rust "$triple"
        set -- --zig --compatibility manylinux2014
        ;;
    *-linux-musl)
        use_rust "$triple"
        set -- --zig --compatibility musllinux_1_2
        ;;
    *) echo "wheel.sh: no wheel is known for $triple" >&2 && exit 1 ;;
esac
[ -z "$build_std" ] || export CARGO_UNSTABLE_BUILD_STD="${build_std#*=}"

rm -rf "$output/python/$triple"
CARGO_TARGET_DIR=$output "$maturin" build --release --locked --target "$triple" --manifest-path python/Cargo.toml \
    --out "$output/python/$triple" "$@"
