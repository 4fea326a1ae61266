#!/bin/sh
# The ABI is the one that is checked in. A change that adds is made known with `make header`; one that alters or takes
# away needs a new ABI version and a word in the CHANGELOG.

. tests/check.sh

is_the_checked_in_one() {
    tests/abi.sh include >"$TMPDIR/now" &&
        diff --label include/omnize.abi --label "the header now" -U0 include/omnize.abi "$TMPDIR/now"
}

check "the ABI is the one that is checked in" is_the_checked_in_one
