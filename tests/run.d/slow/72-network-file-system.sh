#!/bin/sh
# needs: stage
# A store on a network file system opens, and the log warns. The file system is FUSE, which needs no server.

. tests/check.sh

if ! have bindfs || ! [ -w /dev/fuse ]; then
    echo "skip a store on a network file system: no bindfs, or no access to /dev/fuse"
    exit 0
fi

mkdir -p "$TMPDIR/local" "$TMPDIR/mounted"
if ! bindfs "$TMPDIR/local" "$TMPDIR/mounted" 2>/dev/null; then
    echo "skip a store on a network file system: this user may not mount"
    exit 0
fi
trap 'fusermount -u "$TMPDIR/mounted"' EXIT

compile() {
    # shellcheck disable=SC2046 # flags are words
    cc -std=c99 -Wall -Wextra -Werror -pedantic -o "$TMPDIR/open_store" tests/file_systems/open_store.c $(stage_flags)
}
check "store on a network file system: the program" compile

# expect FOLDER TEXT: the program prints this for a store in the folder.
expect() {
    printed=$("$TMPDIR/open_store" "$1/chat.db") && [ "$printed" = "$2" ] && return 0
    echo "$printed"
    return 1
}
warning="the store $TMPDIR/mounted/chat.db is on a network file system (FUSE, perhaps over a network), which may lose locks and \
written data; put it on a local disk"
check "store on a network file system: the log warns" expect "$TMPDIR/mounted" "$warning
opened"
check "store on a network file system: no warning for a local disk" expect "$TMPDIR/local" opened
