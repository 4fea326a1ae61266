#!/bin/sh
# needs: stage
# The files of `make install` work with C, C++, pkg-config and CMake, and can be uninstalled.

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

# runs PROGRAM: fails unless it prints the version of Cargo.toml.
runs() {
    printed=$("$@") || return 1
    [ "$printed" = "$version" ] || { echo "it printed '$printed', not '$version'" && return 1; }
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
    # A fully static program. The linker warns that glibc resolves names with shared objects; this cannot be avoided.
    c_static() {
        cc -std=c99 $strict $here/consumer.c -o "$TMPDIR/c_static" -static $(config --static --cflags --libs) &&
            runs "$TMPDIR/c_static"
    }
    # Only libomnize is static, so the program runs without the shared object.
    static_flags() { config --static --cflags --libs | sed 's/-lomnize/-l:libomnize.a/'; }
    cxx_static() {
        g++ -std=c++98 $strict $here/consumer.cc -o "$TMPDIR/cxx_static" $(static_flags) &&
            runs "$TMPDIR/cxx_static" && ! needs "$TMPDIR/cxx_static"
    }
    # Another Rust library in the same program: its runtime must not conflict with ours.
    two_rust_libraries() {
        rustc --edition 2024 -O --crate-type staticlib -o "$TMPDIR/libsecond.a" $here/second_rust_library.rs &&
            cc -std=c99 $strict -DWITH_SECOND_LIBRARY $here/consumer.c -o "$TMPDIR/two" $(static_flags) \
                "$TMPDIR/libsecond.a" -lm -ldl -lpthread &&
            runs "$TMPDIR/two" 2>/dev/null
    }
}
check "C, shared, by pkg-config" c_shared
check "C++, shared, by pkg-config" cxx_shared
check "C, wholly static, by pkg-config --static" c_static
check "C++, libomnize.a in a dynamic program" cxx_static
check "libomnize.a together with another Rust library" two_rust_libraries

# cmake_build FOLDER HINT: builds and runs all four programs, with find_package only.
cmake_build() {
    cmake -S $here -B "$TMPDIR/$1" "-D$2" -DOMNIZE_VERSION="$version" &&
        cmake --build "$TMPDIR/$1" || return 1
    for program in c_shared cxx_shared c_static cxx_static; do
        runs "$TMPDIR/$1/$program" || return 1
    done
    needs "$TMPDIR/$1/c_shared" && ! needs "$TMPDIR/$1/c_static"
}
check_with cmake "C and C++, shared and static, by CMake" cmake_build by-prefix CMAKE_PREFIX_PATH="$prefix"

# The package's files are not in the prefix that was configured: CMake's files must work there too.
check_with cmake "CMake, with a moved installation" \
    cmake_build moved omnize_DIR="$package/opt/omnize/lib/multi/cmake/omnize"

command_runs() { [ "$("$prefix/bin/omnize" --version)" = "omnize $version" ]; }
check "the command prints its version" command_runs

no_destdir() { no_output grep -rF "$package" "$package" --include='*.pc' --include='*.cmake'; }
check "no file of a package contains its DESTDIR" no_destdir

links() {
    cd "$prefix/lib" && [ "$(readlink -f libomnize.so)" = "$PWD/libomnize.so.$version" ] &&
        [ "$(readlink libomnize.so)" = "libomnize.so.${version%%.*}" ]
}
check "the shared object has its links" links

# remaining_files FOLDER: prints all files, and the folders of omnize.
remaining_files() { find "$1" \( ! -type d -o -name '*omnize' ! -path '*/opt/omnize' \) ; }
uninstall() {
    make_quietly uninstall PREFIX="$prefix" &&
        make_quietly uninstall PREFIX=/opt/omnize LIBDIR=/opt/omnize/lib/multi DESTDIR="$package" &&
        no_output remaining_files "$prefix" && no_output remaining_files "$package"
}
check "uninstall removes everything" uninstall
