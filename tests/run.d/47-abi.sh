#!/bin/sh
# The ABI equals the one that is checked in. After an addition, run `make header`. A change or removal needs a new ABI
# version and a line in the CHANGELOG.

. tests/check.sh

equals_checked_in() {
    tests/abi.sh include >"$TMPDIR/now" &&
        diff --label include/omnize.abi --label "the header now" -U0 include/omnize.abi "$TMPDIR/now"
}

check "the ABI equals the one that is checked in" equals_checked_in
