# shellcheck shell=sh
# Shell functions for the checks of the Python package. Read with `. tests/python.sh` after tests/check.sh.

tools=$OUTPUT/tools/python
wheels=$OUTPUT/python/wheels

# interpreters: prints each installed CPython from 3.9 on, one for each version, from the search path or pyenv.
interpreters() {
    {
        echo "$PATH" | tr ':' '\n' | while read -r folder; do ls "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9] "$folder"/python3 2>/dev/null; done
        have pyenv && ls "$(pyenv root)"/versions/*/bin/python3 2>/dev/null
    } | while read -r python; do
        # A shim of pyenv may have no selected version.
        "$python" -c 'import platform, sys
if sys.version_info >= (3, 9) and platform.python_implementation() == "CPython":
    print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null
    done | sort -u -V -k1,1
}

# build_wheel FOLDER ARGUMENTS...: builds a wheel as the only file of the folder.
build_wheel() {
    out=$1
    shift
    rm -rf "$out"
    CARGO_TARGET_DIR=$OUTPUT "$tools/bin/maturin" build --quiet --locked --manifest-path python/Cargo.toml --out "$out" "$@"
}

# build_test_wheel NAME: builds $wheel without optimization, under the check's name. Ends the script if that is impossible.
build_test_wheel() {
    if ! [ -x "$tools/bin/maturin" ]; then
        echo "skip $1: the tools are missing; run .ci/setup python"
        exit 0
    fi
    FILTER='' check "$1 wheel" build_wheel "$wheels" --profile dev
    wheel=$(echo "$wheels"/omnize-*.whl)
    [ -e "$wheel" ] || exit 0
}

# bare_environment FOLDER PYTHON WHEEL: makes an environment that contains only this wheel.
bare_environment() {
    rm -rf "$1"
    "$2" -m venv --without-pip "$1" &&
        "$tools/bin/pip" --quiet --disable-pip-version-check --python "$1/bin/python" install --no-index --no-deps "$3"
}

# run_examples BIN: runs each example with an interpreter that has only the wheel, and with the wheel's own sandbox. Its
# argument is a folder with examples/messages.tsv.
run_examples() {
    for example in examples/python/*.py; do
        rm -rf "$TMPDIR/files" && mkdir "$TMPDIR/files" && cp examples/messages.tsv "$TMPDIR/files" || return 1
        timeout --kill-after=5 60 "$1/omnize" sandbox --agent 1=examples/agents/support.json -- "$1/python" "$example" \
            "$TMPDIR/files" >"$TMPDIR/example" 2>&1 || { cat "$TMPDIR/example" && echo "$example failed" && return 1; }
        expected=$(sed -n 's/^# prints: //p' "$example")
        [ -n "$expected" ] || { echo "$example has no line `# prints:`" && return 1; }
        grep -qF "$expected" "$TMPDIR/example" || { cat "$TMPDIR/example" && echo "$example did not print: $expected" && return 1; }
    done
}

# imports_quickly PYTHON: measures the CPU time of the import. The best of several attempts counts, because the machine may
# be busy.
imports_quickly() {
    "$1" - <<'CODE'
import subprocess, sys
def seconds():
    code = "import time; start = time.process_time(); import omnize; print(time.process_time() - start)"
    return float(subprocess.check_output([sys.executable, "-c", code]))
best = min(seconds() for _ in range(5))
print(f"{best * 1000:.1f} ms")
sys.exit(best > 0.05)
CODE
}

command_works() {
    [ "$("$1/omnize" --version)" = "omnize $(make -s version)" ] &&
        [ "$("$1/python" -m omnize --version)" = "omnize $(make -s version)" ]
}

# check_wheel VERSION PYTHON WHEEL: checks the wheel in an empty environment.
check_wheel() {
    bare_environment "$TMPDIR/$1" "$2" "$3" && command_works "$TMPDIR/$1/bin" &&
        imports_quickly "$TMPDIR/$1/bin/python" && run_examples "$TMPDIR/$1/bin"
}

# suite PYTEST PREFIX: runs the package's tests and reports them under this prefix. FILTER is passed to pytest.
suite() {
    timeout 900 "$1" -p no:cacheprovider -q --timeout 120 \
        --junitxml "$TMPDIR/junit.xml" ${FILTER:+-k "$FILTER"} python/tests >"$TMPDIR/log" 2>&1
    status=$?
    if [ -s "$TMPDIR/junit.xml" ]; then python3 tests/from_pytest.py "$2" "$TMPDIR/junit.xml"; fi
    # 5: the filter selected no test. 1: tests failed, which was reported above.
    case $status in 0 | 1 | 5) ;; *) echo "FAIL $2 pytest: it ended with status $status" && sed 's/^/    /' "$TMPDIR/log" ;; esac
    rm -f "$TMPDIR/junit.xml"
}
