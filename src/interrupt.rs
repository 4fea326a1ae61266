//! How who waits for a request may end that wait before its time, without a second thread: a hook that the waits ask.
//!
//! It is for bindings whose host sees to signals on one thread alone, and only when that thread runs the host's code. Each
//! wait below a request asks the hook when a signal has ended its system call, and at the latest after a [`CHECK_INTERVAL`].

use std::cell::Cell;
use std::io;
use std::panic::catch_unwind;
use std::time::Duration;

use crate::host::fork::Origin;

/// For how long a wait goes on at the most before the hook is asked again.
pub const CHECK_INTERVAL: Duration = Duration::from_millis(40);

/// Tells whether the waiting is to end. Called on the thread that waits, which holds no lock of the library meanwhile; it
/// may use the library as it likes. One that panics ends the waiting; one that forks ends it in the child, where the answer
/// is not to be read that the parent waits for.
///
/// A plain function, for a thread-local can't keep what is borrowed. What it has to tell beyond yes and no it leaves
/// where its caller finds it.
pub type Hook = fn() -> bool;

#[derive(Clone, Copy)]
struct InterruptState {
    hook: Hook,
    /// Whether the hook has said yes. It is not asked again then.
    ended: bool,
    /// Where the call began.
    origin: Origin,
}

thread_local! {
    static CURRENT: Cell<Option<InterruptState>> = const { Cell::new(None) };
}

/// Makes one call of the library, which waits for a request, with a hook that may end it: a request that no byte has left
/// of ends as not sent then, and another one as unknown. Its connection is closed, and it is not made again.
///
/// Blocks for as long as `call` does. What the library does on other threads is not asked about, and neither are waits for
/// the disk.
pub fn with<T>(hook: Hook, call: impl FnOnce() -> T) -> T {
    let asking = InterruptState {
        hook,
        ended: false,
        origin: Origin::here(),
    };
    let _before = Before(CURRENT.replace(Some(asking)));
    call()
}

/// What held before, and holds again when this is dropped, also by a panic.
struct Before(Option<InterruptState>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Whether this thread has a hook.
pub(crate) fn is_set() -> bool {
    CURRENT.get().is_some()
}

/// Whether the hook has ended this thread's call.
pub(crate) fn has_ended() -> bool {
    CURRENT.get().is_some_and(|asking| asking.ended)
}

/// For how long a wait of this length goes on before it is to ask the hook, if there is one.
pub(crate) fn slice(left: Duration) -> Duration {
    if is_set() {
        left.min(CHECK_INTERVAL)
    } else {
        left
    }
}

/// Asks this thread's hook, if it has one, whether the wait is to end. No lock may be held.
pub(crate) fn asks_to_end() -> bool {
    let Some(asking) = CURRENT.get() else {
        return false;
    };
    if asking.ended {
        return true;
    }
    // What the hook calls is no part of the call that it is asked about.
    CURRENT.set(None);
    let ended = catch_unwind(asking.hook).unwrap_or(true) || asking.origin != Origin::here();
    CURRENT.set(Some(InterruptState { ended, ..asking }));
    ended
}

/// What a system call is said to have ended with that was given up. Not the kind `Interrupted`, after which it would be
/// made again.
pub(crate) fn error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "it was interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    fn third_time() -> bool {
        ASKED.set(ASKED.get() + 1);
        ASKED.get() == 3
    }

    #[test]
    fn without_a_hook_waits_are_whole_and_nobody_ends_them() {
        let long = Duration::from_secs(600);
        assert_eq!(slice(long), long);
        assert!(!asks_to_end() && !has_ended());
        with(|| false, || assert_eq!(slice(long), CHECK_INTERVAL));
        assert_eq!(slice(long), long);
    }

    #[test]
    fn what_has_ended_stays_so_and_the_hook_is_asked_no_more() {
        with(third_time, || {
            assert!(!asks_to_end() && !asks_to_end() && !has_ended());
            assert!(asks_to_end() && has_ended());
            assert!(asks_to_end());
            assert_eq!(ASKED.get(), 3);
        });
        assert!(!has_ended());
    }

    #[test]
    fn a_call_within_the_hook_is_asked_about_by_its_own() {
        fn outer() -> bool {
            assert!(!is_set());
            with(|| true, || assert!(asks_to_end()));
            false
        }
        with(outer, || {
            assert!(!asks_to_end());
            assert!(is_set() && !has_ended());
        });
    }

    #[test]
    fn a_hook_that_panics_ends_the_wait() {
        with(|| panic!("on purpose"), || assert!(asks_to_end()));
    }

    #[test]
    fn is_gone_after_a_panic() {
        catch_unwind(|| with(|| true, || panic!("on purpose"))).unwrap_err();
        assert!(!is_set());
    }
}
