#!/bin/sh
# Where a store may be on Windows: not on a network drive, and not in a folder that the user may not write to. The messages
# name the reason. wine has a prefix of its own here, whose drive N: is a network drive.

. tests/check.sh
. tests/wine.sh

triple=x86_64-win7-windows-gnu
tree=$OUTPUT/cross/$triple
compiler=x86_64-w64-mingw32-gcc

if ! has_wine64; then
    echo "skip windows drives: $why"
    exit 0
fi
if ! have $compiler; then
    echo "skip windows drives: no $compiler here; run .ci/setup cross"
    exit 0
fi

check "windows drives: the library" make -s cross-library TARGET=$triple CARGOFLAGS=--quiet
[ -e "$tree/bin/omnize.dll" ] || exit 0

folder=$TMPDIR/drives
mkdir -p "$folder/user" "$folder/network" "$folder/writable" "$folder/readable"
cp "$tree/bin/omnize.dll" "$folder"
$compiler -std=c99 -Wall -Wextra -Werror -pedantic -I"$tree/include" -o "$folder/open_store.exe" tests/file_systems/open_store.c \
    -L"$tree/lib" -lomnize || exit 1

# Root may write to each folder.
as_user=
if [ "$(id -u)" = 0 ]; then
    as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chmod 755 "$TMPDIR"
    chown -R 65534:65534 "$folder"
fi
chmod 555 "$folder/readable"

wine() { $as_user env HOME="$folder/user" WINEPREFIX="$folder/user/prefix" WINEARCH=win64 LC_ALL=C.UTF-8 timeout --kill-after=5 180 "$@"; }
trap 'wine wineserver-stable -k; chmod 755 "$folder/readable"' EXIT

prepare() {
    wine wine-stable wineboot --init && wine wineserver-stable -w &&
        $as_user ln -s "$folder/network" "$folder/user/prefix/dosdevices/n:" &&
        wine wine-stable reg add 'HKLM\Software\Wine\Drives' /v n: /d network /f && wine wineserver-stable -k
}
check "windows drives: a prefix with a network drive" prepare

# expect PATH TEXT: the message of the store at this path ends with the text.
expect() {
    printed=$(cd "$folder/writable" && wine wine-stable "$folder/open_store.exe" "$1" | tr -d '\r')
    case $printed in *"$2") return 0 ;; esac
    echo "$1: $printed"
    return 1
}
network="it is on a network drive or share, whose locks and flushes are not reliable; name a file on a local disk"
access="for example in a folder below %LOCALAPPDATA% or %PROGRAMDATA%, because a program's own folder is often read-only"
windows_path() { printf 'Z:%s' "$1" | tr / '\\'; }

check "windows drives: a folder of the user" expect "$(windows_path "$folder/writable/chat.db")" opened
check "windows drives: a relative path" expect chat.db opened
check "windows drives: a network drive" expect 'n:\chat.db' "$network"
check "windows drives: a network share" expect '\\server\share\chat.db' "$network"
check "windows drives: a read-only folder" expect "$(windows_path "$folder/readable/chat.db")" "$access"
