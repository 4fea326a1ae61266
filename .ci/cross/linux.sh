# shellcheck shell=sh
# Builds the parts for Linux. Loaded by .ci/cross/build.

# use_binutils: selects the tools that make the static library.
use_binutils() {
    case $triple in
        x86_64-*) TOOLS_PREFIX='' LINKER_EMULATION='' ;;
        i686-*) TOOLS_PREFIX='' LINKER_EMULATION='-m elf_i386' ;;
        aarch64-*) TOOLS_PREFIX=aarch64-linux-gnu- LINKER_EMULATION='' ;;
        armv7-*) TOOLS_PREFIX=arm-linux-gnueabihf- LINKER_EMULATION='' ;;
    esac
    export TOOLS_PREFIX LINKER_EMULATION
}

build_library_for_system() {
    use_binutils
    build_library capi,listener,store -C link-arg=-Wl,-soname,"libomnize.so.${version%%.*}" \
        -C link-arg=-Wl,-z,nodelete -C link-arg=-Wl,-z,relro,-z,now
    cp "$release/libomnize.so" "$built/libomnize.so"
    .ci/static_library "$release/libomnize.a" "$built/libomnize.so" "$built/libomnize.a"
}

build_command_for_system() {
    build_command
    cp "$release/omnize" "$built/omnize"
}
