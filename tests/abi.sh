#!/bin/sh
# Describes the ABI that the header in a folder declares, a line for each function, type and constant, without comments
# and line breaks: what an application that was compiled earlier relies on.
#
#   tests/abi.sh include

set -eu
folder=$1

# Constants: what the preprocessor knows after the header and not before it. The version changes with every release.
printf '#include <stdint.h>\n' | cc -E -dM - | sort >"${TMPDIR:-/tmp}/omnize-abi.$$"
printf '#include <omnize.h>\n' | cc -E -dM -I"$folder" - | sort |
    comm -13 "${TMPDIR:-/tmp}/omnize-abi.$$" - | grep -vE 'OMNIZE_(VERSION|H)\b'
rm -f "${TMPDIR:-/tmp}/omnize-abi.$$"

# Declarations: what the preprocessor leaves of the header's own lines.
printf '#include <omnize.h>\n' | cc -E -I"$folder" - |
    awk '/^# [0-9]+ "/ { ours = $3 ~ /omnize\.h"$/; next } ours' | tr '\n' ' ' | tr -s ' ' |
    sed 's/; */;\n/g; s/extern "C" {//' | sed 's/^ *//; /^ *$/d' | LC_ALL=C sort
