#!/bin/sh
# needs: stage
# The tests that cargo runs: unit tests, integration tests in tests/, and the examples in the documentation.
# Each test program is one line. ONLY=cargo/NAME passes NAME to cargo as its filter.

log=$TMPDIR/log
# The prefix of library, header and command, for tests that compile programs.
export OMNIZE_STAGE="$STAGE"
# shellcheck disable=SC2086 # no filter is no argument
cargo test --locked --all-features --no-fail-fast -- ${FILTER:-} >"$log" 2>&1
status=$?

awk -v status="$status" '
    function tests(n) { return n == 1 ? "1 test" : n " tests" }
    function show(    i) { for (i = 0; i < lines; i++) print "    " line[i] }
    # Prints the result of the last program, or a failure if it ended without a result.
    function finish() {
        if (program == "") return
        if (!judged) { print "FAIL cargo " program ": it ended without a result"; show(); failures++ }
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
        # It did not compile.
        if (status && !failures) { print "FAIL cargo test"; show() }
    }' "$log"
