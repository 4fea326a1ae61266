#!/bin/sh
# needs: stage
# The automation server for Windows, as scripts use it, under wine, in 32 and 64 bits: VBScript programs hold the
# conversations of the conformance tests with the sandbox on this machine, and a C++ program makes the calls that scripts
# can't make. wine 8 does not activate classes that are registered for one user, and its scripts can neither connect
# events nor read their standard input; so these are not tried here.

. tests/check.sh
. tests/wine.sh

end_wine_at_exit

# transcript FILE: prints the transcript in the form of tests/conformance.
transcript() {
    python3 - "$1" <<'PYTHON'
import json
import sys

for entry in json.load(open(sys.argv[1], encoding="utf-8")):
    body = json.dumps(entry["body"], ensure_ascii=False, separators=(",", ":"))
    print(entry["direction"], entry["clientId"], entry["status"], body)
PYTHON
}

# in_sandbox SANDBOX_ARGUMENTS -- SCRIPT: runs a script in the sandbox, and prints its output in UTF-8. A script under wine
# can't read the newline that the sandbox writes when it has set the webhook, so the webhook is set before.
in_sandbox() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    arguments=
    while [ "$1" != -- ]; do
        arguments="$arguments $1"
        shift
    done
    # shellcheck disable=SC2016,SC2086 # the inner shell expands; arguments are words
    OMNIZE_LISTEN=127.0.0.1:$port OMNIZE_LISTEN_PATH=/webhook timeout --kill-after=5 150 \
        "$STAGE/bin/omnize" sandbox --quiet $arguments --webhook "http://127.0.0.1:$port/webhook" -- \
        sh -c '. tests/wine.sh && "$@"' script "wine$bits" cscript //nologo "$(windows_path "$2")" no-operator >"$TMPDIR/output"
    result=$?
    iconv -f CP437 -t UTF-8 "$TMPDIR/output" | tr -d '\r'
    return $result
}

windows_path() { printf 'Z:%s' "$1" | tr / '\\'; }

chat() {
    in_sandbox --transcript "$TMPDIR/chat.json" --agent 1=examples/agents/support.json --agent 2=unavailable -- \
        "$PWD/bindings/com/examples/chat.vbs" >"$TMPDIR/chat" || { cat "$TMPDIR/chat" && return 1; }
    grep ': agent ' "$TMPDIR/chat" | sed 's/ *$//' | diff tests/conformance/chat_output.txt - &&
        transcript "$TMPDIR/chat.json" | diff tests/conformance/chat_transcript.txt -
}

posting() {
    in_sandbox --transcript "$TMPDIR/posting.json" --agent echo -- "$PWD/bindings/com/examples/posting.vbs" \
        >"$TMPDIR/posting" || { cat "$TMPDIR/posting" && return 1; }
    { grep '^agent: ' "$TMPDIR/posting" && grep '^outcome: ' "$TMPDIR/posting"; } | sed 's/ *$//' |
        diff tests/conformance/posting_output.txt - &&
        transcript "$TMPDIR/posting.json" | diff tests/conformance/posting_transcript.txt -
}

script() {
    in_sandbox --agent 1=examples/agents/support.json -- "$PWD/bindings/com/tests/script.vbs" >"$TMPDIR/script"
    result=$?
    cat "$TMPDIR/script"
    [ $result = 0 ] && [ "$(grep -c '^ok ' "$TMPDIR/script")" = 5 ]
}

# unsuitable COMPILER: makes DLLs for tests of their messages: one of the other processor type, and one with all functions
# that reports the other calling convention.
unsuitable() {
    echo 'int omnize_version(void) { return 0; }' >"$TMPDIR/other.c"
    sed 's/IMPORT(\(.*\))/int \1(void) { return 1; }/' "$folder/build/imports.inc" >"$TMPDIR/stdcall.c"
    "$1" -shared -o "$folder/other.dll" "$TMPDIR/other.c" &&
        "$tools-gcc" -shared -o "$folder/stdcall.dll" "$TMPDIR/stdcall.c"
}

