# shellcheck shell=sh
# Shell functions that check the files of a library. Load with `. tests/library_files.sh` after tests/check.sh.

# declared FOLDER: prints the functions that omnize.h in this folder declares.
declared() {
    printf '#include <omnize.h>\n' | cc -E -P -I"$1" - |
        grep -oE '\bomnize_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u
}

# same_as_declared FOLDER COMMAND...: fails unless its output, one name per line, equals the header's functions.
same_as_declared() {
    declared "$1" >"$TMPDIR/declared"
    shift
    [ -s "$TMPDIR/declared" ] || { echo "the header declares no function" && return 1; }
    "$@" | sort -u >"$TMPDIR/exported"
    diff --label "declared in omnize.h" --label "exported" -U0 "$TMPDIR/declared" "$TMPDIR/exported"
}

shared_exports() { nm -D --defined-only "$1" | awk '{ print $NF }'; }
# static_globals FILE NM
static_globals() { "${2:-nm}" --extern-only --defined-only "$1" | awk 'NF == 3 { print $3 }'; }

dynamic() { readelf -dW "$1"; }
has_soname() { dynamic "$1" | grep -F "Library soname: [libomnize.so.${version%%.*}]"; }
stays_loaded() { dynamic "$1" | grep 'FLAGS_1' | grep 'NODELETE'; }

# hardened FILE: immediate binding, RELRO, and no writable code.
hardened() {
    readelf -ldW "$1" >"$TMPDIR/headers"
    dynamic "$1" | grep 'FLAGS_1' | grep 'NOW' && grep 'GNU_RELRO' "$TMPDIR/headers" && no_output grep -E 'RWE|TEXTREL' "$TMPDIR/headers"
}

# foreign FILE: prints the libraries that it needs, and that a host may not have or that may conflict with the host's own.
needed() { dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
foreign() { needed "$1" | grep -vE '^(libc|libm|libgcc_s|ld-linux.*|libdl|libpthread|librt)\.so'; }
