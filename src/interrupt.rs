//! The interrupt hook: ends a blocking call before its timeout, without a second thread.
//!
//! It is for bindings whose host handles signals on one thread only, and only while that thread runs the host's code. Each
//! wait of a request calls the hook when a signal ends its system call, and at least once per [`CHECK_INTERVAL`].

use std::cell::Cell;
use std::io;
use std::panic::catch_unwind;
use std::time::Duration;

use crate::host::fork::Origin;

/// The longest time between two calls of the hook.
pub const CHECK_INTERVAL: Duration = Duration::from_millis(40);

/// Returns whether the wait should end. The library calls it on the waiting thread, without holding a lock; it may call the
/// library. A panic ends the wait. A fork ends it in the child, which must not read the parent's response.
///
/// It is a plain function, because a thread-local can't hold borrowed values. A hook with further results stores them
/// elsewhere.
pub type Hook = fn() -> bool;

#[derive(Clone, Copy)]
struct InterruptState {
    hook: Hook,
    /// Whether the hook has ended the wait. It is not called again.
    interrupted: bool,
    /// The process in which the call began.
    origin: Origin,
}

thread_local! {
    static CURRENT: Cell<Option<InterruptState>> = const { Cell::new(None) };
}

/// Runs one blocking call with an interrupt hook. An interrupted request fails as `NotSent` if no byte was sent, otherwise as
/// `Unknown`. Its connection is closed, and it is not retried.
///
/// Blocks for as long as `call` does. The hook does not end waits for the disk, or the work of other threads.
pub fn with_hook<T>(hook: Hook, call: impl FnOnce() -> T) -> T {
    let state = InterruptState {
        hook,
        interrupted: false,
        origin: Origin::here(),
    };
    let _guard = RestoreHook(CURRENT.replace(Some(state)));
    call()
}

/// Restores the previous hook on drop, also after a panic.
struct RestoreHook(Option<InterruptState>);

impl Drop for RestoreHook {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Returns whether this thread has a hook.
pub(crate) fn is_set() -> bool {
    CURRENT.get().is_some()
}

/// Returns whether the hook has ended this thread's call.
pub(crate) fn is_interrupted() -> bool {
    CURRENT.get().is_some_and(|state| state.interrupted)
}

/// Returns how much of a wait may pass before the hook must be called: all of it, if there is no hook.
pub(crate) fn wait_slice(wait: Duration) -> Duration {
    if is_set() {
        wait.min(CHECK_INTERVAL)
    } else {
        wait
    }
}

/// Calls this thread's hook, if there is one, and returns whether the wait should end. The caller must not hold a lock.
pub(crate) fn should_interrupt() -> bool {
    let Some(state) = CURRENT.get() else {
        return false;
    };
    if state.interrupted {
        return true;
    }
    // Calls of the hook are not part of the interrupted call.
    CURRENT.set(None);
    let interrupted = catch_unwind(state.hook).unwrap_or(true) || state.origin != Origin::here();
    CURRENT.set(Some(InterruptState {
        interrupted,
        ..state
    }));
    interrupted
}

/// Returns the error for an aborted system call. Not `ErrorKind::Interrupted`, because callers repeat the system call after
/// that kind.
pub(crate) fn interrupted_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "it was interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static HOOK_CALLS: Cell<u32> = const { Cell::new(0) };
    }

    fn interrupt_at_third_call() -> bool {
        HOOK_CALLS.set(HOOK_CALLS.get() + 1);
        HOOK_CALLS.get() == 3
    }

    #[test]
    fn without_a_hook_waits_are_whole_and_not_interrupted() {
        let long = Duration::from_secs(600);
        assert_eq!(wait_slice(long), long);
        assert!(!should_interrupt() && !is_interrupted());
        with_hook(|| false, || assert_eq!(wait_slice(long), CHECK_INTERVAL));
        assert_eq!(wait_slice(long), long);
    }

    #[test]
    fn interrupted_call_no_longer_calls_the_hook() {
        with_hook(interrupt_at_third_call, || {
            assert!(!should_interrupt() && !should_interrupt() && !is_interrupted());
            assert!(should_interrupt() && is_interrupted());
            assert!(should_interrupt());
            assert_eq!(HOOK_CALLS.get(), 3);
        });
        assert!(!is_interrupted());
    }

    #[test]
    fn nested_call_has_its_own_hook() {
        fn outer() -> bool {
            assert!(!is_set());
            with_hook(|| true, || assert!(should_interrupt()));
            false
        }
        with_hook(outer, || {
            assert!(!should_interrupt());
            assert!(is_set() && !is_interrupted());
        });
    }

    #[test]
    fn panic_of_the_hook_ends_the_wait() {
        with_hook(|| panic!("on purpose"), || assert!(should_interrupt()));
    }

    #[test]
    fn hook_is_removed_after_a_panic() {
        catch_unwind(|| with_hook(|| true, || panic!("on purpose"))).unwrap_err();
        assert!(!is_set());
    }
}
