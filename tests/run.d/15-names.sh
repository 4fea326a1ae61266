#!/bin/sh
# Names are made of known words, sentences are plain, and files do not import each other in a circle.

. tests/check.sh
. tests/python.sh

check "names of files, modules, types and functions" python3 tests/naming/names.py
check "plain sentences" python3 tests/naming/prose.py
check "imports go in one direction" python3 tests/import_cycles.py

ruff() { "$tools/bin/ruff" "$@" --config python/pyproject.toml tests/naming tests/exactly_once tests/cross .ci/release tests/import_cycles.py; }
check_with "$tools/bin/ruff" "ruff, the checks in Python" ruff check
check_with "$tools/bin/ruff" "ruff format, the checks in Python" ruff format --check
