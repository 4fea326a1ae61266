#!/bin/sh
# Prints the ABI of the header in a folder: a line for each function, type and constant, without comments and line breaks.
# Compiled applications depend on these lines.
#
#   tests/abi.sh include

set -eu
folder=$1

# Constants: macros that the header adds. The version changes with every release.
printf '#include <stdint.h>\n' | cc -E -dM - | sort >"${TMPDIR:-/tmp}/omnize-abi.$$"
printf '#include <omnize.h>\n' | cc -E -dM -DOMNIZE_STATIC -I"$folder" - | sort |
    comm -13 "${TMPDIR:-/tmp}/omnize-abi.$$" - | grep -vE 'OMNIZE_(VERSION|H|STATIC|API|CALL)\b'
rm -f "${TMPDIR:-/tmp}/omnize-abi.$$"

# Declarations: the header's own lines after preprocessing. OMNIZE_STATIC makes OMNIZE_API empty.
printf '#include <omnize.h>\n' | cc -E -DOMNIZE_STATIC -I"$folder" - |
    awk '/^# [0-9]+ "/ { is_own = $3 ~ /omnize\.h"$/; next } is_own' | tr '\n' ' ' | tr -s ' ' |
    sed 's/; */;\n/g; s/extern "C" {//; s/( */(/g; s/\* omnize_/*omnize_/g' | sed 's/^ *//; /^ *$/d' | LC_ALL=C sort
