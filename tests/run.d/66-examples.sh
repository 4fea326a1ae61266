#!/bin/sh
# needs: stage
# Each program of examples/c except chat.c compiles, completes its conversation with the sandbox's agent, prints the
# expected lines, and has no leak and no error under valgrind.

. tests/check.sh

strict='-std=c99 -Wall -Wextra -Werror -pedantic -g'

# flags NAME: prints the flags of the library and of other libraries that the program needs.
flags() {
    stage_flags
    # Its headers may have warnings.
    if [ "$1" = glib ]; then pkg-config --cflags --libs glib-2.0 | sed 's/-I/-isystem /g'; fi
}

# shellcheck disable=SC2046,SC2086 # flags are words
compile() { cc $strict -D_DEFAULT_SOURCE -o "$TMPDIR/$1" "examples/c/$1.c" $(flags "$1"); }

# run NAME SECONDS COMMAND...: runs the command with the program, with an agent that repeats each message.
run() {
    name=$1
    limit=$2
    shift 2
    timeout --kill-after=5 "$limit" "$STAGE/bin/omnize" sandbox --quiet --agent echo \
        --transcript "$TMPDIR/$name.json" -- "$@" "$TMPDIR/$name" >"$TMPDIR/printed" || { cat "$TMPDIR/printed" && return 1; }
}

# completes_its_conversation NAME: checks its output, and that it finished the interaction.
completes_its_conversation() {
    compile "$1" && run "$1" 30 env || return 1
    printf 'agent: %s\n' 'accepted ' 'typing ' 'cleared ' 'message Bom dia!' >"$TMPDIR/expected"
    grep '^agent: ' "$TMPDIR/printed" | diff -U9 "$TMPDIR/expected" - || return 1
    grep -q '"content": *"finish"' "$TMPDIR/$1.json" || { echo "it did not finish" && return 1; }
}

in_valgrind() {
    [ -x "$TMPDIR/$1" ] || { echo "it did not compile" && return 1; }
    run "$1" 120 valgrind --quiet --error-exitcode=99 --leak-check=full \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
}

# check_example NAME
check_example() {
    check "$1.c completes its conversation" completes_its_conversation "$1"
    check_with valgrind "$1.c under valgrind" in_valgrind "$1"
}

for source in examples/c/*.c; do
    name=$(basename "$source" .c)
    case $name in
        chat) ;;
        glib)
            if pkg-config --exists glib-2.0; then check_example glib
            else echo "skip glib.c: no glib-2.0 here"
            fi
            ;;
        *) check_example "$name" ;;
    esac
done
