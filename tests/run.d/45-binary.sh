#!/bin/sh
# needs: stage
# The two libraries export exactly the functions that the header declares.

. tests/check.sh

shared=$STAGE/lib/libomnize.so
static=$STAGE/lib/libomnize.a

declared() {
    printf '#include <omnize.h>\n' | cc -E -P -I"$STAGE/include" - |
        grep -oE '\bomnize_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u
}

# same_as_declared COMMAND...: fails unless its output, one name per line, equals the header's functions.
same_as_declared() {
    declared >"$TMPDIR/declared"
    [ -s "$TMPDIR/declared" ] || { echo "the header declares no function" && return 1; }
    "$@" | sort -u >"$TMPDIR/exported"
    diff --label "declared in omnize.h" --label "exported" -U0 "$TMPDIR/declared" "$TMPDIR/exported"
}

shared_exports() { nm -D --defined-only "$shared" | awk '{ print $NF }'; }
static_globals() { nm --extern-only --defined-only "$static" | awk 'NF == 3 { print $3 }'; }

check "libomnize.so exports the header's functions only" same_as_declared shared_exports
check "libomnize.a defines the header's functions only" same_as_declared static_globals

dynamic() { readelf -dW "$shared"; }
version=$(make -s version)
soname() { dynamic | grep -F "Library soname: [libomnize.so.${version%%.*}]"; }
check "the shared object has its SONAME" soname

stays_loaded() { dynamic | grep 'FLAGS_1' | grep 'NODELETE'; }
check "the shared object stays loaded" stays_loaded

hardened() {
    dynamic | grep 'FLAGS_1' | grep 'NOW' && readelf -lW "$shared" | grep 'GNU_RELRO' &&
        no_output grep -E 'RWE|TEXTREL' "$TMPDIR/headers"
}
readelf -ldW "$shared" >"$TMPDIR/headers"
check "the shared object has immediate binding, RELRO and no writable code" hardened

# No further library that a host may not have, or that conflicts with the host's own.
needed() { dynamic | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
foreign() { needed | grep -vE '^(libc|libm|libgcc_s|ld-linux.*|libdl|libpthread|librt)\.so'; }
check "the shared object needs only the system's libraries" no_output foreign
