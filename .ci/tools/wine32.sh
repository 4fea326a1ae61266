# shellcheck shell=sh
# 32-bit wine, in a root of Debian's i386 packages below target/tools/wine32. 64-bit Debian can install wine32 only as a
# foreign architecture, which replaces packages of the machine; a root changes nothing. About 900 MB.

wine32_home=$target/tools/wine32

has_wine32() { [ -e "$wine32_home/installed" ]; }

install_wine32() {
    [ "$(id -u)" = 0 ] || { echo "debootstrap and chroot need root" && return 1; }
    have debootstrap || apt_install debootstrap || { echo "debootstrap: $why" && return 1; }
    # The mirror and the release of this machine.
    source=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Label: Debian' \
        'Component: main' 2>/dev/null | head -n 1)
    [ -n "$source" ] || { echo "apt has no source of Debian's packages" && return 1; }
    # The network may fail once. A root that is not whole is of no use.
    unpack_wine32 "${source% *}" "${source#* }" && return 0
    echo "a second try"
    unpack_wine32 "${source% *}" "${source#* }" && return 0
    rm -rf "$wine32_home"
    return 1
}

# unpack_wine32 MIRROR RELEASE
unpack_wine32() {
    root=$(realpath -m "$wine32_home/i386")
    rm -rf "$wine32_home" && mkdir -p "$root" &&
        debootstrap --arch=i386 --variant=minbase "$2" "$root" "$1" 2>&1 || return 1
    echo '127.0.0.1 localhost' >"$root/etc/hosts"
    printf 'Acquire::Retries "3";\n' >"$root/etc/apt/apt.conf.d/80retries"
    cp /etc/resolv.conf "$root/etc/resolv.conf" &&
        chroot "$root" apt-get -qq update 2>&1 &&
        chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends wine wine32 2>&1 &&
        chroot "$root" apt-get clean && touch "$wine32_home/installed"
}
