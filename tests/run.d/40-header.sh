#!/bin/sh
# needs: stage
# The header compiles without other headers, in every C and C++ standard, without warnings from each compiler. For Windows,
# it declares each function with its calling convention.

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

# Windows: a program that takes the address of each function, and has a callback of each type.
{
    echo '#include <omnize.h>'
    echo 'static void OMNIZE_CALL on_event(const omnize_event *event, void *data) { (void)event, (void)data; }'
    echo 'static void OMNIZE_CALL on_log(int32_t level, const char *text, void *data) { (void)level, (void)text, (void)data; }'
    echo 'static void OMNIZE_CALL destroy(void *data) { (void)data; }'
    echo 'omnize_event_callback event_callback = on_event;'
    echo 'omnize_log_callback log_callback = on_log;'
    echo 'omnize_destroy destroy_callback = destroy;'
    echo 'void take_addresses(void (**taken)(void));'
    echo 'void take_addresses(void (**taken)(void)) {'
    .ci/cross/def.sh cdecl | sed -n 's/^ *\(omnize_[a-z0-9_]*\)$/*taken++ = (void (*)(void))\1;/p'
    echo '}'
} >"$TMPDIR/windows.c"

# modes COMPILER FLAGS...: compiles the program for each mode of the header.
modes() {
    compiler=$1
    shift
    for mode in '' -DOMNIZE_STDCALL -DOMNIZE_STATIC '-DOMNIZE_STDCALL -DOMNIZE_STATIC'; do
        # shellcheck disable=SC2086
        $compiler "$@" $mode $strict -Wno-cast-function-type -I"$include" "$TMPDIR/windows.c" ||
            { echo "with '$mode'" && return 1; }
    done
}
for cpu in i686 x86_64; do
    gcc=$cpu-w64-mingw32-gcc
    check_with $gcc "header: $gcc, each mode" modes $gcc -std=c99 -c -o "$TMPDIR/windows.o"
    check_with $gcc "header: $gcc -std=c90" modes $gcc -std=c90 -c -o "$TMPDIR/windows.o"
    gxx=$cpu-w64-mingw32-g++
    check_with $gxx "header: $gxx -std=c++98" modes $gxx -std=c++98 -x c++ -c -o "$TMPDIR/windows.o"
    for msvc in 12.0 19.30; do
        check_with clang "header: clang for $cpu-pc-windows-msvc $msvc" modes clang -target $cpu-pc-windows-msvc \
            -fms-extensions -fms-compatibility -fms-compatibility-version=$msvc -std=c99 -fsyntax-only -Wno-language-extension-token
    done
done

# as_decorated CONVENTION PREFIX FLAGS...: the object code of the program refers to each function by the decorated name of
# the convention.
as_decorated() {
    convention=$1
    prefix=$2
    shift 2
    i686-w64-mingw32-gcc "$@" -w -I"$include" -c "$TMPDIR/windows.c" -o "$TMPDIR/decorated.o" || return 1
    i686-w64-mingw32-nm "$TMPDIR/decorated.o" | sed -n "s/^ *U $prefix\(omnize_.*\)/\1/p" | LC_ALL=C sort -u >"$TMPDIR/used"
    .ci/cross/def.sh "$convention" | sed -n 's/^ *\(omnize_[a-z0-9_]*\(@[0-9]*\)\{0,1\}\)$/\1/p' >"$TMPDIR/defined"
    [ -s "$TMPDIR/defined" ] || { echo "there is no function" && return 1; }
    diff --label "def.sh $convention" --label "the object code" -U0 "$TMPDIR/defined" "$TMPDIR/used"
}
# The caller removes the parameters of a cdecl function; a stdcall callback removes its own.
cleans() {
    i686-w64-mingw32-gcc -O1 "$@" -w -I"$include" -c "$TMPDIR/windows.c" -o "$TMPDIR/cleans.o" || return 1
    i686-w64-mingw32-objdump -d "$TMPDIR/cleans.o" | sed -n '/<_on_event/,/ret/p'
}
ends_with() { cleans -DOMNIZE_STDCALL | grep 'ret  *\$0x8'; }
ends_without() { ! cleans | grep 'ret  *\$'; }
check_with i686-w64-mingw32-gcc "header: cdecl in object code" as_decorated cdecl __imp__
check_with i686-w64-mingw32-gcc "header: stdcall in object code" as_decorated stdcall __imp__ -DOMNIZE_STDCALL
check_with i686-w64-mingw32-gcc "header: cdecl, static, in object code" as_decorated cdecl _ -DOMNIZE_STATIC
check_with i686-w64-mingw32-gcc "header: stdcall, static, in object code" \
    as_decorated stdcall _ -DOMNIZE_STDCALL -DOMNIZE_STATIC
check_with i686-w64-mingw32-gcc "header: stdcall callbacks" ends_with
check_with i686-w64-mingw32-gcc "header: cdecl callbacks" ends_without
