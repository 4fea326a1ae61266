#!/bin/sh
# needs: stage
# `make demo` shows a whole conversation, in less than a minute after the build.

. tests/check.sh

check "make demo" timeout 60 make -s demo
