#!/bin/sh
# The wheel and the source archive for release. The wheel runs on any Linux since glibc 2.17 and on each installed
# interpreter, and its contents are complete. The archive builds without a network. `pip install ./python` works.

. tests/check.sh
. tests/python.sh

if ! [ -x "$tools/bin/maturin" ]; then
    echo "skip python wheel: the tools are missing; run .ci/setup python"
    exit 0
fi
PATH=$tools/bin:$PATH
shipped=$OUTPUT/python/shipped

# ziglang has a C compiler and a linker for an older glibc than this machine's.
check "python manylinux2014 wheel" build_wheel "$shipped" --release --zig --compatibility manylinux2014
wheel=$(echo "$shipped"/omnize-*.whl)
[ -e "$wheel" ] || exit 0

runs_on_old_systems() { auditwheel show "$wheel" | tr '\n' ' ' | grep -q 'consistent with the following platform tag: *"manylinux_2_17_x86_64"'; }
check "python wheel: auditwheel finds manylinux_2_17" runs_on_old_systems

unpack() { mkdir -p "$TMPDIR/unpacked" && python3 -m zipfile -e "$wheel" "$TMPDIR/unpacked"; }
check "python wheel can be unpacked" unpack

one_export() {
    exported=$(nm -D --defined-only "$TMPDIR"/unpacked/omnize/_omnize.abi3.so | sed 's/.* //')
    [ "$exported" = PyInit__omnize ] || { echo "$exported" && return 1; }
}
check "python wheel exports only its module" one_export

has_metadata() {
    metadata=$(echo "$TMPDIR"/unpacked/omnize-*.dist-info)
    ! grep '^Requires-Dist' "$metadata/METADATA" &&
        grep -q "^Version: $(make -s version)\$" "$metadata/METADATA" &&
        grep -q '^License-Expression: MIT OR Apache-2.0$' "$metadata/METADATA" &&
        grep -q '^Requires-Python: >=3.9$' "$metadata/METADATA" &&
        cmp "$metadata/licenses/LICENSE-MIT" LICENSE-MIT && cmp "$metadata/licenses/LICENSE-APACHE" LICENSE-APACHE &&
        [ -e "$TMPDIR/unpacked/omnize/py.typed" ] &&
        ! grep -rlF "$PWD" "$TMPDIR/unpacked"
}
check "python wheel's metadata, and that it contains no path of this machine" has_metadata

interpreters >"$TMPDIR/interpreters"
while read -r version python; do
    check "python $version: the shipped wheel, its command, its import and the examples" check_wheel "$version" "$python" "$wheel"
done <"$TMPDIR/interpreters"

# Cargo's cache contains the dependencies, because the wheel above was built. The build has its own target folder: the
# sources of the archive have old dates, so cargo would not compile them again. Without optimization, to be quick.
builds_offline() {
    maturin sdist --manifest-path python/Cargo.toml --out "$TMPDIR/sdist" &&
        CARGO_NET_OFFLINE=true CARGO_TARGET_DIR=$OUTPUT/python/from-sdist pip --quiet --disable-pip-version-check \
            wheel --no-index --no-build-isolation --no-deps --config-settings build-args='--profile dev --locked' \
            --wheel-dir "$TMPDIR/from-sdist" "$TMPDIR"/sdist/omnize-*.tar.gz || return 1
    rm -rf "$OUTPUT/python/from-sdist"
    bare_environment "$TMPDIR/sdist-environment" "$(command -v python3)" "$(echo "$TMPDIR"/from-sdist/omnize-*.whl)" &&
        command_works "$TMPDIR/sdist-environment/bin"
}
check "python sdist builds offline, with its lock file" builds_offline

# As a new user installs it: pip downloads maturin itself.
installs() {
    python3 -m venv "$TMPDIR/user" &&
        CARGO_TARGET_DIR=$OUTPUT "$TMPDIR/user/bin/pip" --quiet --disable-pip-version-check install ./python &&
        command_works "$TMPDIR/user/bin" && run_examples "$TMPDIR/user/bin"
}
check "pip install ./python" installs
