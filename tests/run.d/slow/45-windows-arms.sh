#!/bin/sh
# needs: stage
# tests/windows/NAME.c: each program checks the promise in its name on Windows, and exits with 0 if it holds. Each is compiled for
# 32 and 64 bits, and runs under wine. The Pascal program with a window holds a conversation with the sandbox on this machine.

. tests/check.sh
. tests/wine.sh

strict='-std=c99 -D_WIN32_WINNT=0x0601 -D__USE_MINGW_ANSI_STDIO=1 -Wall -Wextra -Werror -pedantic -g -O1'

end_wine_at_exit

# arm BITS COMPILER: checks all programs.
arm() {
    bits=$1
    triple=$2-win7-windows-gnu
    compiler=$2-w64-mingw32-gcc
    tree=$OUTPUT/cross/$triple
    programs=$TMPDIR/$bits

    if ! "has_wine$bits"; then
        echo "skip windows-arms, $bits-bit: $why"
        return 0
    fi
    if ! have "$compiler"; then
        echo "skip windows-arms, $bits-bit: no $compiler here; run .ci/setup cross"
        return 0
    fi
    FILTER='' check "windows-arms, $bits-bit: the library" make -s cross-library "TARGET=$triple" CARGOFLAGS=--quiet
    [ -e "$tree/bin/omnize.dll" ] || return 0
    mkdir -p "$programs" && cp "$tree/bin/omnize.dll" "$programs"
    for source in tests/windows/*.c; do
        name=$(basename "$source" .c)
        check "windows-arms, $bits-bit: $name" run "$name"
    done
}

# A program that loads the library itself must not be linked to it.
# shellcheck disable=SC2086 # flags are words
run() {
    library="-L$tree/lib -lomnize"
    ! grep -q LoadLibrary "tests/windows/$1.c" || library=
    "$compiler" $strict -I"$tree/include" -o "$programs/$1.exe" "tests/windows/$1.c" $library -lws2_32 -lole32 &&
        WINE_SECONDS=120 "wine$bits" "$programs/$1.exe"
}

arm 32 i686
arm 64 x86_64

pascal_window() {
    pascal32 bindings/pascal/window.pas "$TMPDIR/pascal" && cp "$OUTPUT/cross/i686-win7-windows-gnu/bin/omnize.dll" "$TMPDIR/pascal" || return 1
    # shellcheck disable=SC2016 # the inner shell expands
    WINE_SECONDS=60 timeout --kill-after=5 90 "$STAGE/bin/omnize" sandbox --quiet --agent 1=examples/agents/support.json -- \
        sh -c '. tests/wine.sh && wine32 "$@"' wine32 "$TMPDIR/pascal/window.exe" >"$TMPDIR/window.output"
    status=$?
    cat "$TMPDIR/window.output"
    [ $status = 0 ] && grep -q 'agent finish' "$TMPDIR/window.output"
}
if has_wine32; then
    check_with "$OUTPUT/tools/fpc/i386-win32/ppc386" "windows-arms: window.pas, 32-bit" pascal_window
fi
