# shellcheck shell=sh
# The C libraries of other platforms, below target/tools/sysroots, for programs that qemu runs. They are unpacked from Debian's
# packages, and not installed: nothing of the machine changes.

sysroots=$target/tools/sysroots

has_sysroots() { [ -e "$sysroots/installed" ]; }

install_sysroots() {
    have qemu-aarch64 || apt_install qemu-user || { echo "qemu-user: $why" && return 1; }
    rm -rf "$sysroots"
    unpack_packages arm64 libc6 libgcc-s1 && unpack_packages armhf libc6 libgcc-s1 && unpack_packages i386 libc6 libgcc-s1 &&
        unpack_packages amd64 musl && unpack_packages arm64 musl && touch "$sysroots/installed"
}

# debian_sources: prints the mirrors of this machine as lines of sources.list.
debian_sources() {
    # shellcheck disable=SC2016 # apt expands
    apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 'Label: Debian'
}

# unpack_packages ARCHITECTURE PACKAGES...: unpacks them to a folder of the architecture and the first package.
unpack_packages() (
    architecture=$1
    folder=$(realpath -m "$sysroots/$1-$2")
    shift
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" && cd "$folder/apt" || exit 1
    debian_sources >sources.list && [ -s sources.list ] || { echo "apt has no source of Debian's packages" && exit 1; }
    touch status
    # A state of its own, so that the machine's apt does not learn of the architecture.
    private_apt() {
        apt-get -qq -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o Acquire::Retries=3 \
            -o Dir::State="$PWD" -o Dir::State::lists="$PWD/lists" -o Dir::State::status="$PWD/status" -o Dir::Cache="$PWD/cache" \
            -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=- -o APT::Sandbox::User=root "$@" 2>&1
    }
    private_apt update && private_apt download "$@" || exit 1
    for package in ./*.deb; do dpkg-deb --extract "$package" "$folder" 2>&1 || exit 1; done
    rm -rf "$folder/apt"
)
