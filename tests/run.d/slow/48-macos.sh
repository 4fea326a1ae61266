#!/bin/sh
# The sources compile for macOS, up to the linker, which needs Apple's SDK. Nothing runs.

. tests/check.sh

if ! [ -e "$OUTPUT/tools/zig/installed" ]; then
    echo "skip macOS: zig is missing; run .ci/setup cross zig"
    exit 0
fi

compiles() { .ci/cross/cargo "$1" check --quiet --lib --no-default-features --features capi,listener,store; }
for triple in aarch64-apple-darwin x86_64-apple-darwin; do check "macOS: cargo check for $triple" compiles $triple; done
