#!/bin/sh
# needs: stage
# examples/c/chat.c completes its conversation with each of the three forms of responses, without a leak or an error under
# valgrind. The transcript contains every request and trigger of the service's page. The same compiled program has the
# same results in every dialect, with a different environment only.

. tests/check.sh

# shellcheck disable=SC2046 # flags are words
compile() {
    cc -std=c99 -Wall -Wextra -Werror -pedantic -g -o "$TMPDIR/chat" examples/c/chat.c $(stage_flags)
}

# chat SECONDS STYLE COMMAND...: runs the chat with the command, in a sandbox with this form of responses and $dialect.
dialect=rest
chat() {
    seconds=$1
    style=$2
    shift 2
    timeout "$seconds" "$STAGE/bin/omnize" sandbox --quiet --dialect "$dialect" --answers "$style" \
        --transcript "$TMPDIR/$style.json" --agent 1=examples/agents/support.json --agent 2=unavailable -- "$@" "$TMPDIR/chat"
}

# summary STYLE: prints the requests and triggers of the transcript by name, without the responses.
summary() { grep -oE '"(content|status|message|type)": ?"[^"]*"' "$TMPDIR/$1.json"; }

completes_with() {
    chat 60 "$1" env || return 1
    for word in init typing cleared finish accepted unavailable; do
        summary "$1" | grep -q "\"$word\"" || { echo "no $word in the transcript" && return 1; }
    done
    summary "$1" | grep -q '"type": *"message"' || { echo "no message request" && return 1; }
    summary "$1" | grep -q '"message": *"' || { echo "no message trigger" && return 1; }
}

same_for_all_response_forms() {
    for style in empty text; do
        summary json >"$TMPDIR/json"
        summary "$style" >"$TMPDIR/$style"
        diff "$TMPDIR/json" "$TMPDIR/$style" || return 1
    done
}

# ledger: prints the program's output and the transcript in a form without dialect.
ledger() {
    chat 60 json env | grep -v '^webhook: ' || return 1
    # The fields of entries have a space after the colon; the bodies within them have none.
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
    check "chat.c with responses in $style" completes_with $style
done
check "chat.c sends and receives the same with all forms of responses" same_for_all_response_forms
check "chat.c has the same results in every dialect" same_in_every_dialect
check_with valgrind "chat.c under valgrind" in_valgrind
