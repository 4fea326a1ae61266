#!/bin/sh
# A fresh clone, with nothing built before, shows its demo and builds what a package would hold.

. tests/check.sh

clone=$TMPDIR/clone
unset CARGO_TARGET_DIR

check "git clone" git clone --quiet . "$clone"
check "make demo in a fresh clone" make -s -C "$clone" demo
check "make install in a fresh clone" make -s -C "$clone" install PREFIX=/usr DESTDIR="$TMPDIR/package"
