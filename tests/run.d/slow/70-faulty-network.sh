#!/bin/sh
# The long run of tests/faulty_network: 200,000 messages over 2,000 interactions through a network with every fault, and
# 200 kills. Runs once with `on_unknown = report` and once with `on_unknown = resend`.

. tests/check.sh

export OMNIZE_TEST_POSTED=200000 OMNIZE_TEST_INTERACTIONS_POSTED=2000 OMNIZE_TEST_KILLS_POSTING=200

for way in reported resent; do
    check "200,000 messages, 200 kills, every fault: unknown delivery is $way, each message has one correct outcome" \
        cargo test --locked --release --features sandbox --test faulty_network "$way"
done
