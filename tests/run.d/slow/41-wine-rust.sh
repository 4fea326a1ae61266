#!/bin/sh
# The unit tests and the tests in tests/*.rs as programs for Windows, under 64-bit and 32-bit wine. Each test program is one
# line. A test that fails must be in tests/wine_exceptions.txt with its reason, and a test of that list must fail.
# ONLY=wine-rust/NAME runs the test programs with NAME in their name. Most of the time is needed to compile them.

. tests/check.sh
. tests/wine.sh

end_wine_at_exit

# build TRIPLE: compiles the tests, and prints the path of each program.
build() {
    # shellcheck disable=SC2086 # CARGOFLAGS are words
    nice .ci/cross/cargo "$1" test ${CARGOFLAGS:-} --no-run --all-features --bins --lib --tests --target-dir "$OUTPUT" \
        --message-format json-render-diagnostics 2>"$TMPDIR/build" |
        sed -n '/"overflow_checks":[a-z]*,"test":true}/s/.*"executable":"\([^"]*\)".*/\1/p' | sort -u
}

# exceptions PLATFORM PROGRAM: prints the tests of the program that fail on the platform, as the list says.
exceptions() {
    awk -v platform="$1" -v program="$2" '!/^#/ && NF && ($1 == platform || $1 == "wine") && $2 == program { print $3 }' \
        tests/wine_exceptions.txt | sort -u
}

# run_tests PLATFORM PROGRAM EXECUTABLE: runs a test program, and compares the tests that fail with the exceptions.
run_tests() {
    log=$TMPDIR/$2
    WINE_SECONDS=600 "$1" "$3" --test-threads=2 >"$log" 2>&1 </dev/null
    grep -aq '^test result: ' "$log" || { tail -n 50 "$log" && echo "it ended without a result" && return 1; }
    sed -n 's/^test \(.*\) \.\.\. FAILED.*/\1/p' "$log" | sort -u >"$log.failed"
    exceptions "$1" "$2" >"$log.expected"
    cmp -s "$log.failed" "$log.expected" && return 0
    sed '1,/^failures:/d' "$log"
    comm -23 "$log.failed" "$log.expected" | sed 's/^/failed: /'
    comm -13 "$log.failed" "$log.expected" | sed 's/^/passed, but tests\/wine_exceptions.txt says that it fails: /'
    return 1
}

# passed_tests LOG: prints the number of tests that ran and passed.
passed_tests() { sed -n 's/^test result: .* \([0-9]*\) passed;.*/\1/p' "$1" | head -n 1; }

# test_platform PLATFORM TRIPLE
test_platform() {
    "has_$1" || { echo "skip $1: $why" && return; }
    build "$2" >"$TMPDIR/executables"
    [ -s "$TMPDIR/executables" ] || { echo "FAIL $1: the tests do not compile" && sed 's/^/    /' "$TMPDIR/build" && return; }
    while read -r executable; do
        program=$(basename "$executable" .exe)
        program=${program%-*}
        if wanted "$program"; then
            if output=$(run_tests "$1" "$program" "$executable"); then
                count=$(passed_tests "$TMPDIR/$program")
                # A program that is for Unix has no test here.
                if [ "$count" != 0 ]; then echo "ok $1 $program ($count tests)"; fi
            else
                echo "FAIL $1 $program"
                printf '%s\n' "$output" | tail -n 100 | sed 's/^/    /'
            fi
        fi
        # Each has ten megabytes, and there are more than a hundred.
        rm -f "$executable"
    done <"$TMPDIR/executables"
}

test_platform wine64 x86_64-win7-windows-gnu
test_platform wine32 i686-win7-windows-gnu
