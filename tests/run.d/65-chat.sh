#!/bin/sh
# needs: stage
# examples/c/chat.c holds its conversation with a service that answers in each of the three ways, and without a leak or an
# error under valgrind; every request and every trigger of the service's page crosses the wire. The one program that was
# compiled ends with the same ledger in every dialect of the service, with nothing changed but the environment.

. tests/check.sh

# shellcheck disable=SC2046 # flags are words
compile() {
    cc -std=c99 -Wall -Wextra -Werror -pedantic -g -o "$TMPDIR/chat" examples/c/chat.c $(stage_flags)
}

# chat SECONDS STYLE COMMAND...: the chat, run by the command, with a sandbox that answers in this style, in $dialect.
dialect=rest
chat() {
    seconds=$1
    style=$2
    shift 2
    timeout "$seconds" "$STAGE/bin/omnize" sandbox --quiet --dialect "$dialect" --answers "$style" \
        --transcript "$TMPDIR/$style.json" --agent 1=examples/agents/support.json --agent 2=unavailable -- "$@" "$TMPDIR/chat"
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

# What the program wrote of what it did and heard, and what the service was asked for and told, in words of no dialect.
ledger() {
    chat 60 json env | grep -v '^webhook: ' || return 1
    # The entries' own fields have a space behind the colon, and what was said within them none.
    grep -oE '"(direction|kind|clientId|status)": ("[^"]*"|[0-9]+)' "$TMPDIR/json.json"
}

same_in_every_dialect() {
    for dialect in rest gateway interactions; do
        ledger >"$TMPDIR/ledger-$dialect" || { echo "no ledger in $dialect" && return 1; }
        diff "$TMPDIR/ledger-rest" "$TMPDIR/ledger-$dialect" || return 1
    done
    dialect=rest
    grep -q '^12: agent finish' "$TMPDIR/ledger-rest" && grep -q '^13: agent unavailable' "$TMPDIR/ledger-rest" &&
        grep -q '"kind": *"start"' "$TMPDIR/ledger-rest"
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
check "chat.c ends with the same ledger in every dialect" same_in_every_dialect
check_with valgrind "chat.c under valgrind" in_valgrind
