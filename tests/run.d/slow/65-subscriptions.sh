#!/bin/sh
# needs: stage
# The model of subscriptions_under_stress.c, for as many lives of a client as find rare interleavings.

. tests/check.sh

# shellcheck disable=SC2046 # flags are words
long() {
    cc -std=c99 -O1 -D_GNU_SOURCE -pthread -o "$TMPDIR/stress" tests/c/subscriptions_under_stress.c $(stage_flags) &&
        timeout 900 "$TMPDIR/stress" 1000
}
check "subscriptions under long stress" long
