# shellcheck shell=sh
# Shell functions that select the compilers for another platform. Load with `. .ci/cross/toolchain.sh` in the root of the
# repository.
#
# The usual Rust toolchain is used if it has the platform's standard library (`rustup target add`), or the sources from which
# cargo compiles it (`rustup component add rust-src`). Otherwise Debian's Rust is used with its package of sources: no
# toolchain of rustup has a compiled library for Windows 7. Compiling the library needs options that are not yet stable.

output=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# has_std RUSTC TRIPLE: succeeds if the toolchain has the compiled standard library.
has_std() {
    libdir=$("$1" --print target-libdir --target "$2" 2>/dev/null) && ls "$libdir"/libstd-*.rlib >/dev/null 2>&1
}

# sources_of RUSTC: prints the folder of the toolchain's standard library. Fails if it has no sources.
sources_of() {
    for folder in "$("$1" --print sysroot)/lib/rustlib/src/rust" "/usr/src/rustc-$("$1" --version | cut -d ' ' -f 2)"; do
        [ -e "$folder/library/std/Cargo.toml" ] && echo "$folder" && return 0
    done
    return 1
}

# tools_prefix TRIPLE: prints how the names of the platform's C tools begin.
tools_prefix() {
    case $1 in
        i686-win7-windows-gnu | i686-pc-windows-gnu) echo i686-w64-mingw32- ;;
        x86_64-win7-windows-gnu | x86_64-pc-windows-gnu) echo x86_64-w64-mingw32- ;;
        *) echo "cross: no C tools are known for $1" >&2 && return 1 ;;
    esac
}

# use_toolchain TRIPLE: sets CARGO, RUSTC, the C tools and RUSTFLAGS for cargo, and $build_std for its command line.
use_toolchain() {
    prefix=$(tools_prefix "$1") || return 1
    command -v "${prefix}gcc" >/dev/null || { echo "cross: no ${prefix}gcc here; run .ci/setup cross" >&2 && return 1; }
    use_rust "$1" || return 1
    lower=$(echo "$1" | tr - _)
    upper=$(echo "$lower" | tr '[:lower:]' '[:upper:]')
    export "CC_$lower=${prefix}gcc" "CXX_$lower=${prefix}g++" "AR_$lower=${prefix}ar" "CARGO_TARGET_${upper}_LINKER=${prefix}gcc"
}

# use_rust TRIPLE: sets CARGO, RUSTC, RUSTFLAGS and $build_std.
use_rust() {
    flags="--remap-path-prefix ${CARGO_HOME:-$HOME/.cargo}/registry/src="
    build_std=
    if has_std rustc "$1"; then
        CARGO=${CARGO:-cargo} RUSTC=${RUSTC:-rustc}
    else
        CARGO=cargo RUSTC=rustc
        sources=$(sources_of rustc) || { CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc && sources=$(sources_of /usr/bin/rustc); } || {
            echo "cross: no Rust toolchain here has the standard library for $1, or its sources;" \
                "run .ci/setup cross, or rustup component add rust-src" >&2
            return 1
        }
        build_std=-Zbuild-std=std,panic_unwind
        flags="$flags --remap-path-prefix $sources=/rustc"
        export RUSTC_BOOTSTRAP=1
        case $1 in *-windows-gnu) start_objects "$1" ;; esac
    fi
    export CARGO RUSTC RUSTFLAGS="${RUSTFLAGS:-} $flags"
}

# start_objects TRIPLE: compiles the two objects that each program for Windows begins and ends with. They are not part of the
# standard library that cargo compiles.
start_objects() {
    folder=$output/tools/cross/$("$RUSTC" --version | cut -d ' ' -f 2)/$1
    mkdir -p "$folder"
    for object in rsbegin rsend; do
        [ -e "$folder/$object.o" ] && continue
        "$RUSTC" --target "$1" --emit=obj -o "$folder/$object.$$" "$sources/library/rtstartup/$object.rs" &&
            mv "$folder/$object.$$" "$folder/$object.o" || return 1
    done
    flags="$flags -L native=$folder"
}
