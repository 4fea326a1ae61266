//! The library's threads, named and deaf to the host's signals; and a number for every thread.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

/// Tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadId(u64);

/// The number of the calling thread. The standard library's would leave a block behind for each thread of the host that
/// outlives its thread-locals, its first one above all, and leak checkers would report it.
pub fn id() -> ThreadId {
    static LAST: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static ID: u64 = LAST.fetch_add(1, Ordering::Relaxed);
    }
    ThreadId(ID.with(|id| *id))
}

/// Starts a thread that has every signal blocked from its first instruction, so that a handler of the host never runs on
/// it, and that can't be cancelled. The name shows in debuggers and is at most 15 bytes long.
pub fn spawn<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let body = || {
        crate::host::cancellation::never_here();
        body()
    };
    with_signals_blocked(|| Builder::new().name(name.to_owned()).spawn(body))
}

/// Waits for a thread to end, unless it is the calling one, which ends in its own time. A panic in it was reported by the
/// hook.
pub fn join<T>(thread: JoinHandle<T>) {
    if !is_this(&thread) {
        let _ = thread.join();
    }
}

/// Whether it is the calling thread.
#[cfg(unix)]
pub(crate) fn is_this<T>(thread: &JoinHandle<T>) -> bool {
    use std::os::unix::thread::JoinHandleExt;

    // SAFETY: neither call takes a pointer; the thread's number is valid until it is joined, which takes `thread`.
    unsafe { libc::pthread_equal(thread.as_pthread_t(), libc::pthread_self()) != 0 }
}

/// Whether it is the calling thread.
#[cfg(not(unix))]
pub(crate) fn is_this<T>(thread: &JoinHandle<T>) -> bool {
    thread.thread().id() == std::thread::current().id()
}

/// A thread inherits the mask of the one that starts it, so the mask is set here and set back.
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
