//! Spawns the library's threads: named, with all signals blocked. Returns an id for each thread.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

/// Identifies a thread of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadId(u64);

/// Returns the id of the calling thread. The standard library's id would allocate memory that leak checkers report for the
/// host's main thread.
pub fn id() -> ThreadId {
    static LAST: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static ID: u64 = LAST.fetch_add(1, Ordering::Relaxed);
    }
    ThreadId(ID.with(|id| *id))
}

/// Spawns a thread. All signals are blocked from its first instruction, so that signal handlers of the host never run on it, and
/// it cannot be cancelled. Debuggers show the name, of at most 15 bytes.
pub fn spawn<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let body = || {
        crate::host::cancellation::disable();
        body()
    };
    with_signals_blocked(|| Builder::new().name(name.to_owned()).spawn(body))
}

/// Joins a thread, unless it is the calling one. The panic hook has reported a panic of it.
pub fn join<T>(thread: JoinHandle<T>) {
    if !is_this(&thread) {
        let _ = thread.join();
    }
}

/// Returns whether it is the calling thread.
#[cfg(unix)]
pub(crate) fn is_this<T>(thread: &JoinHandle<T>) -> bool {
    use std::os::unix::thread::JoinHandleExt;

    // A pointer in musl, and a number in the standard library.
    let id = thread.as_pthread_t() as _;
    // SAFETY: neither call reads through a pointer; the thread's id is valid until it is joined, which takes `thread`.
    unsafe { libc::pthread_equal(id, libc::pthread_self()) != 0 }
}

/// Returns whether it is the calling thread.
#[cfg(not(unix))]
pub(crate) fn is_this<T>(thread: &JoinHandle<T>) -> bool {
    thread.thread().id() == std::thread::current().id()
}

/// Runs a function with all signals blocked. A new thread inherits the mask of the thread that spawns it.
#[cfg(unix)]
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    use std::mem::MaybeUninit;

    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: `sigfillset` fills `all`, and only then is it read; `pthread_sigmask` fills `before`. Neither can fail with
    // these arguments.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let started = start();
    // SAFETY: `before` was filled above.
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut());
    }
    started
}

#[cfg(not(unix))]
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    start()
}
