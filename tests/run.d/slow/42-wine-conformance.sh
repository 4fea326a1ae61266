#!/bin/sh
# needs: stage
# The library for 64-bit and 32-bit Windows, under wine and against the sandbox of this machine. The programs of tests/c check
# their promise there too, unless they have the note `windows: no`. The bindings pass the tests of tests/conformance.rs.

. tests/check.sh
. tests/wine.sh

end_wine_at_exit

strict='-std=c99 -Wall -Wextra -Werror -pedantic -g -O1'
# A program takes longer under wine. Each start of a process takes a second.
seconds=300

# compile_c MINGW TREE NAME: tests/c/windows has the names of POSIX that the programs use.
compile_c() {
    # shellcheck disable=SC2086 # flags are words
    "$1-gcc" $strict -D_GNU_SOURCE -D_WIN32_WINNT=0x0601 -D__USE_MINGW_ANSI_STDIO=1 -isystem tests/c/windows -I"$2/include" \
        -o "$TMPDIR/$1/$3.exe" "tests/c/$3.c" -static-libgcc "$2/lib/libomnize.dll.a" \
        -Wl,-Bstatic -lpthread -Wl,-Bdynamic -lws2_32
}

# run_c PLATFORM MINGW TREE NAME
run_c() {
    compile_c "$2" "$3" "$4" || return 1
    arguments=$(c_note "$4" sandbox)
    set -- tests/wine_call.sh "$1" "$TMPDIR/$2/$4.exe"
    # shellcheck disable=SC2086 # the arguments are words
    case $arguments in
        '') ;;
        *) set -- "$STAGE/bin/omnize" sandbox --quiet $arguments -- "$@" ;;
    esac
    WINE_SECONDS=$seconds timeout --kill-after=5 $((seconds + 60)) "$@" && return 0
    status=$?
    case $status in
        124 | 137) echo "not done after $seconds seconds" ;;
        *) echo "it exited with status $status" ;;
    esac
    return 1
}

# c_programs PLATFORM MINGW TREE
c_programs() {
    for source in tests/c/*.c; do
        name=$(basename "$source" .c)
        wanted "$1 c/$name" || continue
        reason=$(c_note "$name" windows)
        case $reason in
            '') FILTER='' check "$1 c/$name" run_c "$1" "$2" "$3" "$name" ;;
            no*) echo "    c/$name is not for Windows: ${reason#no }" ;;
            *) echo "FAIL $1 c/$name: its windows note is '$reason', not 'no (REASON)'" ;;
        esac
    done
}

# conformance PLATFORM LANGUAGE
conformance() {
    OMNIZE_WINE=$1 OMNIZE_STAGE=$STAGE cargo test --quiet --locked --all-features --test conformance -- --test-threads=1 "$2::"
}

# test_platform PLATFORM TRIPLE MINGW PASCAL-UNITS
test_platform() {
    "has_$1" || { echo "skip $1: $why" && return; }
    have "$3-gcc" || { echo "skip $1: no $3-gcc here; run .ci/setup cross" && return; }
    FILTER='' check "$1: the library" make -s cross-library TARGET="$2" CARGOFLAGS=--quiet
    tree=$OUTPUT/cross/$2
    [ -e "$tree/bin/omnize.dll" ] || return
    mkdir -p "$TMPDIR/$3" && cp "$tree/bin/omnize.dll" "$TMPDIR/$3"
    c_programs "$1" "$3" "$tree"
    check "$1 conformance of C" conformance "$1" c
    check_with "$3-g++-posix" "$1 conformance of C++" conformance "$1" cpp
    if [ -e "$OUTPUT/tools/fpc/$4/installed" ]; then check "$1 conformance of Pascal" conformance "$1" pascal
    else echo "skip $1 conformance of Pascal: no units for $4; run .ci/setup fpc-windows"
    fi
}

test_platform wine64 x86_64-win7-windows-gnu x86_64-w64-mingw32 x86_64-win64
test_platform wine32 i686-win7-windows-gnu i686-w64-mingw32 i386-win32
