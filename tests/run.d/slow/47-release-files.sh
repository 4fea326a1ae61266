#!/bin/sh
# The files for release of each platform: complete, with right sums, and the same bytes from the same sources. The library from the
# .zip file for 32-bit Windows can be signed. ONLY=release-files/TRIPLE checks one platform.

. tests/check.sh

version=$(make -s version)

if ! [ -e "$OUTPUT/tools/zig/installed" ] || ! have i686-w64-mingw32-gcc; then
    echo "skip release files: tools are missing; run .ci/setup cross zig binutils"
    exit 0
fi

file_name() {
    case $triple in *windows*) echo "omnize-$version-$triple.zip" ;; *) echo "omnize-$version-$triple.tar.gz" ;; esac
}

pack() { make -s release-files TARGET="$triple" CARGOFLAGS=--quiet; }

# complete: the sums are right, and each kind of file is there.
complete() {
    (cd "$OUTPUT/dist" && sha256sum --check --quiet "$file.sha256") && mkdir -p "$TMPDIR/$triple" || return 1
    unpack() { case $file in *.zip) python3 -m zipfile -e "$OUTPUT/dist/$file" . ;; *) tar -xzf "$OUTPUT/dist/$file" ;; esac; }
    (cd "$TMPDIR/$triple" && unpack) || return 1
    cd "$TMPDIR/$triple/omnize-$version-$triple" && sha256sum --check --quiet SHA256SUMS || return 1
    libraries="lib/libomnize.so.$version lib/libomnize.so lib/libomnize.a bin/omnize"
    case $triple in *windows*) libraries="bin/omnize.dll bin/omnize.exe lib/omnize.lib lib/libomnize.dll.a lib/omnize.def lib/libomnize.a" ;; esac
    for member in $libraries README.md NOTICES.txt LICENSE-MIT LICENSE-APACHE include/omnize.h include/omnize.hpp \
        share/omnize/pascal/omnize.pas share/omnize/examples/chat.c; do
        [ -s "$member" ] || { echo "there is no $member, or it is empty" && return 1; }
    done
    if grep '@[A-Z_]*@' README.md; then return 1; fi
    grep -q '^rustls [0-9.]*: ' NOTICES.txt && grep -q 'Permission is hereby granted' NOTICES.txt
}

no_path_of_this_machine() { no_output grep -rlF -e "$PWD" -e "${CARGO_HOME:-$HOME/.cargo}" "$TMPDIR/$triple"; }

same_bytes() { cp "$OUTPUT/dist/$file" "$TMPDIR/first" && pack && cmp "$TMPDIR/first" "$OUTPUT/dist/$file"; }

# can_be_signed: as docs/src/platforms.md describes, with a certificate that this check makes.
can_be_signed() (
    cd "$TMPDIR" || exit 1
    openssl req -x509 -newkey rsa:3072 -nodes -keyout key.pem -out certificate.pem -days 2 -subj '/CN=omnize test' \
        -addext extendedKeyUsage=codeSigning -addext keyUsage=digitalSignature || exit 1
    library=$TMPDIR/$triple/omnize-$version-$triple/bin/omnize.dll
    osslsigncode sign -certs certificate.pem -key key.pem -h sha256 -n omnize -in "$library" -out signed.dll &&
        osslsigncode verify -CAfile certificate.pem -in signed.dll
)

for triple in $(python3 tests/cross/platform_table.py --triples); do
    wanted "$triple" || continue
    file=$(file_name)
    FILTER='' check "$triple: make release-files" pack
    [ -e "$OUTPUT/dist/$file" ] || continue
    FILTER='' check "$triple: $file is complete" complete
    FILTER='' check "$triple: $file has no path of this machine" no_path_of_this_machine
    FILTER='' check "$triple: $file has the same bytes again" same_bytes
    case $triple in i686-*-windows-*) FILTER='' check_with osslsigncode "$triple: omnize.dll can be signed" can_be_signed ;; esac
done
