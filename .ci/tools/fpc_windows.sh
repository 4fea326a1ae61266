# shellcheck shell=sh
# Free Pascal for 32-bit and 64-bit Windows, below target/tools/fpc. Debian has the compilers and the sources of the run-time
# library, but no compiled units for Windows. The compiler that makes 32-bit programs is in the root of wine32.

fpc_home=$target/tools/fpc

has_fpc_windows() { [ -e "$fpc_home/i386-win32/installed" ] && [ -e "$fpc_home/x86_64-win64/installed" ]; }

install_fpc_windows() {
    apt_install fp-compiler fpc-source || { echo "$why" && return 1; }
    rm -rf "$fpc_home"
    mkdir -p "$fpc_home/i386-win32" "$fpc_home/x86_64-win64"
    compile_units "$(command -v ppcx64)" x86_64-win64 || return 1
    has_wine32 || install_wine32 || return 1
    compiler_for_win32 "$(realpath "$fpc_home/i386-win32")" && compile_units "$fpc_home/i386-win32/ppc386" i386-win32
}

# compiler_for_win32 FOLDER: puts ppc386 there. It is a static program, so it runs outside its root.
compiler_for_win32() {
    # shellcheck disable=SC2016 # the inner shell expands
    chroot "$wine32_home/i386" sh -c 'cd /tmp && apt-get -qq download "$(apt-cache depends fp-compiler | sed -n "s/.*Depends: \(fp-compiler-.*\)/\1/p")"' 2>&1 &&
        dpkg-deb --extract "$wine32_home"/i386/tmp/fp-compiler-*.deb "$1/package" 2>&1 &&
        cp "$1"/package/usr/lib/i386-linux-gnu/fpc/*/ppc386 "$1/ppc386" && rm -rf "$1/package" "$wine32_home"/i386/tmp/fp-compiler-*.deb
}

# compile_units COMPILER PLATFORM: compiles the units of the run-time library, in the order of their makefile.
compile_units() (
    compiler=$(realpath "$1")
    units=$(realpath "$fpc_home/$2")
    cd "/usr/share/fpcsrc/$("$compiler" -iV)/rtl/${2#*-}" || exit 1
    processor=../${2%-*}
    system=${2#*-}
    unit() {
        "$compiler" -n "-T$system" -O2 -v0e "-FU$units" "-Fu$units" -Fi../inc "-Fi$processor" -Fi../win -Fi../win/wininc \
            -Fi../objpas "$@" || exit 1
    }
    unit -Us -Sg system.pp && unit ../inc/heaptrc.pp && unit ../inc/uuchar.pp && unit ../objpas/objpas.pp &&
        unit -Fi../objpas/sysutils -Fi../objpas/classes "-Fu$processor" -Fu../win -Fu../win/wininc -Fu../inc -Fu../objpas \
            buildrtl.pp &&
        unit ../inc/lineinfo.pp && unit ../inc/macpas.pp && touch "$units/installed"
)
