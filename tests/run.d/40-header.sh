#!/bin/sh
# needs: stage
# The header compiles without other headers, in every C and C++ standard, without warnings from three compilers.

. tests/check.sh

# A declaration makes it a translation unit. The second inclusion tests the include guard.
cat >"$TMPDIR/alone.c" <<'END'
#include <omnize.h>
#include <omnize.h>
int alone(void);
int alone(void) { return OMNIZE_VERSION_MAJOR; }
END
cp "$TMPDIR/alone.c" "$TMPDIR/alone.cc"

strict='-Wall -Wextra -Werror -pedantic -Wundef -Wconversion'
include=$STAGE/include

compile() { "$@" -I"$include" -c -o "$TMPDIR/alone.o"; }

for std in c90 c99 c11 c17; do
    for cc in gcc clang; do
        # shellcheck disable=SC2086 # one word per flag
        check_with $cc "header: $cc -std=$std" compile $cc -std=$std $strict -Wstrict-prototypes "$TMPDIR/alone.c"
    done
done
check_with tcc "header: tcc" compile tcc -Wall -Werror "$TMPDIR/alone.c"

for std in c++98 c++11 c++14 c++17 c++20; do
    for cxx in g++ clang++; do
        # shellcheck disable=SC2086
        check_with $cxx "header: $cxx -std=$std" compile $cxx -std=$std $strict "$TMPDIR/alone.cc"
    done
done
