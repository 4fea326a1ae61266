#!/bin/sh
# needs: stage
# The two libraries export exactly the functions that the header declares.

. tests/check.sh
. tests/library_files.sh

shared=$STAGE/lib/libomnize.so
static=$STAGE/lib/libomnize.a
version=$(make -s version)

check "libomnize.so exports the header's functions only" same_as_declared "$STAGE/include" shared_exports "$shared"
check "libomnize.a defines the header's functions only" same_as_declared "$STAGE/include" static_globals "$static"
check "the shared object has its SONAME" has_soname "$shared"
check "the shared object stays loaded" stays_loaded "$shared"
check "the shared object has immediate binding, RELRO and no writable code" hardened "$shared"
check "the shared object needs only the system's libraries" no_output foreign "$shared"
