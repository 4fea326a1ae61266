#!/bin/sh
# A fresh clone, without earlier builds, runs its demo and builds the files of a package.

. tests/check.sh

clone=$TMPDIR/clone
unset CARGO_TARGET_DIR

check "git clone" git clone --quiet . "$clone"
check "make demo in a fresh clone" make -s -C "$clone" demo
check "make install in a fresh clone" make -s -C "$clone" install PREFIX=/usr DESTDIR="$TMPDIR/package"
