//! Watches for forks of the process. In a forked child, calls fail instead of waiting for threads and locks of the parent.

use std::sync::Once;

pub use crate::host::fork_generation::Origin;
#[cfg(feature = "capi")]
pub use crate::host::fork_generation::{check, error};

/// Registers the fork handlers. Called when the first client opens, because loading the library must have no effect.
pub fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the handlers change atomics and close descriptors, which is allowed after a fork.
        unsafe {
            libc::pthread_atfork(Some(before_fork), None, Some(in_child));
        }
    });
}

#[cfg(unix)]
extern "C" fn before_fork() {
    #[cfg(feature = "store")]
    crate::host::fork_generation::count_begun();
}

#[cfg(unix)]
extern "C" fn in_child() {
    crate::host::fork_generation::count_child();
    #[cfg(feature = "store")]
    crate::host::closed_on_fork::close_all();
}
