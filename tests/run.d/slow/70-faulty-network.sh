#!/bin/sh
# The long run of tests/faulty_network: 200,000 messages over 2,000 interactions through a network that fails in every
# way, and 200 kills; once where what may have been received is reported, and once where it is sent again.

. tests/check.sh

export OMNIZE_TEST_POSTED=200000 OMNIZE_TEST_INTERACTIONS_POSTED=2000 OMNIZE_TEST_KILLS_POSTING=200

for way in reported again; do
    check "200,000 messages, 200 kills, every fault: what may have been received is $way, each has one true outcome" \
        cargo test --locked --release --features sandbox --test faulty_network "$way"
done
