# shellcheck shell=sh
# Builds the parts for Windows. Loaded by .ci/cross/build.

machine=${triple%%-*}
tools=$machine-w64-mingw32-
# Reproducible, loaded at a random address, without executable data. 64-bit programs use the whole address space.
linker_flags="--no-insert-timestamp,--dynamicbase,--nxcompat"
if [ "$machine" = x86_64 ]; then linker_flags="$linker_flags,--high-entropy-va"; fi
# A 32-bit program may use 4 GB. For a library, its program decides.
program_flags=$linker_flags
if [ "$machine" = i686 ]; then program_flags="$program_flags,--large-address-aware"; fi

# resource FILE TYPE DESCRIPTION: compiles the version of a file, and prints the object. TYPE is 1 for a program, 2 for a DLL.
resource() {
    sed -e "s|@FILE@|$1|; s|@TYPE@|$2|; s|@DESCRIPTION@|$3|; s|@VERSION@|$version|; s|@NUMBERS@|$(echo "$version" | tr . ,),0|" \
        .ci/cross/version.rc.in >"$built/$1.rc"
    "${tools}windres" --output-format=coff "$built/$1.rc" -o "$built/$1.res.o"
    echo "$built/$1.res.o"
}

# build_dll NAME FEATURES CONVENTION: builds NAME.dll, with the import libraries of mingw and MSVC.
build_dll() {
    name=$1
    resource=$(resource "$name.dll" 2 "Omnize client library")
    build_library "$2" -C link-arg="$resource" -C link-arg=-Wl,"$linker_flags"
    cp "$release/omnize.dll" "$built/$name.dll"
    .ci/cross/def.sh "$3" >"$built/$name.def"
    # Without --kill-at, the libraries would import decorated names such as omnize_version@0.
    "${tools}dlltool" --deterministic-libraries --temp-prefix "$name" --kill-at --input-def "$built/$name.def" \
        --dllname "$name.dll" --output-lib "$built/lib$name.dll.a"
    case $machine in i686) lib_machine=i386 ;; *) lib_machine=i386:x86-64 ;; esac
    "$(llvm_dlltool)" -m "$lib_machine" -k -d "$built/$name.def" -D "$name.dll" -l "$built/$name.lib"
}

# llvm_dlltool: prints the command's name, which may have a version.
llvm_dlltool() {
    for command in llvm-dlltool llvm-dlltool-19 llvm-dlltool-16 llvm-dlltool-14; do
        command -v "$command" && return 0
    done
    echo "cross: no llvm-dlltool here; run .ci/setup cross" >&2
    return 1
}

build_library_for_system() {
    build_dll omnize capi,listener,store cdecl
    "${tools}objcopy" --strip-debug "$release/libomnize.a" "$built/libomnize.a"
}

# 64-bit Windows has one calling convention.
build_stdcall_for_system() {
    build_dll omnize-stdcall capi,listener,store,stdcall stdcall
}

build_command_for_system() {
    resource=$(resource omnize.exe 1 "Omnize command")
    build_command -C link-arg="$resource" -C link-arg=-Wl,"$program_flags"
    cp "$release/omnize.exe" "$built/omnize.exe"
}

# The automation server.
build_com_for_system() {
    make --no-print-directory -s -f bindings/com/Makefile "TRIPLE=$triple" "OUT=$built/com"
    cp "$built/com/omnize-com.dll" "$built/omnize-com.dll"
}
