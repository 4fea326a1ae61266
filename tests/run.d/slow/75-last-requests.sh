#!/bin/sh
# The long run of tests/not_sent_means_not_read.rs: 10,000 connections end in each way, unencrypted and encrypted, on
# this machine and with a network delay of a millisecond.

. tests/check.sh

export OMNIZE_TEST_ENDS=10000

check "10,000 ends of each kind: no request that a server read is reported as not sent, and most others are" \
    cargo test --locked --all-features --test not_sent_means_not_read
