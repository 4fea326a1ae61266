#!/bin/sh
# Prints the module-definition file of the Windows DLL, from which tools make import libraries. Ordinals are not promised.
#
#   .ci/cross/def.sh cdecl      of omnize.dll
#   .ci/cross/def.sh stdcall    of omnize-stdcall.dll, for 32-bit x86
#
# The stdcall file contains the names as compilers decorate them, with the size of the parameters: omnize_error_free@4. The
# DLL exports them without decoration. Therefore dlltool and llvm-dlltool need the argument --kill-at (-k).

set -eu
cd "$(dirname "$0")/../.."

case $1 in
    cdecl) library=omnize.dll ;;
    stdcall) library=omnize-stdcall.dll ;;
    *) echo "def.sh: '$1' is not a calling convention; pass cdecl or stdcall" >&2 && exit 1 ;;
esac

printf 'LIBRARY "%s"\nEXPORTS\n' "$library"
# The size of a parameter on 32-bit x86 is 4 bytes; int64_t and double have 8.
sed -nE 's/^(.*[ *])?(omnize_[a-z0-9_]+)\((.*)\);$/\2 \3/p' include/omnize.abi | grep -v '^omnize_[a-z_]*)' |
    awk -v convention="$1" '
        {
            name = $1
            parameters = substr($0, length(name) + 2)
            size = 0
            count = parameters == "void" ? 0 : split(parameters, each, ", ")
            for (i = 1; i <= count; i++) size += each[i] ~ /^(u?int64_t|double) [^*]*$/ ? 8 : 4
            print "    " name (convention == "stdcall" ? "@" size : "")
        }' | LC_ALL=C sort
