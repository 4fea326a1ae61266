#!/bin/sh
# Calls a function of tests/wine.sh, for programs that are no shell scripts:
#
#   tests/wine_call.sh wine32 PROGRAM ARGUMENTS...

. tests/wine.sh
"$@"
