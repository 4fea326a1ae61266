#!/bin/sh
# needs: stage
# `make demo` shows a whole conversation, and in less than a minute once things are built.

. tests/check.sh

check "make demo" timeout 60 make -s demo
