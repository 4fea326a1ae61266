#!/bin/sh
# needs: stage
# examples/c/chat.c holds its conversation with a service that answers in each of the three ways, and without a leak or an
# error under valgrind; every request and every trigger of the service's page crosses the wire.

. tests/check.sh

# shellcheck disable=SC2046 # flags are words
compile() {
    cc -std=c99 -Wall -Wextra -Werror -pedantic -g -o "$TMPDIR/chat" examples/c/chat.c $(stage_flags)
}

# chat SECONDS STYLE COMMAND...: the chat, run by the command, with a sandbox that answers in this style.
chat() {
    seconds=$1
    style=$2
    shift 2
    timeout "$seconds" "$STAGE/bin/omnize" sandbox --quiet --answers "$style" --transcript "$TMPDIR/$style.json" \
        --agent 1=examples/agents/support.json --agent 2=unavailable -- "$@" "$TMPDIR/chat"
}

# What the transcript tells of a style: requests and triggers by name, without the service's own answers.
summary() { grep -oE '"(content|status|message|type)": ?"[^"]*"' "$TMPDIR/$1.json"; }

answers_in() {
    chat 60 "$1" env || return 1
    for word in init typing cleared finish accepted unavailable; do
        summary "$1" | grep -q "\"$word\"" || { echo "no $word in the transcript" && return 1; }
    done
    summary "$1" | grep -q '"type": *"message"' || { echo "no message request" && return 1; }
    summary "$1" | grep -q '"message": *"' || { echo "no message trigger" && return 1; }
}

same_whatever_the_answers() {
    for style in empty text; do
        summary json >"$TMPDIR/json"
        summary "$style" >"$TMPDIR/$style"
        diff "$TMPDIR/json" "$TMPDIR/$style" || return 1
    done
}

in_valgrind() {
    chat 180 json valgrind --quiet --error-exitcode=99 --leak-check=full \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
}

check "chat.c compiles" compile
for style in json empty text; do
    check "chat.c with answers in $style" answers_in $style
done
check "chat.c says and hears the same whatever the answers" same_whatever_the_answers
check_with valgrind "chat.c under valgrind" in_valgrind
