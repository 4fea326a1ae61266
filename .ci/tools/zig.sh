# shellcheck shell=sh
# zig, as the C compiler and linker for Linux on other processors, for an older glibc and for musl; and cargo-zigbuild, which
# translates rustc's linker arguments for it. Their versions are fixed, because zig is not yet stable.

has_zig() { [ -e "$target/tools/zig/installed" ]; }

install_zig() {
    python3 -c 'import ensurepip' 2>/dev/null || apt_install python3-venv || { echo "$why" && return 1; }
    python3 -m venv --clear "$target/tools/zig" 2>&1 &&
        "$target/tools/zig/bin/pip" install --quiet --disable-pip-version-check --retries 10 \
            ziglang==0.17.1 cargo-zigbuild==0.24.1 2>&1 && touch "$target/tools/zig/installed"
}
