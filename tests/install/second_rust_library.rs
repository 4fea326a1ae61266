//! A second Rust static library, to link into one program with libomnize.a. It contains its own runtime.

/// Returns 1 if a panic of this library is caught here.
#[unsafe(no_mangle)]
pub extern "C" fn second_library_catches_a_panic() -> i32 {
    i32::from(std::panic::catch_unwind(|| panic!("a panic of the second library")).is_err())
}
