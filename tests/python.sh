# shellcheck shell=sh
# Shell functions for the checks of the Python package. Read with `. tests/python.sh` after tests/check.sh.

tools=$TARGET/tools/python
wheels=$TARGET/python/wheels

# Each interpreter from 3.9 on that is here, CPython alone, one of each version: in the search path, or pyenv's.
interpreters() {
    {
        echo "$PATH" | tr ':' '\n' | while read -r folder; do ls "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9] "$folder"/python3 2>/dev/null; done
        have pyenv && ls "$(pyenv root)"/versions/*/bin/python3 2>/dev/null
    } | while read -r python; do
        # What a shim of pyenv stands for may not be chosen.
        "$python" -c 'import platform, sys
if sys.version_info >= (3, 9) and platform.python_implementation() == "CPython":
    print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null
    done | sort -u -V -k1,1
}

# build_wheel FOLDER ARGUMENTS...: a wheel, the only file of that folder.
build_wheel() {
    out=$1
    shift
    rm -rf "$out"
    CARGO_TARGET_DIR=$TARGET "$tools/bin/maturin" build --quiet --locked --manifest-path python/Cargo.toml --out "$out" "$@"
}

# bare_environment FOLDER PYTHON WHEEL: an environment that holds nothing but this wheel.
bare_environment() {
    rm -rf "$1"
    "$2" -m venv --without-pip "$1" &&
        "$tools/bin/pip" --quiet --disable-pip-version-check --python "$1/bin/python" install --no-index --no-deps "$3"
}
