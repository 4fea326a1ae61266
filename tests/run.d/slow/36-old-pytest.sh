#!/bin/sh
# The pytest plugin with the oldest pytest that it supports, and with later versions. Each runs tests with the fixtures,
# and tests without.

. tests/check.sh
. tests/python.sh

build_test_wheel "old pytest"

# Old versions do not run on new interpreters.
interpreters >"$TMPDIR/interpreters"
python=$(sed -n 's/^3\.\(9\|10\|11\) //p' "$TMPDIR/interpreters" | head -n 1)
if [ -z "$python" ]; then
    echo "skip old pytest: no CPython from 3.9 to 3.11 here"
    exit 0
fi

mkdir "$TMPDIR/tests"
cat >"$TMPDIR/tests/test_plugin.py" <<'CODE'
import omnize
import pytest


def test_without_fixtures():
    assert True


@pytest.mark.omnize_agents("silent")
@pytest.mark.omnize_options(timeout=3.0)
def test_with_fixtures(omnize_sandbox, omnize_client):
    with omnize_client.conversation("12", department="1"):
        assert omnize_client.next(5) == omnize.Accepted("12")


def test_that_fails(omnize_sandbox):
    assert omnize_sandbox.interactions()
CODE

# with_pytest REQUIREMENTS...: two tests pass, and the report of the failed one contains the transcript.
with_pytest() {
    rm -rf "$TMPDIR/venv"
    "$python" -m venv "$TMPDIR/venv" &&
        "$TMPDIR/venv/bin/pip" --quiet --disable-pip-version-check install "$@" "$wheel" || return 1
    (cd "$TMPDIR/tests" && "$TMPDIR/venv/bin/python" -m pytest -p no:cacheprovider --strict-markers .) >"$TMPDIR/pytest" 2>&1
    grep -q '1 failed, 2 passed' "$TMPDIR/pytest" && grep -q 'Omnize transcript' "$TMPDIR/pytest" && return 0
    cat "$TMPDIR/pytest"
    return 1
}

check "old pytest: 6.2.5" with_pytest pytest==6.2.5
check "old pytest: 7.0 with pluggy 0.13" with_pytest pytest==7.0.1 pluggy==0.13.1
check "old pytest: 7.1 with pluggy 1.0" with_pytest pytest==7.1.3 pluggy==1.0.0
check "old pytest: 8.0" with_pytest pytest==8.0.0
