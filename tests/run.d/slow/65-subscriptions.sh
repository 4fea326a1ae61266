#!/bin/sh
# needs: stage
# subscriptions_under_stress.c with enough rounds to find rare interleavings.

. tests/check.sh

# shellcheck disable=SC2046 # flags are words
long() {
    cc -std=c99 -O1 -D_GNU_SOURCE -pthread -o "$TMPDIR/stress" tests/c/subscriptions_under_stress.c $(stage_flags) &&
        timeout 900 "$TMPDIR/stress" 300
}
check "subscriptions under long stress" long
