#!/bin/sh
# The long run of tests/what_was_taken_is_handled: a million triggers over 10,000 interactions, and 200 kills.

. tests/check.sh

export OMNIZE_TEST_TRIGGERS=1000000 OMNIZE_TEST_INTERACTIONS=10000 OMNIZE_TEST_KILLS=200

check "1,000,000 triggers, 200 kills: none is missed" \
    cargo test --locked --release --test what_was_taken_is_handled killed
