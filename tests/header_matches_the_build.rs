//! include/omnize.h is checked in, and equals the output of cbindgen for src/capi/.

#![cfg(feature = "capi")]

#[test]
fn header_matches_the_build() {
    let written = include_str!(concat!(env!("OUT_DIR"), "/omnize.h"));
    let checked_in = include_str!("../include/omnize.h");
    assert!(
        written == checked_in,
        "include/omnize.h is out of date: run `make header`"
    );
}
