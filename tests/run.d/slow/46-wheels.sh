#!/bin/sh
# needs: stage
# The wheels for other platforms: their tags and contents, and the libraries and symbols that the module needs. The wheels for
# Windows run the package's tests under wine, and the one for 64-bit ARM runs a conversation under qemu. No Python for musl can
# be had as a package, so those wheels are only inspected. Built without link-time optimization, to be quick.

. tests/check.sh
. tests/wine.sh

tools=$OUTPUT/tools/python
if ! [ -x "$tools/bin/maturin" ]; then
    echo "skip wheels: the tools are missing; run .ci/setup python"
    exit 0
fi
version=$(make -s version)
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16

# wheel TRIPLE TAG: builds the wheel and unpacks it to $TMPDIR/TRIPLE. Sets $wheel. Fails if there is none.
wheel() {
    check "wheel $1" make -s wheel "TARGET=$1"
    wheel=$(echo "$OUTPUT/python/$1"/omnize-*.whl)
    [ -e "$wheel" ] || return 1
    check "wheel $1: tag, contents, size" python3 tests/wheel_contents.py "$wheel" "$2" "$version" "$TMPDIR/$1"
}

# Windows. python3.dll forwards to the DLL of the installed version.
windows_imports() {
    imported=$("$2objdump" -p "$TMPDIR/$1/omnize/_omnize.pyd" | sed -n 's/.*DLL Name: \(.*\)\.dll/\1/p' | tr '[:upper:]' '[:lower:]' | sort -u)
    echo "$imported"
    echo "$imported" | grep -qx python3 && ! echo "$imported" | grep -vxE "python3|$system_dlls"
}
system_dlls='advapi32|bcrypt|crypt32|iphlpapi|kernel32|msvcrt|ntdll|ole32|secur32|shell32|user32|userenv|winhttp|ws2_32'

windows_export() {
    exported=$("$2objdump" -p "$TMPDIR/$1/omnize/_omnize.pyd" | awk '/^\[Ordinal\/Name Pointer\]/ { table = 1; next } /^$/ { table = 0 } table { print $NF }')
    [ "$exported" = PyInit__omnize ] || { echo "$exported" && return 1; }
}

# windows_python NAME WINE: installs the wheel as a user does.
windows_python() {
    python=$OUTPUT/tools/python-$1/python.exe
    site=$(dirname "$python")/Lib/site-packages
    rm -rf "$site/omnize" "$site"/omnize-*.dist-info
    "$2" "$python" -m pip --disable-pip-version-check install --no-index --no-deps --force-reinstall "$wheel" | cat
    "$2" "$(dirname "$python")/Scripts/omnize.exe" --version | tr -d '\r' | grep -x "omnize $version"
}

windows_suite() {
    # A pipe, because Python does not start under wine with files as its standard streams.
    WINE_SECONDS=1500 "$2" "$OUTPUT/tools/python-$1/python.exe" -X utf8 -m pytest -p no:cacheprovider -q --timeout 120 -rs \
        --junitxml "$TMPDIR/junit.xml" ${FILTER:+-k "$FILTER"} python/tests 2>&1 | cat >"$TMPDIR/log"
    if [ -s "$TMPDIR/junit.xml" ]; then
        # A test that only Unix can run is no missing check.
        python3 tests/from_pytest.py "wheel $1" "$TMPDIR/junit.xml" | sed 's/^skip /not run: /'
    else
        echo "FAIL wheel $1: pytest wrote no results" && sed 's/^/    /' "$TMPDIR/log"
    fi
    rm -f "$TMPDIR/junit.xml"
}

end_wine_at_exit
for word in win64:x86_64 win32:i686; do
    name=${word%:*}
    triple=${word#*:}-win7-windows-gnu
    prefix=${word#*:}-w64-mingw32-
    if ! have "${prefix}gcc"; then
        echo "skip wheel $triple: no ${prefix}gcc here; run .ci/setup cross"
        continue
    fi
    wheel "$triple" "$([ $name = win64 ] && echo win_amd64 || echo win32)" || continue
    check "wheel $triple: imports" windows_imports "$triple" "$prefix"
    check "wheel $triple: exports only its module" windows_export "$triple" "$prefix"
    if ! "has_wine${name#win}"; then
        echo "skip wheel $name: $why"
    elif ! [ -e "$OUTPUT/tools/python-$name/installed" ]; then
        echo "skip wheel $name: no Python for Windows here; run .ci/setup windows-python"
    else
        check "wheel $name: pip installs it, and its command runs" windows_python "$name" "wine${name#win}"
        windows_suite "$name" "wine${name#win}"
    fi
done

# Linux. `auditwheel` knows the rules of each tag, but runs only for the architecture of this machine.
needed() { readelf -d "$TMPDIR/$1/omnize/_omnize.abi3.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
elf_export() {
    exported=$(nm -D --defined-only "$TMPDIR/$1/omnize/_omnize.abi3.so" | sed 's/.* //')
    [ "$exported" = PyInit__omnize ] || { echo "$exported" && return 1; }
}
needs_glibc_2_17() {
    latest=$(readelf -V "$TMPDIR/$1/omnize/_omnize.abi3.so" | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1)
    echo "$latest; needed: $(needed "$1")"
    [ "$(printf '%s\nGLIBC_2.17\n' "$latest" | sort -V | tail -n 1)" = GLIBC_2.17 ] &&
        ! needed "$1" | grep -vxE 'lib(c|m|dl|pthread|rt|util|gcc_s)\.so\.[0-9]|ld-linux-(aarch64|x86-64)\.so\.[12]'
}
needs_only_musl() {
    ! readelf -V "$TMPDIR/$1/omnize/_omnize.abi3.so" | grep GLIBC && [ "$(needed "$1")" = libc.so ]
}

arm64_conversation() {
    root=$OUTPUT/tools/python-arm64
    # shellcheck disable=SC2016 # the inner shell expands
    timeout --kill-after=5 300 "$STAGE/bin/omnize" sandbox --agent 1=examples/agents/support.json -- \
        qemu-aarch64 -L "$root" -E PYTHONPATH="$TMPDIR/aarch64-unknown-linux-gnu" -E PYTHONHOME="$root/usr" \
        "$root/usr/bin/python3" examples/python/answer_an_agent.py
}

for word in x86_64-unknown-linux-gnu:manylinux_2_17_x86_64.manylinux2014_x86_64 \
    aarch64-unknown-linux-gnu:manylinux_2_17_aarch64.manylinux2014_aarch64; do
    triple=${word%%:*}
    wheel "$triple" "${word#*:}" || continue
    check "wheel $triple: exports only its module" elf_export "$triple"
    check "wheel $triple: needs no newer glibc than 2.17" needs_glibc_2_17 "$triple"
done
if ! [ -e "$OUTPUT/tools/python-arm64/installed" ]; then
    echo "skip wheel aarch64: no Python for ARM here; run .ci/setup arm64-python"
elif [ -d "$TMPDIR/aarch64-unknown-linux-gnu" ]; then
    check "wheel aarch64: an example holds its conversation under qemu" arm64_conversation
fi

for word in x86_64-unknown-linux-musl:musllinux_1_2_x86_64 aarch64-unknown-linux-musl:musllinux_1_2_aarch64; do
    triple=${word%%:*}
    wheel "$triple" "${word#*:}" || continue
    check "wheel $triple: exports only its module" elf_export "$triple"
    check "wheel $triple: needs only musl" needs_only_musl "$triple"
    echo "not run: wheel $triple, because no Python for musl can be had as a package"
done
