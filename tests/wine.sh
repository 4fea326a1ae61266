# shellcheck shell=sh
# Shell functions that run programs for Windows. Load with `. tests/wine.sh`; `.ci/setup wine32 wine64` installs wine. The
# programs have the network of this machine, the environment of the shell, and a prefix for each function.
#
#   wine32 PROGRAM ARGUMENTS...    runs a 32-bit program, for at most $WINE_SECONDS (120)
#   wine64 PROGRAM ARGUMENTS...    runs a 64-bit program
#   has_wine32, has_wine64         succeed if the function can be used; otherwise they set $why
#   end_wine_at_exit               ends all processes of both prefixes when this shell exits or is interrupted
#
# A program that starts another, such as the sandbox, runs it by `sh -c '. tests/wine.sh; wine32 "$@"' wine32 PROGRAM`.
#
# wine32 runs in a root of its own (.ci/tools/wine32.sh), in which each path of this repository and of the temporary folder is
# the same as outside. This needs the right to mount, which some containers do not give to root.

wine32_home=$OUTPUT/tools/wine32
wine64_home=$OUTPUT/tools/wine64

# No dialogs for parts that are not installed (.NET, the browser).
export WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES="${WINEDLLOVERRIDES:-mscoree=;mshtml=;winemenubuilder.exe=}"

has_wine32() {
    why="wine32 runs in a root of its own, and this user may not mount and chroot"
    { [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; } || return 1
    why="there is no 32-bit wine; run .ci/setup wine32"
    [ -e "$wine32_home/installed" ]
}

has_wine64() {
    why="there is no 64-bit wine; run .ci/setup wine64"
    command -v wine-stable >/dev/null
}

wine32() {
    prepare_prefix "$wine32_home/i386/prefix" in_prefix32 &&
        in_prefix32 timeout --kill-after=5 "${WINE_SECONDS:-120}" wine-stable "$@"
}

wine64() {
    prepare_prefix "$wine64_home/prefix" in_prefix64 &&
        in_prefix64 timeout --kill-after=5 "${WINE_SECONDS:-120}" wine-stable "$@"
}

in_prefix32() { in_root env WINEPREFIX=/prefix WINEARCH=win32 HOME=/root LC_ALL=C.UTF-8 "$@"; }
in_prefix64() { env WINEPREFIX="$wine64_home/prefix" WINEARCH=win64 LC_ALL=C.UTF-8 "$@"; }

# prepare_prefix FOLDER FUNCTION: makes the folder a prefix, unless it is one. Concurrent calls wait for the first.
prepare_prefix() {
    [ -e "$1/prepared" ] && return 0
    mkdir -p "$1" || return 1
    (
        flock 9
        [ -e "$1/prepared" ] && exit 0
        # Its services outlive wineboot by some seconds. They must not inherit the lock.
        "$2" timeout 180 wine-stable wineboot --init >"$1/log" 2>&1 9>&- </dev/null &&
            "$2" wineserver-stable -w 9>&- && touch "$1/prepared" && exit 0
        cat "$1/log" >&2
        echo "wine could not make the prefix $1" >&2
        exit 1
    ) 9>"$1/lock"
}

# in_root COMMAND...: runs the command in the root of wine32. The mounts are in a namespace of their own, and end with its
# last process. So nothing needs to be unmounted, and nobody can remove this repository through a mount of it.
in_root() {
    # shellcheck disable=SC2016 # the inner shells expand
    unshare --mount --propagation private sh -c '
        root=$1
        shift
        for path in /proc /dev /tmp "$PWD" "$OUTPUT" "${TMPDIR:-/tmp}"; do
            case $path in /tmp/*) continue ;; esac
            mkdir -p "$root$path" && mount --rbind "$path" "$root$path" || exit 1
        done
        exec chroot "$root" sh -c "cd \"\$0\" && exec \"\$@\"" "$PWD" "$@"' in_root "$wine32_home/i386" "$@"
}

end_wine_at_exit() {
    trap end_wine EXIT
    trap 'exit 130' INT TERM
}

end_wine() {
    if [ -e "$wine32_home/i386/prefix/prepared" ]; then in_prefix32 wineserver-stable -k; fi
    if [ -e "$wine64_home/prefix/prepared" ]; then in_prefix64 wineserver-stable -k; fi
    true
}

# pascal32 PROGRAM.pas FOLDER, pascal64: compiles a Pascal program with the units of bindings/pascal. `.ci/setup fpc-windows`
# installs the compilers.
pascal32() { pascal_for win32 "$OUTPUT/tools/fpc/i386-win32/ppc386" "$OUTPUT/tools/fpc/i386-win32" "$@"; }
pascal64() { pascal_for win64 ppcx64 "$OUTPUT/tools/fpc/x86_64-win64" "$@"; }
pascal_for() {
    mkdir -p "$5/units" && "$2" -n "-T$1" -v0ew "-Fu$3" -Fubindings/pascal -Fibindings/pascal "-FU$5/units" "-FE$5" "$4"
}
