# shellcheck shell=sh
# Shell functions that check the files for Windows. Load after tests/library_files.sh. They use $triple, and $tree with the files.

machine_tool() { command=$1 && shift && "${triple%%-*}-w64-mingw32-$command" "$@"; }

dll_exports() { machine_tool objdump -p "$1" | awk '/\[Ordinal\/Name Pointer\] Table/ { table = 1; next } table && /^\t\[/ { print $NF }'; }
dll_imports() { machine_tool objdump -p "$1" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]' | sort -u; }

# foreign_dlls FILE: prints the DLLs that it needs and that are not parts of Windows 7, or that a service should not load.
foreign_dlls() {
    dll_imports "$1" | grep -vE '^(kernel32|ntdll|ws2_32|advapi32|bcrypt|crypt32|msvcrt|userenv|winhttp|iphlpapi|secur32|shell32|mpr)\.dll$'
}

# has_version FILE: its resource has the version of Cargo.toml and its own name.
has_version() {
    machine_tool windres --input-format=coff --output-format=rc "$1" >"$TMPDIR/resource" && cat "$TMPDIR/resource" &&
        grep -q "FILEVERSION $(echo "$version" | sed "s/\./, /g"), 0" "$TMPDIR/resource" && grep -q "\"OriginalFilename\", \"$(basename "$1")" "$TMPDIR/resource"
}

# has_flags FILE MASK: the linker's flags are set: 0x40 random address, 0x100 no executable data, 0x20 in all 64 bits.
has_flags() {
    flags=0x$(machine_tool objdump -p "$1" | sed -n 's/^DllCharacteristics[[:space:]]*//p')
    [ $((flags & $2)) -eq $(($2)) ] || { echo "DllCharacteristics are $flags, without all of $2" && return 1; }
}

large_addresses() { machine_tool objdump -p "$1" | sed -n '/^Characteristics/,/^$/p' | grep -i 'large address aware'; }


# run_program PROGRAM: runs it with the DLLs of the tree.
run_program() {
    cp "$tree"/bin/*.dll "$(dirname "$1")" || return 1
    case $triple in i686-*) wine32 "$1" ;; *) wine64 "$1" ;; esac
}

# links_with_mingw LIBRARY FLAGS...
links_with_mingw() {
    library=$1 folder=$TMPDIR/$triple-$1
    shift
    mkdir -p "$folder" && machine_tool gcc -std=c99 -Wall -Wextra -Werror "$@" -I"$tree/include" -o "$folder/program.exe" \
        tests/cross/linked_program.c "$tree/lib/lib$library.dll.a" && run_program "$folder/program.exe"
}

# links_statically: the program imports no DLL of ours.
links_statically() {
    folder=$TMPDIR/$triple-static
    mkdir -p "$folder" || return 1
    # shellcheck disable=SC2046 # flags are words
    machine_tool gcc -std=c99 -Wall -Wextra -Werror -DOMNIZE_STATIC -I"$tree/include" -o "$folder/program.exe" \
        tests/cross/linked_program.c "$tree/lib/libomnize.a" $(cat "$OUTPUT/$triple/native-static-libs") || return 1
    if dll_imports "$folder/program.exe" | grep omnize; then return 1; fi
    run_program "$folder/program.exe"
}

# links_with_lld LIBRARY FLAGS...: as Microsoft's linker, with code of clang for Microsoft's ABI.
links_with_lld() {
    library=$1 folder=$TMPDIR/$triple-$1-lld
    shift
    mkdir -p "$folder" && clang --target="${triple%%-*}-pc-windows-msvc" -ffreestanding -nostdlibinc -Wall -Wextra -Werror "$@" \
        -I"$tree/include" -c tests/cross/linked_program.c -o "$folder/program.obj" &&
        lld-link /subsystem:console /entry:start /nodefaultlib "/out:$folder/program.exe" "$folder/program.obj" "$tree/lib/$library.lib" &&
        run_program "$folder/program.exe"
}
