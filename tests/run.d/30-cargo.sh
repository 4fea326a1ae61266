#!/bin/sh
# needs: stage
# The tests that cargo runs: under the code, in tests/, and the examples in the documentation.
# Each test program becomes a line; ONLY=cargo/NAME passes NAME on as cargo's own filter.

log=$TMPDIR/log
# Where the tests that compile programs find the library, the header and the command.
export OMNIZE_STAGE="$STAGE"
# shellcheck disable=SC2086 # no filter is no argument
cargo test --locked --all-features --no-fail-fast -- ${FILTER:-} >"$log" 2>&1
status=$?

awk -v status="$status" '
    function tests(n) { return n == 1 ? "1 test" : n " tests" }
    function show(    i) { for (i = 0; i < lines; i++) print "    " line[i] }
    # The program that ran last: its result, or that it died without one.
    function finish() {
        if (program == "") return
        if (!judged) { print "FAIL cargo " program ": it died"; show(); failures++ }
        program = ""; lines = 0; judged = 0
    }
    /^ *Running / || /^ *Doc-tests / {
        finish()
        program = $1 == "Doc-tests" ? "examples in the documentation" : $2 == "unittests" ? "unit tests of " $3 : $2
        next
    }
    { line[lines++] = $0 }
    /^test result: / {
        judged = 1
        split($0, word, /[ ;.]+/)
        for (i in word) {
            if (word[i] == "passed") passed = word[i - 1]
            if (word[i] == "failed") failed = word[i - 1]
            if (word[i] == "ignored") ignored = word[i - 1]
        }
        if (passed) print "ok cargo " program " (" tests(passed) ")"
        if (failed) { print "FAIL cargo " program " (" tests(failed) ")"; show(); failures++ }
        if (ignored) print "skip cargo " program " (" tests(ignored) "): ignored"
    }
    END {
        finish()
        # Nothing ran: it did not compile.
        if (status && !failures) { print "FAIL cargo test"; show() }
    }' "$log"
