#!/bin/sh
# needs: stage
# The library for 32-bit Windows, as users get it, under wine. A C program and a Pascal program hold the whole conversation of
# examples/c/chat.c with the sandbox on this machine. They print the same lines as the C program for this machine, and the
# transcripts are equal. More is checked by the slow checks of Windows.

. tests/check.sh
. tests/sandbox_ledger.sh
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

FILTER='' check "windows: the C program for this machine" ledger_here

# same_on_windows PROGRAM
same_on_windows() {
    cp "$tree/bin/omnize.dll" "$(dirname "$1")" || return 1
    # shellcheck disable=SC2016 # the inner shell expands
    same_ledger windows sh -c '. tests/wine.sh && wine32 "$@"' wine32 "$1"
}

c_program() {
    mkdir -p "$TMPDIR/c" && $compiler -std=c99 -Wall -Wextra -Werror -pedantic -I"$tree/include" -o "$TMPDIR/c/chat.exe" \
        examples/c/chat.c -L"$tree/lib" -lomnize && same_on_windows "$TMPDIR/c/chat.exe"
}
check "windows: chat.c, 32-bit" c_program

pascal_program() { pascal32 bindings/pascal/chat.pas "$TMPDIR/pascal" && same_on_windows "$TMPDIR/pascal/chat.exe"; }
check_with "$OUTPUT/tools/fpc/i386-win32/ppc386" "windows: chat.pas, 32-bit" pascal_program
