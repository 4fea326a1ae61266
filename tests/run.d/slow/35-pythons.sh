#!/bin/sh
# The Python package's own tests on each installed CPython, except the one of `make test`. ONLY=pythons/NAME passes NAME to
# pytest.

. tests/check.sh
. tests/python.sh

build_test_wheel pythons
default=$("$tools/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# environment FOLDER PYTHON: makes an environment with the wheel and the packages that its tests need.
environment() {
    "$2" -m venv "$1" && "$1/bin/pip" --quiet --disable-pip-version-check install \
        --requirement python/tests/requirements-suite.txt "$wheel"
}

interpreters >"$TMPDIR/interpreters"
while read -r version python; do
    [ "$version" != "$default" ] || continue
    FILTER='' check "pythons: an environment of $version" environment "$TMPDIR/$version" "$python"
    suite "$TMPDIR/$version/bin/pytest" "python $version"
done <"$TMPDIR/interpreters"
