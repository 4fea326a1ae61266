#!/bin/sh
# needs: stage
# The examples exactly_once send each message exactly once, although they are killed at several moments.

. tests/check.sh
. tests/python.sh

# shellcheck disable=SC2046 # flags are words
compile() {
    c++ -std=c++17 -Wall -Wextra -Werror -pedantic -o "$TMPDIR/exactly_once" examples/cpp/exactly_once.cpp $(stage_flags) &&
        cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -o "$TMPDIR/kill_before_call.so" tests/exactly_once/kill_before_call.c -ldl
}

# killed PROGRAM...: kills it, and compares the transcript with its ledger.
killed() {
    timeout --kill-after=5 300 python3 tests/exactly_once/killed_programs.py \
        "$STAGE/bin/omnize" "$TMPDIR/kill_before_call.so" "$@"
}

FILTER='' check "exactly_once.cpp compiles" compile
check "exactly_once.cpp sends each message once, although it is killed" killed "$TMPDIR/exactly_once"

build_test_wheel "exactly once in Python:"
in_python() { bare_environment "$TMPDIR/python" python3 "$wheel" && killed "$TMPDIR/python/bin/python" examples/python/exactly_once.py; }
check "exactly_once.py sends each message once, although it is killed" in_python
