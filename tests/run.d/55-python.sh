#!/bin/sh
# The Python package: format, types, and its own tests on one interpreter. On each installed interpreter, the wheel installs
# into an empty environment, imports quickly, contains its command and runs the examples. ONLY=python/NAME passes NAME to
# pytest. The wheel is built without optimization; tests/run.d/slow/30-wheel.sh builds the wheels for release.

. tests/check.sh
. tests/python.sh

build_test_wheel python
"$tools/bin/pip" --quiet --disable-pip-version-check install --no-index --no-deps --force-reinstall "$wheel" || exit 1

# Runs a command in python/, which contains the configuration.
in_python() { (cd python && "$@"); }
check "python ruff" in_python "$tools/bin/ruff" check . ../examples/python
check "python ruff format" in_python "$tools/bin/ruff" format --check . ../examples/python
# Checks the installed package, as a user's checker does.
check "python mypy --strict" "$tools/bin/mypy" --config-file python/pyproject.toml -p omnize
check "python mypy --strict, the examples" "$tools/bin/mypy" --config-file python/pyproject.toml examples/python
check "python pyright" "$tools/bin/pyright" --pythonpath "$tools/bin/python" --project python
for checker in mypy pyright; do
    check "python $checker reports mistakes in types, and nothing else" "$tools/bin/python" python/tests/checked_types/compare_errors.py "$checker"
done
check "python stubtest" env PYTHONWARNINGS=ignore "$tools/bin/stubtest" --allowlist python/tests/stubtest-allowed.txt omnize

suite "$tools/bin/pytest" python

interpreters >"$TMPDIR/interpreters"
while read -r version python; do
    check "python $version: the wheel in an empty environment, its command, its import and the examples" check_wheel "$version" "$python" "$wheel"
done <"$TMPDIR/interpreters"
