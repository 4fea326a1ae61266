# shellcheck shell=sh
# Shell functions that select the compilers for another platform. Load with `. .ci/cross/toolchain.sh` in the root of the
# repository.
#
# The usual Rust toolchain is used if it has the platform's standard library (`rustup target add`), or the sources from which
# cargo compiles it (`rustup component add rust-src`). Otherwise Debian's Rust is used with its package of sources: no
# toolchain of rustup has a compiled library for Windows 7. Compiling the library needs options that are not yet stable.
#
# The C compiler and linker are mingw for Windows, and zig for Linux: it links for the oldest glibc that Rust supports, 2.17.

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

# zig_target TRIPLE: prints zig's name of the platform, with the version of glibc and the processor.
zig_target() {
    case $1 in
        x86_64-unknown-linux-gnu) echo x86_64-linux-gnu.2.17 ;;
        i686-unknown-linux-gnu) echo x86-linux-gnu.2.17 ;;
        aarch64-unknown-linux-gnu) echo aarch64-linux-gnu.2.17 ;;
        armv7-unknown-linux-gnueabihf) echo arm-linux-gnueabihf.2.17 -mcpu=generic+v7a+vfp3-d32+thumb2-neon ;;
        x86_64-unknown-linux-musl) echo x86_64-linux-musl ;;
        aarch64-unknown-linux-musl) echo aarch64-linux-musl ;;
        aarch64-apple-darwin) echo aarch64-macos ;;
        x86_64-apple-darwin) echo x86_64-macos ;;
        *) echo "cross: no C compiler is known for $1" >&2 && return 1 ;;
    esac
}

# select_c_tools TRIPLE: sets $c_compiler, $archiver and $linker_flags, which rustc needs for them.
select_c_tools() {
    linker_flags=
    case $1 in
        i686-*-windows-gnu | x86_64-*-windows-gnu)
            c_compiler=${1%%-*}-w64-mingw32-gcc archiver=${1%%-*}-w64-mingw32-ar
            command -v "$c_compiler" >/dev/null || { echo "cross: no $c_compiler here; run .ci/setup cross" >&2 && return 1; }
            ;;
        *)
            [ -e "$output/tools/zig/installed" ] || { echo "cross: no zig here; run .ci/setup zig" >&2 && return 1; }
            zig_wrappers "$1" || return 1
            # Shared objects for musl, and no start files of Rust: zig has its own.
            case $1 in *-musl) linker_flags="-C target-feature=-crt-static -C link-self-contained=no" ;; esac
            # cargo can check the sources for macOS, with the headers of zig. Linking needs Apple's SDK.
            case $1 in *-apple-*) SDKROOT=$output/tools/cross/empty && mkdir -p "$SDKROOT" && export SDKROOT ;; esac
            ;;
    esac
}

# zig_wrappers TRIPLE: writes commands that are called as a C compiler and an archiver.
zig_wrappers() {
    zig=$output/tools/zig/bin
    zig_arguments=$(zig_target "$1") || return 1
    mkdir -p "$output/tools/cross"
    c_compiler=$output/tools/cross/$1-cc archiver=$output/tools/cross/$1-ar
    write_wrapper "$c_compiler" "zig cc -- -target $zig_arguments"
    write_wrapper "$archiver" "zig ar --"
}

# write_wrapper FILE COMMAND: writes it in one step, because another build may use it at the same time.
write_wrapper() {
    # shellcheck disable=SC2016 # the wrapper expands
    printf '#!/bin/sh\nexport CARGO_ZIGBUILD_PYTHON_PATH=%s/python\nexec %s/cargo-zigbuild %s "$@"\n' "$zig" "$zig" "$2" >"$1.$$" &&
        chmod +x "$1.$$" && mv "$1.$$" "$1"
}

# use_toolchain TRIPLE: sets CARGO, RUSTC, the C tools and RUSTFLAGS for cargo, and $build_std for its command line.
use_toolchain() {
    select_c_tools "$1" && use_rust "$1" || return 1
    lower=$(echo "$1" | tr - _)
    export "CC_$lower=$c_compiler" "AR_$lower=$archiver"
    export "CARGO_TARGET_$(echo "$lower" | tr '[:lower:]' '[:upper:]')_LINKER=$c_compiler"
}

# use_rust TRIPLE: sets CARGO, RUSTC, RUSTFLAGS and $build_std.
use_rust() {
    flags="--remap-path-prefix ${CARGO_HOME:-$HOME/.cargo}/registry/src= ${linker_flags:-}"
    build_std=
    if has_std rustc "$1"; then
        CARGO=cargo RUSTC=rustc
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
        case $1 in *-windows-gnu) start_objects "$1" || return 1 ;; esac
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
