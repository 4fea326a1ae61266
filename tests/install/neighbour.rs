//! Another Rust static library, to be linked into one program with libomnize.a: it brings a runtime of its own.

/// Whether a panic in here is caught in here.
#[unsafe(no_mangle)]
pub extern "C" fn neighbour_catches_a_panic() -> i32 {
    i32::from(std::panic::catch_unwind(|| panic!("a neighbour's panic")).is_err())
}
