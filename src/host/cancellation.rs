//! Cancellation of the host's threads. A thread that is cancelled in the middle of a call would be unwound through the
//! library's frames, which Rust answers by ending the process. So while a call runs, cancellation waits: the thread ends at
//! the call's end, where its type is asynchronous, or else at its next cancellation point.
//!
//! It waits in callbacks, too: the frames that called them are still there.

#[cfg(all(unix, not(target_os = "android")))]
pub use posix::never_here;
#[cfg(all(unix, not(target_os = "android"), feature = "capi"))]
pub use posix::wait;

/// Runs the library's code. Here no thread can be cancelled.
#[cfg(all(not(all(unix, not(target_os = "android"))), feature = "capi"))]
pub fn wait<T: Copy>(run: impl FnOnce() -> T) -> T {
    run()
}

/// The calling thread is the library's.
#[cfg(not(all(unix, not(target_os = "android"))))]
pub fn never_here() {}

#[cfg(all(unix, not(target_os = "android")))]
mod posix {
    use std::ffi::c_int;

    #[cfg(target_vendor = "apple")]
    const DISABLED: c_int = 0;
    #[cfg(not(target_vendor = "apple"))]
    const DISABLED: c_int = 1;

    // A thread whose type is asynchronous ends in it, and is unwound from there.
    unsafe extern "C-unwind" {
        fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
    }

    fn set(state: c_int) -> c_int {
        let mut before = state;
        // SAFETY: the state is one of the two that there are, and `before` is a number of ours.
        unsafe {
            pthread_setcancelstate(state, &raw mut before);
        }
        before
    }

    /// Runs the library's code, which the thread is not cancelled in. What it gives has no destructor, for none would run
    /// where the thread ends when this sets its state back.
    #[cfg(feature = "capi")]
    pub fn wait<T: Copy>(run: impl FnOnce() -> T) -> T {
        let before = set(DISABLED);
        let value = run();
        if before != DISABLED {
            set(before);
        }
        value
    }

    /// The calling thread is the library's: nobody may cancel it.
    pub fn never_here() {
        set(DISABLED);
    }
}
