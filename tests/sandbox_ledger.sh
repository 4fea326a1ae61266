# shellcheck shell=sh
# Shell functions that compare a conversation on another platform with the same one on this machine. Load with
# `. tests/sandbox_ledger.sh` after tests/check.sh.

# ledger NAME COMMAND...: runs chat in a sandbox by this command, and writes to $TMPDIR/NAME the lines that it prints for agents,
# and each entry of the transcript.
ledger() {
    ledger=$TMPDIR/$1
    shift
    timeout --kill-after=5 "${LEDGER_SECONDS:-90}" "$STAGE/bin/omnize" sandbox --quiet --transcript "$ledger.json" \
        --agent 1=examples/agents/support.json --agent 2=unavailable -- "$@" >"$ledger.output" || { cat "$ledger.output" && return 1; }
    {
        tr -d '\r' <"$ledger.output" | grep ': agent '
        grep -oE '"(direction|kind|clientId|status)": ("[^"]*"|[0-9]+)' "$ledger.json"
    } >"$ledger"
}

# ledger_here: the ledger of the C program on this machine, which others are compared with.
ledger_here() {
    # shellcheck disable=SC2046 # flags are words
    cc -std=c99 -o "$TMPDIR/chat" examples/c/chat.c $(stage_flags) && ledger here "$TMPDIR/chat" && grep -q 'agent finish' "$TMPDIR/here"
}

# same_ledger NAME COMMAND...: fails unless the command's ledger equals that of this machine.
same_ledger() { ledger "$@" && diff "$TMPDIR/here" "$TMPDIR/$1"; }

# echoes NAME COMMAND...: runs an example with an agent that repeats each message, and checks what it prints and that it finishes.
echoes() {
    echoes=$TMPDIR/$1
    shift
    timeout --kill-after=5 "${LEDGER_SECONDS:-90}" "$STAGE/bin/omnize" sandbox --quiet --agent echo \
        --transcript "$echoes.json" -- "$@" >"$echoes.output" || { cat "$echoes.output" && return 1; }
    printf 'agent: %s\n' 'accepted ' 'typing ' 'cleared ' 'message Bom dia!' >"$TMPDIR/expected"
    tr -d '\r' <"$echoes.output" | grep '^agent: ' | diff -U9 "$TMPDIR/expected" - || return 1
    grep -q '"content": *"finish"' "$echoes.json" || { echo "it did not finish" && return 1; }
}
