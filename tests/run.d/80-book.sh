#!/bin/sh
# The book in docs/ builds without a warning.

. tests/check.sh

[ -e docs/book.toml ] || exit 0
PATH=$PATH:$OUTPUT/tools/bin

book() {
    mdbook build docs --dest-dir "$TMPDIR/book" >"$TMPDIR/log" 2>&1 || { cat "$TMPDIR/log" && return 1; }
    no_output grep -iE '\b(WARN|ERROR)\b' "$TMPDIR/log"
}
check_with mdbook "mdbook build docs" book