# programs FOLDER: compiles the C++ tests, as one unit because the headers of Windows are long.
programs() {
    printf '#include "%s"\n' "$PWD"/bindings/com/tests/*.cpp >"$TMPDIR/tests.cpp" &&
        "$tools-g++" -std=c++17 -Wall -Wextra -Werror -DUNICODE -D_UNICODE -D_WIN32_WINNT=0x0601 -DWIN32_LEAN_AND_MEAN \
            -I"$1/build" -static -o "$1/tests.exe" "$TMPDIR/tests.cpp" -lole32 -loleaut32 -luuid
}

# passes COUNT ARGUMENTS...: runs the C++ tests, of which at least COUNT must pass.
passes() {
    minimum=$1
    shift
    "wine$bits" "$folder/tests.exe" "$@" >"$TMPDIR/tests"
    result=$?
    cat "$TMPDIR/tests"
    [ $result = 0 ] && [ "$(grep -c '^ok ' "$TMPDIR/tests")" -ge "$minimum" ]
}

# An earlier run may have been interrupted, so its registration is removed first.
without_registration() {
    "wine$bits" regsvr32 /s /u "$(windows_path "$folder/omnize-com.dll")"
    passes 1 --unregistered
}

registered() { "wine$bits" reg query "HKLM\\Software\\Classes\\$1" >"$TMPDIR/registry" 2>&1; }

# Only our entries are removed, and all of them.
unregisters() {
    "wine$bits" regsvr32 /s /u "$(windows_path "$folder/omnize-com.dll")" || return 1
    for key in Omnize.Client 'CLSID\{C47DC102-12D1-453F-81C4-54D4993E9680}' 'TypeLib\{C47DC100-12D1-453F-81C4-54D4993E9680}' \
        'Interface\{C47DC10C-12D1-453F-81C4-54D4993E9680}'; do
        if registered "$key"; then echo "$key remains" && return 1; fi
    done
    registered CLSID
}

# The DLL needs only DLLs of Windows, exports only the five functions of COM, and loads omnize.dll itself.
border() {
    "$tools-objdump" -p "$folder/omnize-com.dll" >"$TMPDIR/objdump" || return 1
    sed -n 's/.*DLL Name: //p' "$TMPDIR/objdump" | grep -viE '^(kernel32|msvcrt|ole32|oleaut32|advapi32|user32)\.dll$' && return 1
    sed -n '/Ordinal\/Name Pointer/,/^$/p' "$TMPDIR/objdump" | grep -oE 'Dll[A-Za-z]+' | sort | tr '\n' ' ' >"$TMPDIR/exports"
    echo 'DllCanUnloadNow DllGetClassObject DllInstall DllRegisterServer DllUnregisterServer ' | tr -d '\n' | diff - "$TMPDIR/exports"
}

for bits in 32 64; do
    tools=i686-w64-mingw32 && triple=i686-win7-windows-gnu
    if [ $bits = 64 ]; then tools=x86_64-w64-mingw32 && triple=x86_64-win7-windows-gnu; fi
    if ! "has_wine$bits"; then
        echo "skip com, $bits bits: $why"
        continue
    fi
    if ! have "$tools-g++" || ! have "$tools-widl"; then
        echo "skip com, $bits bits: no $tools-g++ or $tools-widl here; run .ci/setup cross"
        continue
    fi
    folder=$OUTPUT/com/$triple
    FILTER='' check "com, $bits bits: the library" make -s cross-library TARGET=$triple CARGOFLAGS=--quiet
    FILTER='' check "com, $bits bits: the automation server" make -s -f bindings/com/Makefile TRIPLE=$triple OUT="$folder"
    [ -e "$folder/omnize-com.dll" ] && cp "$OUTPUT/cross/$triple/bin/omnize.dll" "$folder" || continue
    case $bits in 32) other=x86_64-w64-mingw32-gcc ;; 64) other=i686-w64-mingw32-gcc ;; esac
    FILTER='' check "com, $bits bits: unsuitable DLLs" unsuitable "$other"

    check "com, $bits bits: imports and exports" border
    FILTER='' check "com, $bits bits: the C++ tests compile" programs "$folder"
    check "com, $bits bits: use without registration" without_registration
    FILTER='' check "com, $bits bits: registration" "wine$bits" regsvr32 /s "$(windows_path "$folder/omnize-com.dll")"
    check "com, $bits bits: objects, events and the DLL in C++" passes 26
    check "com, $bits bits: chat.vbs" chat
    check "com, $bits bits: posting.vbs" posting
    check "com, $bits bits: script.vbs" script
    check "com, $bits bits: removal of the registration" unregisters
done
