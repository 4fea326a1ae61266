#!/bin/sh
# needs: stage
# omnize-stdcall.dll under wine: programs in C, C++ and Pascal hold the conversation of examples/c/chat.c, and print the same
# lines as for this machine. Programs of one convention notice the DLL of the other. Pascal's AnsiString and WideString work.

. tests/check.sh
. tests/wine.sh

triple=i686-win7-windows-gnu
tree=$OUTPUT/cross/$triple
gcc=i686-w64-mingw32-gcc
# The C++ binding needs std::mutex, which the other variant of this compiler does not have.
gxx=i686-w64-mingw32-g++-posix
pascal=$OUTPUT/tools/fpc/i386-win32/ppc386

if ! has_wine32; then
    echo "skip calling conventions: $why"
    exit 0
fi
if ! have $gcc; then
    echo "skip calling conventions: no $gcc here; run .ci/setup cross"
    exit 0
fi
end_wine_at_exit

FILTER='' check "calling conventions: the DLLs" make -s cross TARGET=$triple CARGOFLAGS=--quiet
[ -e "$tree/bin/omnize-stdcall.dll" ] || exit 0

in_sandbox() { WINE_SECONDS=60 timeout --kill-after=5 90 "$STAGE/bin/omnize" sandbox --quiet "$@" 2>&1; }
# shellcheck disable=SC2016 # the inner shell expands
run_chat() {
    in_sandbox --agent 1=examples/agents/support.json --agent 2=unavailable -- \
        sh -c '. tests/wine.sh && "$@"' run_chat "$@" | tr -d '\r' | grep ': agent '
}

here() {
    # shellcheck disable=SC2046 # flags are words
    cc -std=c99 -o "$TMPDIR/chat" examples/c/chat.c $(stage_flags) && run_chat "$TMPDIR/chat" >"$TMPDIR/here" &&
        grep -q 'agent finish' "$TMPDIR/here"
}
FILTER='' check "calling conventions: the C program for this machine" here

# program_folder NAME DLL [AS]: makes a folder for a program, with the DLL.
program_folder() {
    mkdir -p "$TMPDIR/$1" && cp "$tree/bin/$2.dll" "$TMPDIR/$1/${3:-$2}.dll"
}
same() { run_chat wine32 "$TMPDIR/$1/chat.exe" >"$TMPDIR/$1/lines" && diff "$TMPDIR/here" "$TMPDIR/$1/lines"; }

c_flags="-std=c99 -Wall -Wextra -Werror -pedantic -I$tree/include"
cxx_flags="-std=c++17 -static -Wall -Wextra -Werror -I$tree/include"
stdcall="-DOMNIZE_STDCALL $tree/lib/libomnize-stdcall.dll.a"

# shellcheck disable=SC2086 # flags are words
{
    c_chat() { program_folder c omnize-stdcall && $gcc $c_flags -o "$TMPDIR/c/chat.exe" examples/c/chat.c $stdcall && same c; }
    cxx_chat() {
        program_folder cxx omnize-stdcall && $gxx $cxx_flags -o "$TMPDIR/cxx/chat.exe" bindings/cpp/chat.cpp $stdcall && same cxx
    }
    # The names of the header are decorated, so that a program can't be linked for the wrong DLL.
    wrong_import_library() { ! $gcc $c_flags -o "$TMPDIR/chat.exe" examples/c/chat.c "$tree/lib/libomnize-stdcall.dll.a" 2>/dev/null; }
    cxx_mixed() {
        program_folder cxx_mixed omnize-stdcall omnize &&
            $gxx $cxx_flags -o "$TMPDIR/cxx_mixed/chat.exe" bindings/cpp/chat.cpp \
                "$tree/lib/libomnize.dll.a" && notices cxx_mixed
    }
}
# notices NAME: the program fails, and its message names the calling conventions.
notices() {
    wine32 "$TMPDIR/$1/chat.exe" >"$TMPDIR/$1/lines" 2>&1 </dev/null && echo "it ran" && return 1
    grep -q 'different calling conventions' "$TMPDIR/$1/lines" || { cat "$TMPDIR/$1/lines" && return 1; }
}
check "stdcall: chat.c" c_chat
check_with $gxx "stdcall: chat.cpp" cxx_chat
check "stdcall: cdecl programs can't be linked" wrong_import_library
check_with $gxx "stdcall: a cdecl program in C++ notices the DLL" cxx_mixed

# compile_pascal PROGRAM FOLDER FLAGS...
compile_pascal() {
    program=$1
    folder=$TMPDIR/$2
    shift 2
    mkdir -p "$folder/units" && "$pascal" -n -Twin32 -v0ew "$@" "-Fu${pascal%/*}" -Fubindings/pascal -Fibindings/pascal \
        "-FU$folder/units" "-FE$folder" "bindings/pascal/$program.pas"
}
pascal_chat() { program_folder pascal omnize-stdcall && compile_pascal chat pascal -dOMNIZE_STDCALL && same pascal; }
pascal_mixed() { program_folder pascal_mixed omnize-stdcall omnize && compile_pascal chat pascal_mixed && notices pascal_mixed; }
check_with "$pascal" "stdcall: chat.pas" pascal_chat
check_with "$pascal" "stdcall: a cdecl program in Pascal notices the DLL" pascal_mixed

# shellcheck disable=SC2016 # the inner shell expands
strings_of_delphi() {
    program_folder strings omnize && compile_pascal encoding_tests strings &&
        in_sandbox --agent 1=echo -- sh -c '. tests/wine.sh && wine32 "$@"' strings "$TMPDIR/strings/encoding_tests.exe" |
        tr -d '\r' | grep '^ok ' >"$TMPDIR/strings/lines"
    printf 'ok utf-16le\nok acp\nok oem\n' | diff - "$TMPDIR/strings/lines"
}
check_with "$pascal" "encodings: AnsiString and WideString under wine" strings_of_delphi

strings_here() {
    mkdir -p "$TMPDIR/fpc" && fpc -v0ew -Sew -Fubindings/pascal "-FU$TMPDIR/fpc" "-FE$TMPDIR/fpc" "-Fl$STAGE/lib" \
        bindings/pascal/encoding_tests.pas && LD_LIBRARY_PATH=$STAGE/lib in_sandbox --agent 1=echo -- \
        "$TMPDIR/fpc/encoding_tests" | grep '^ok ' >"$TMPDIR/fpc/lines"
    printf 'ok utf-16le\nok windows-1252\n' | diff - "$TMPDIR/fpc/lines"
}
check_with fpc "encodings: AnsiString and WideString on this machine" strings_here
