#!/bin/sh
# needs: stage
# What `make install` lays down can be used from C, C++, pkg-config and CMake, and taken away again.

. tests/check.sh

version=$(make -s version)
prefix=$TMPDIR/prefix
package=$TMPDIR/package
here=tests/install
strict='-Wall -Wextra -Werror -pedantic'

make_quietly() { make -s --no-print-directory "$@"; }
config() { PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@" omnize; }

FILTER='' check "install to a prefix" make_quietly install PREFIX="$prefix"
FILTER='' check "install under a DESTDIR" make_quietly install PREFIX=/opt/omnize LIBDIR=/opt/omnize/lib/multi DESTDIR="$package"

# runs PROGRAM: it runs, and says the version that Cargo.toml says.
runs() {
    said=$("$@") || return 1
    [ "$said" = "$version" ] || { echo "it says '$said', not '$version'" && return 1; }
}
needs() { readelf -dW "$1" | grep -q 'NEEDED.*libomnize'; }

# shellcheck disable=SC2046,SC2086 # flags are words
{
    c_shared() {
        cc -std=c99 $strict $here/consumer.c -o "$TMPDIR/c_shared" $(config --cflags --libs) &&
            runs env LD_LIBRARY_PATH="$prefix/lib" "$TMPDIR/c_shared" && needs "$TMPDIR/c_shared"
    }
    cxx_shared() {
        g++ -std=c++98 $strict $here/consumer.cc -o "$TMPDIR/cxx_shared" $(config --cflags --libs) &&
            runs env LD_LIBRARY_PATH="$prefix/lib" "$TMPDIR/cxx_shared" && needs "$TMPDIR/cxx_shared"
    }
    # All of the program static. The linker warns that glibc looks names up with shared parts: not ours to cure.
    c_static() {
        cc -std=c99 $strict $here/consumer.c -o "$TMPDIR/c_static" -static $(config --static --cflags --libs) &&
            runs "$TMPDIR/c_static"
    }
    # Only libomnize static, and so the program runs when the shared object is gone.
    static_flags() { config --static --cflags --libs | sed 's/-lomnize/-l:libomnize.a/'; }
    cxx_static() {
        g++ -std=c++98 $strict $here/consumer.cc -o "$TMPDIR/cxx_static" $(static_flags) &&
            runs "$TMPDIR/cxx_static" && ! needs "$TMPDIR/cxx_static"
    }
    # Another Rust library in the same program: its runtime and ours must not meet.
    two_rust_libraries() {
        rustc --edition 2024 -O --crate-type staticlib -o "$TMPDIR/libneighbour.a" $here/neighbour.rs &&
            cc -std=c99 $strict -DWITH_NEIGHBOUR $here/consumer.c -o "$TMPDIR/two" $(static_flags) \
                "$TMPDIR/libneighbour.a" -lm -ldl -lpthread &&
            runs "$TMPDIR/two" 2>/dev/null
    }
}
check "C, shared, by pkg-config" c_shared
check "C++, shared, by pkg-config" cxx_shared
check "C, wholly static, by pkg-config --static" c_static
check "C++, libomnize.a in a dynamic program" cxx_static
check "libomnize.a beside another Rust library" two_rust_libraries

# cmake_build FOLDER HINT: all four programs, from find_package alone.
cmake_build() {
    cmake -S $here -B "$TMPDIR/$1" "-D$2" -DOMNIZE_VERSION="$version" &&
        cmake --build "$TMPDIR/$1" || return 1
    for program in c_shared cxx_shared c_static cxx_static; do
        runs "$TMPDIR/$1/$program" || return 1
    done
    needs "$TMPDIR/$1/c_shared" && ! needs "$TMPDIR/$1/c_static"
}
check_with cmake "C and C++, shared and static, by CMake" cmake_build by-prefix CMAKE_PREFIX_PATH="$prefix"

# The package's tree is not where it was installed for: CMake's files must find their way all the same.
check_with cmake "CMake, from a tree that was moved" \
    cmake_build moved omnize_DIR="$package/opt/omnize/lib/multi/cmake/omnize"

command_runs() { [ "$("$prefix/bin/omnize" --version)" = "omnize $version" ]; }
check "the command tells its version" command_runs

no_destdir() { no_output grep -rF "$package" "$package" --include='*.pc' --include='*.cmake'; }
check "no file of a package names its DESTDIR" no_destdir

links() {
    cd "$prefix/lib" && [ "$(readlink -f libomnize.so)" = "$PWD/libomnize.so.$version" ] &&
        [ "$(readlink libomnize.so)" = "libomnize.so.${version%%.*}" ]
}
check "the shared object has its links" links

# left_over FOLDER: any file, and any folder of ours.
left_over() { find "$1" \( ! -type d -o -name '*omnize' ! -path '*/opt/omnize' \) ; }
uninstall() {
    make_quietly uninstall PREFIX="$prefix" &&
        make_quietly uninstall PREFIX=/opt/omnize LIBDIR=/opt/omnize/lib/multi DESTDIR="$package" &&
        no_output left_over "$prefix" && no_output left_over "$package"
}
check "uninstall leaves nothing" uninstall
