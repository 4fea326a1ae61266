#!/bin/sh
# The files for every platform of tests/cross/platforms.txt: they build, export the header's functions only, need only what the
# book says, and the import libraries link. target/cross/table.txt gets the sizes. ONLY=cross-builds/TRIPLE checks one platform.

. tests/check.sh
. tests/library_files.sh
. tests/wine.sh
. tests/cross/windows_files.sh

version=$(make -s version)
table=$OUTPUT/cross/table.txt

cross() { make -s cross TARGET="$triple" CARGOFLAGS=--quiet; }

kilobytes() { echo $(($(stat -c %s "$1") / 1024)); }

# glibc_of FILE: prints the newest version of glibc that it needs.
glibc_of() { readelf -VW "$1" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1 | tr _ ' ' | tr '[:upper:]' '[:lower:]'; }

check_linux_files() {
    shared=$tree/lib/libomnize.so
    check "$triple: libomnize.so exports the header's functions only" same_as_declared "$tree/include" shared_exports "$shared"
    check "$triple: libomnize.a defines the header's functions only" same_as_declared "$tree/include" static_globals "$tree/lib/libomnize.a"
    check "$triple: the shared object has its SONAME" has_soname "$shared"
    check "$triple: the shared object stays loaded" stays_loaded "$shared"
    check "$triple: the shared object is hardened" hardened "$shared"
    check "$triple: the shared object needs only the system's libraries" no_output foreign "$shared"
    echo "$triple | $(glibc_of "$shared") | libomnize.so $(kilobytes "$shared") kB, libomnize.a $(kilobytes "$tree/lib/libomnize.a") kB," \
        "omnize $(kilobytes "$tree/bin/omnize") kB, needs $(needed "$shared" | tr '\n' ' ')" >>"$table"
}

check_windows_files() {
    mask=0x140
    case $triple in x86_64-*) mask=0x160 ;; esac
    for file in omnize.dll omnize-stdcall.dll omnize.exe; do
        [ -e "$tree/bin/$file" ] || continue
        check "$triple: $file has its version" has_version "$tree/bin/$file"
        check "$triple: $file has the linker's protections" has_flags "$tree/bin/$file" $mask
        check "$triple: $file needs only DLLs of Windows 7" no_output foreign_dlls "$tree/bin/$file"
    done
    case $triple in i686-*) check "$triple: omnize.exe may use 4 GB" large_addresses "$tree/bin/omnize.exe" ;; esac
    for dll in "$tree"/bin/omnize.dll "$tree"/bin/omnize-stdcall.dll; do
        [ -e "$dll" ] || continue
        name=$(basename "$dll" .dll)
        convention=
        if [ "$name" = omnize-stdcall ]; then convention=-DOMNIZE_STDCALL; fi
        check "$triple: $name.dll exports the header's functions only" same_as_declared "$tree/include" dll_exports "$dll"
        # shellcheck disable=SC2086 # no convention is no argument
        check "$triple: lib$name.dll.a links" links_with_mingw "$name" $convention
        # shellcheck disable=SC2086
        check_with lld-link "$triple: $name.lib links" links_with_lld "$name" $convention
    done
    check "$triple: libomnize.a links" links_statically
    echo "$triple | Windows 7 | omnize.dll $(kilobytes "$tree/bin/omnize.dll") kB, libomnize.a $(kilobytes "$tree/lib/libomnize.a") kB," \
        "omnize.exe $(kilobytes "$tree/bin/omnize.exe") kB, needs $(dll_imports "$tree/bin/omnize.dll" | tr '\n' ' ')" >>"$table"
}

if ! [ -e "$OUTPUT/tools/zig/installed" ] || ! have i686-w64-mingw32-gcc || ! has_wine32 || ! has_wine64; then
    echo "skip cross builds: tools are missing; run .ci/setup cross zig binutils sysroots lld-link wine32 wine64 as root"
    exit 0
fi
end_wine_at_exit

mkdir -p "$OUTPUT/cross"
rm -f "$table"
for triple in $(python3 tests/cross/platform_table.py --triples); do
    wanted "$triple" || continue
    tree=$OUTPUT/cross/$triple
    FILTER='' check "$triple: make cross" cross
    [ -e "$tree/command.done" ] || continue
    case $triple in *windows*) check_windows_files ;; *) check_linux_files ;; esac
done

if [ -e "$table" ]; then sed 's/^/    /' "$table"; fi
[ -n "${FILTER:-}" ] || check "the table of the book agrees with the files" python3 tests/cross/platform_table.py "$table"
