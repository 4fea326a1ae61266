#!/bin/sh
# The Python package: form, types, its own tests on one interpreter, and on each that is here that the wheel installs into
# an empty environment, imports quickly, brings its command and runs the examples. ONLY=python/NAME passes NAME on to
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

# Runs a command in python/, which contains the configuration.
in_python() { (cd python && "$@"); }
check "python ruff" in_python "$tools/bin/ruff" check . ../examples/python
check "python ruff format" in_python "$tools/bin/ruff" format --check . ../examples/python
# mypy checks the installed package, as it does for a user.
check "python mypy --strict" "$tools/bin/mypy" --config-file python/pyproject.toml -p omnize
check "python mypy --strict, the examples" "$tools/bin/mypy" --config-file python/pyproject.toml examples/python
check "python pyright" "$tools/bin/pyright" --pythonpath "$tools/bin/python" --project python
check "python stubtest" env PYTHONWARNINGS=ignore "$tools/bin/stubtest" --allowlist python/tests/stubtest-allowed.txt omnize

suite "$tools/bin/pytest" python

interpreters >"$TMPDIR/interpreters"
while read -r version python; do
    check "python $version: the wheel alone, its command, its import and the examples" alone "$version" "$python" "$wheel"
done <"$TMPDIR/interpreters"
