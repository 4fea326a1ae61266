#!/bin/sh
# The Python package's own tests on each CPython that is here but the one that `make test` runs them on. ONLY=pythons/NAME
# passes NAME on to pytest.

. tests/check.sh
. tests/python.sh

if ! [ -x "$tools/bin/maturin" ]; then
    echo "skip pythons: the tools are missing; .ci/setup python"
    exit 0
fi

FILTER='' check "pythons: wheel" build_wheel "$wheels" --profile dev
wheel=$(echo "$wheels"/omnize-*.whl)
[ -e "$wheel" ] || exit 0
usual=$("$tools/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# environment FOLDER PYTHON: one that has the wheel and what its tests need.
environment() {
    "$2" -m venv "$1" && "$1/bin/pip" --quiet --disable-pip-version-check install \
        --requirement python/tests/requirements-suite.txt "$wheel"
}

interpreters >"$TMPDIR/interpreters"
while read -r version python; do
    [ "$version" != "$usual" ] || continue
    FILTER='' check "pythons: an environment of $version" environment "$TMPDIR/$version" "$python"
    suite "$TMPDIR/$version/bin/pytest" "python $version"
done <"$TMPDIR/interpreters"
