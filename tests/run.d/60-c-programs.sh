#!/bin/sh
# needs: stage
# tests/c/NAME.c: each program checks the promise in its name, and exits with 0 if it holds.
# Each runs directly and under valgrind, which must find no error and no leak. The first twenty lines of a program may
# contain these notes, each in a comment on its own line:
#
#   sandbox: ARGUMENTS      runs as `omnize sandbox ARGUMENTS -- PROGRAM`, which passes token and URL
#   valgrind: no (REASON)   does not run under valgrind
#   windows: no (REASON)    does not run on Windows (slow/42-wine-conformance.sh)

. tests/check.sh

seconds=60
seconds_in_valgrind=180

strict='-std=c99 -Wall -Wextra -Werror -pedantic -g -O1'

# shellcheck disable=SC2046,SC2086 # flags are words
compile() {
    # A program that loads the library at run time must not be linked to it.
    cc $strict -D_GNU_SOURCE -pthread -o "$TMPDIR/$1" "tests/c/$1.c" \
        -Wl,--as-needed $(stage_flags) -ldl -lm
}

# run NAME SECONDS COMMAND...: runs the command with the program, in a sandbox if it has such a note.
run() {
    name=$1
    limit=$2
    shift 2
    set -- "$@" "$TMPDIR/$name"
    arguments=$(c_note "$name" sandbox)
    # shellcheck disable=SC2086 # the arguments are words
    case $arguments in
        '') ;;
        *) set -- "$STAGE/bin/omnize" sandbox --quiet $arguments -- "$@" ;;
    esac
    timeout --kill-after=5 "$limit" "$@"
    status=$?
    case $status in
        0) ;;
        124 | 137) echo "not done after $limit seconds" ;;
        *) echo "it exited with status $status" ;;
    esac
    return $status
}

directly() { compile "$1" && run "$1" $seconds; }

in_valgrind() {
    [ -x "$TMPDIR/$1" ] || { echo "it did not compile" && return 1; }
    run "$1" $seconds_in_valgrind valgrind --quiet --error-exitcode=99 --leak-check=full \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
}

# New functions must be added to this program.
untested_on_a_small_stack() {
    grep -oE '\bomnize_[a-z0-9_]+ *\(' include/omnize.h | tr -d ' (' | sort -u |
        while read -r function; do
            grep -q "\b$function(" tests/c/a_64_kib_stack_is_enough.c tests/c/expect.h tests/c/account_*.h tests/c/outbox.h || echo "$function"
        done
}
check "c/a_64_kib_stack_is_enough calls every function" no_output untested_on_a_small_stack

for source in tests/c/*.c; do
    name=$(basename "$source" .c)
    wanted "c/$name" || continue
    FILTER='' check "c/$name" directly "$name"
    reason=$(c_note "$name" valgrind)
    case $reason in
        '') FILTER='' check_with valgrind "c/$name under valgrind" in_valgrind "$name" ;;
        no*) echo "    not under valgrind: ${reason#no }" ;;
        *) echo "FAIL c/$name: its valgrind note is '$reason', not 'no (REASON)'" ;;
    esac
done
