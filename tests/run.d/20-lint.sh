#!/bin/sh
# The compiler and clippy have no warnings, with each set of features that is released. rustdoc has none either.

. tests/check.sh

lint() { cargo clippy --locked --quiet "$@" -- -D warnings; }
check "clippy, all features" lint --all-targets --all-features
check "clippy, as in the libraries" lint --lib --no-default-features --features capi,listener,store
check "clippy, no features" lint --lib --no-default-features
check "clippy, the Python module" lint -p omnize-python

rustdoc() { RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps --lib --all-features; }
check "rustdoc" rustdoc
