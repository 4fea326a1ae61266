#!/bin/sh
# The library and the C programs that use it from many threads, under ThreadSanitizer. The standard library is
# compiled too, because code without instrumentation looks like a race. This needs its sources (rustup component add
# rust-src).

. tests/check.sh

programs='subscriptions_under_stress handles_are_thread_safe no_callback_after_unsubscribe_or_close
    delivery_modes_exclude_each_other'
triple=$(rustc -vV | sed -n 's/^host: //p')
sysroot=$(rustc --print sysroot)
library=$OUTPUT/thread-sanitizer/$triple/debug
runtime=$(find "$sysroot/lib/rustlib/$triple" -name 'librustc*_rt.tsan.a')

if [ ! -e "$sysroot/lib/rustlib/src/rust/library/std" ] || [ -z "$runtime" ] || ! have clang; then
    echo "skip under ThreadSanitizer: clang, rust-src or the compiler's runtime is missing"
    exit 0
fi

build() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread cargo rustc --locked --quiet --lib --no-default-features \
        --features capi,listener --crate-type cdylib -Zbuild-std=std,panic_unwind --target "$triple" \
        --target-dir "$OUTPUT/thread-sanitizer"
}

# Uses Rust's runtime, because clang's may be older than rustc needs.
compile() {
    clang -fsanitize=thread -std=c99 -g -O1 -D_GNU_SOURCE -Iinclude -c -o "$TMPDIR/$1.o" "tests/c/$1.c" &&
        clang -pthread -o "$TMPDIR/$1" "$TMPDIR/$1.o" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive \
            -Wl,--export-dynamic "$library/libomnize.so" -Wl,-rpath,"$library" -lm -ldl -lstdc++
}

without_a_race() { compile "$1" && timeout 600 "$TMPDIR/$1"; }

# Without a filter, because the programs need it.
FILTER='' check "the library for ThreadSanitizer" build
for program in $programs; do check "$program under ThreadSanitizer" without_a_race "$program"; done
