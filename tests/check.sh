# shellcheck shell=sh
# Shell functions for the files of tests/run.d. They print results in the protocol that tests/run describes.
# Load with `. tests/check.sh` in the root of the repository.

have() { command -v "$1" >/dev/null 2>&1; }

# wanted NAME: succeeds if ONLY selects this check.
wanted() {
    case $1 in *"${FILTER:-}"*) return 0 ;; *) return 1 ;; esac
}

# check NAME COMMAND...: runs the command as the test of that name. Prints its output if it fails.
check() {
    check_name=$1
    shift
    wanted "$check_name" || return 0
    check_start=$(date +%s)
    if check_output=$("$@" 2>&1 </dev/null); then
        echo "ok $check_name ($(($(date +%s) - check_start)) s)"
    else
        echo "FAIL $check_name"
        printf '%s\n' "$check_output" | tail -n 200 | sed 's/^/    /'
    fi
}

# check_with TOOL NAME COMMAND...: the same, but skips the test if the tool is missing.
check_with() {
    check_tool=$1
    shift
    if have "$check_tool"; then
        check "$@"
    elif wanted "$1"; then
        echo "skip $1: no $check_tool here"
    fi
}

# no_output COMMAND...: fails and prints the output if the command prints anything.
no_output() {
    found=$("$@" 2>&1) || true
    [ -z "$found" ] || { printf '%s\n' "$found" && return 1; }
}

# stage_flags: prints the flags to compile a C program with the staged library, and to find the shared object at run time.
stage_flags() {
    PKG_CONFIG_PATH=$STAGE/lib/pkgconfig pkg-config --cflags --libs omnize
    echo "-Wl,-rpath,$STAGE/lib"
}

# c_note NAME WORD: prints the text after `WORD:` in the first lines of a program of tests/c.
c_note() { sed -n "1,20s,^[ /*]*$2: *\(.*[^ */]\)[ */]*\$,\1,p" "tests/c/$1.c"; }
