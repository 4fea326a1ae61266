#!/bin/sh
# The table of platforms in the book equals tests/cross/platforms.txt, and its check files exist. Whether the files need what it
# says is checked by tests/run.d/slow/40-cross-builds.sh.

. tests/check.sh

check "the book's table of platforms" python3 tests/cross/platform_table.py
