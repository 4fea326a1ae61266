#!/bin/sh
# needs: stage
# The library for 32-bit Windows, as users get it, under wine. A C program and a Pascal program hold the whole conversation of
# examples/c/chat.c with the sandbox on this machine. They print the same lines as the C program for this machine, and the
# transcripts are equal. More is checked by the slow checks of Windows.

. tests/check.sh
. tests/wine.sh

triple=i686-win7-windows-gnu
tree=$OUTPUT/cross/$triple
compiler=i686-w64-mingw32-gcc

if ! has_wine32; then
    echo "skip windows: $why"
    exit 0
fi
if ! have $compiler; then
    echo "skip windows: no $compiler here; run .ci/setup cross"
    exit 0
fi
end_wine_at_exit

FILTER='' check "windows: the library" make -s cross-library TARGET=$triple CARGOFLAGS=--quiet
[ -e "$tree/bin/omnize.dll" ] || exit 0

# ledger NAME COMMAND...: runs the command in a sandbox, and writes what it prints and the transcript to $TMPDIR/NAME.
ledger() {
    ledger=$TMPDIR/$1
    shift
    WINE_SECONDS=60 timeout --kill-after=5 90 "$STAGE/bin/omnize" sandbox --quiet --transcript "$ledger.json" \
        --agent 1=examples/agents/support.json --agent 2=unavailable -- "$@" >"$ledger.output" || { cat "$ledger.output" && return 1; }
    {
        tr -d '\r' <"$ledger.output" | grep ': agent '
        grep -oE '"(direction|kind|clientId|status)": ("[^"]*"|[0-9]+)' "$ledger.json"
    } >"$ledger"
}

here() {
    # shellcheck disable=SC2046 # flags are words
    cc -std=c99 -o "$TMPDIR/chat" examples/c/chat.c $(stage_flags) && ledger here "$TMPDIR/chat" && grep -q 'agent finish' "$TMPDIR/here"
}
FILTER='' check "windows: the C program for this machine" here

# same_on_windows PROGRAM
same_on_windows() {
    cp "$tree/bin/omnize.dll" "$(dirname "$1")" || return 1
    # shellcheck disable=SC2016 # the inner shell expands
    ledger windows sh -c '. tests/wine.sh && wine32 "$@"' wine32 "$1" && diff "$TMPDIR/here" "$TMPDIR/windows"
}

c_program() {
    mkdir -p "$TMPDIR/c" && $compiler -std=c99 -Wall -Wextra -Werror -pedantic -I"$tree/include" -o "$TMPDIR/c/chat.exe" \
        examples/c/chat.c -L"$tree/lib" -lomnize && same_on_windows "$TMPDIR/c/chat.exe"
}
check "windows: chat.c, 32-bit" c_program

pascal_program() { pascal32 bindings/pascal/chat.pas "$TMPDIR/pascal" && same_on_windows "$TMPDIR/pascal/chat.exe"; }
check_with "$OUTPUT/tools/fpc/i386-win32/ppc386" "windows: chat.pas, 32-bit" pascal_program
