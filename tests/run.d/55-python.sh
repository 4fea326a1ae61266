#!/bin/sh
# The Python package: form, types, its own tests on one interpreter, and on each that is here that the wheel installs into
# an empty environment, imports quickly and brings its command. ONLY=python/NAME passes NAME on to
# pytest. The wheel is built without optimisation; tests/run.d/slow/30-wheel.sh builds those that are shipped.

. tests/check.sh
. tests/python.sh

if ! [ -x "$tools/bin/maturin" ]; then
    echo "skip python: the tools are missing; .ci/setup python"
    exit 0
fi

FILTER='' check "python wheel" build_wheel "$wheels" --profile dev
wheel=$(echo "$wheels"/omnize-*.whl)
[ -e "$wheel" ] || exit 0
"$tools/bin/pip" --quiet --disable-pip-version-check install --no-index --no-deps --force-reinstall "$wheel" || exit 1

# In python/, where the configuration is.
in_python() { (cd python && "$@"); }
check "python ruff" in_python "$tools/bin/ruff" check .
check "python ruff format" in_python "$tools/bin/ruff" format --check .
# What was installed is looked at, as a user's checker does.
check "python mypy --strict" "$tools/bin/mypy" --config-file python/pyproject.toml -p omnize
check "python pyright" "$tools/bin/pyright" --pythonpath "$tools/bin/python" --warnings python/omnize
check "python stubtest" "$tools/bin/stubtest" --mypy-config-file python/pyproject.toml omnize

# suite PREFIX ARGUMENTS...
suite() {
    prefix=$1
    shift
    # Not in python/, whose package has no extension module.
    timeout 600 "$tools/bin/pytest" -c python/pyproject.toml --rootdir python -p no:cacheprovider -q \
        --junitxml "$TMPDIR/junit.xml" ${FILTER:+-k "$FILTER"} "$@" >"$TMPDIR/log" 2>&1
    status=$?
    if [ -s "$TMPDIR/junit.xml" ]; then python3 tests/from_pytest.py "$prefix" "$TMPDIR/junit.xml"; fi
    # 5: the filter left nothing. 1: tests failed, which was told above.
    case $status in 0 | 1 | 5) ;; *) echo "FAIL python pytest: it ended with status $status" && sed 's/^/    /' "$TMPDIR/log" ;; esac
    rm -f "$TMPDIR/junit.xml"
}
suite python python/tests
suite "python docstrings of" --doctest-modules --pyargs omnize

# Seconds that the import takes, the best of some tries: what else the machine does is not its fault.
imports_quickly() {
    "$1" - <<'CODE'
import subprocess, sys
def seconds():
    code = "import time; start = time.perf_counter(); import omnize; print(time.perf_counter() - start)"
    return float(subprocess.check_output([sys.executable, "-c", code]))
best = min(seconds() for _ in range(10))
print(f"{best * 1000:.1f} ms")
sys.exit(best > 0.05)
CODE
}

command_works() {
    [ "$("$1/omnize" --version)" = "omnize $(make -s version)" ] &&
        [ "$("$1/python" -m omnize --version)" = "omnize $(make -s version)" ]
}

on() {
    bare_environment "$TMPDIR/$1" "$2" "$wheel" && command_works "$TMPDIR/$1/bin" &&
        imports_quickly "$TMPDIR/$1/bin/python"
}

interpreters >"$TMPDIR/interpreters"
while read -r version python; do
    check "python $version: the wheel alone, its command and its import" on "$version" "$python"
done <"$TMPDIR/interpreters"
