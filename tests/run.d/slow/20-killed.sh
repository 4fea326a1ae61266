#!/bin/sh
# The long run of tests/stored_events_survive_a_kill: a million triggers over 10,000 interactions, and 200 kills.

. tests/check.sh

export OMNIZE_TEST_TRIGGERS=1000000 OMNIZE_TEST_INTERACTIONS=10000 OMNIZE_TEST_KILLS=200

check "1,000,000 triggers, 200 kills: no trigger is lost" \
    cargo test --locked --release --test stored_events_survive_a_kill repeatedly_killed
