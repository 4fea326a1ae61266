#!/bin/sh
# The long run of tests/not_sent_means_not_read.rs: 10,000 connections end in each way, in the clear and
# encrypted, on this machine and with a millisecond of flight time.

. tests/check.sh

export OMNIZE_TEST_ENDS=10000

check "10,000 ends of each kind: nothing that a server has read is called not sent, and most of the rest is" \
    cargo test --locked --all-features --test not_sent_means_not_read
