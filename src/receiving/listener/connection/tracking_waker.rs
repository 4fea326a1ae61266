//! A waker that records whether it was called during a poll.
//!
//! The parser wakes itself during poll after each body, which would cause a useless second poll. `poll` reports this
//! wake-up, and the caller decides.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// The future is not being polled: a wake-up wakes the task.
const NOT_POLLED: u8 = 0;
/// The future is being polled.
const POLLED: u8 = 1;
/// The future is being polled and was woken.
const WOKEN: u8 = 2;

struct TrackingWaker {
    task: Waker,
    state: AtomicU8,
}

/// Polls one future of a task, and reports whether it was woken during the poll.
pub struct Tracked {
    tracking: Arc<TrackingWaker>,
    waker: Waker,
}

impl Tracked {
    /// Creates the waker for a future of the task that `task` wakes.
    pub fn new(task: Waker) -> Self {
        let state = AtomicU8::new(NOT_POLLED);
        let tracking = Arc::new(TrackingWaker { task, state });
        let waker = tracking.clone().into();
        Tracked { tracking, waker }
    }

    /// Polls the future. The second value is whether the future was woken during the poll; the task was not woken
    /// then.
    pub fn poll<F: Future>(&self, future: Pin<&mut F>) -> (Poll<F::Output>, bool) {
        self.tracking.state.store(POLLED, Ordering::Release);
        let polled = future.poll(&mut Context::from_waker(&self.waker));
        let state = self.tracking.state.swap(NOT_POLLED, Ordering::AcqRel);
        (polled, state == WOKEN)
    }
}

impl Wake for TrackingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let recorded =
            self.state
                .compare_exchange(POLLED, WOKEN, Ordering::AcqRel, Ordering::Acquire);
        if recorded == Err(NOT_POLLED) {
            self.task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_wake_during_poll_does_not_wake_the_task() {
        let count = Arc::new(Count::default());
        let tracked = Tracked::new(count.clone().into());
        let mut self_waking = pin!(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            let another = cx.waker().clone();
            another.wake();
            Poll::<()>::Pending
        }));
        for _ in 0..2 {
            assert_eq!(tracked.poll(self_waking.as_mut()), (Poll::Pending, true));
        }
        assert_eq!(count.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn each_later_wake_wakes_the_task() {
        let count = Arc::new(Count::default());
        let tracked = Tracked::new(count.clone().into());
        let waker = Mutex::new(None);
        let mut pending = pin!(poll_fn(|cx| {
            *waker.lock().unwrap() = Some(cx.waker().clone());
            Poll::<()>::Pending
        }));
        for woken in 1..=2 {
            assert_eq!(tracked.poll(pending.as_mut()), (Poll::Pending, false));
            waker.lock().unwrap().take().unwrap().wake();
            assert_eq!(count.0.load(Ordering::SeqCst), woken);
        }
    }
}
