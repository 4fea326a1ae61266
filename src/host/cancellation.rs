//! Disables the cancellation of the host's threads during a call.
//!
//! A cancelled thread is unwound through the library's frames, and Rust aborts the process then. Therefore a cancellation waits
//! until the call returns. The thread ends at the end of the call if its type is asynchronous, otherwise at its next cancellation
//! point. Callbacks run with cancellation disabled too, because the frames of the call are still on the stack.

#[cfg(all(unix, not(target_os = "android")))]
pub use posix::disable;
#[cfg(all(unix, not(target_os = "android"), feature = "capi"))]
pub use posix::with_cancellation_disabled;

/// Runs the function. This system has no cancellation.
#[cfg(all(not(all(unix, not(target_os = "android"))), feature = "capi"))]
pub fn with_cancellation_disabled<T: Copy>(run: impl FnOnce() -> T) -> T {
    run()
}

/// Does nothing. This system has no cancellation.
#[cfg(not(all(unix, not(target_os = "android"))))]
pub fn disable() {}

#[cfg(all(unix, not(target_os = "android")))]
mod posix {
    use std::ffi::c_int;

    #[cfg(target_vendor = "apple")]
    const DISABLED: c_int = 0;
    #[cfg(not(target_vendor = "apple"))]
    const DISABLED: c_int = 1;

    // A thread with asynchronous cancellation ends in this call, and is unwound from there.
    unsafe extern "C-unwind" {
        fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
    }

    fn set(state: c_int) -> c_int {
        let mut before = state;
        // SAFETY: the state is one of two valid values, and `before` is a local integer.
        unsafe {
            pthread_setcancelstate(state, &raw mut before);
        }
        before
    }

    /// Runs a function with cancellation disabled. Its value must have no destructor, because the thread may end when the state
    /// is restored.
    #[cfg(feature = "capi")]
    pub fn with_cancellation_disabled<T: Copy>(run: impl FnOnce() -> T) -> T {
        let before = set(DISABLED);
        let value = run();
        if before != DISABLED {
            set(before);
        }
        value
    }

    /// Disables the cancellation of the calling thread, which belongs to the library.
    pub fn disable() {
        set(DISABLED);
    }
}
