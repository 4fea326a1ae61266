//! A table that is made at its first use, without a lock.
//!
//! A forked child may use it too. It would wait forever if the fork happened while another thread held a lock for the first
//! use. Here, each thread makes its own value then, and one of them stays.

use std::ops::Deref;

use once_cell::race::OnceBox;

/// A static value that `make` returns.
pub(crate) struct StaticTable<T> {
    value: OnceBox<T>,
    make: fn() -> T,
}

impl<T> StaticTable<T> {
    /// Creates a table that is not made yet.
    pub const fn new(make: fn() -> T) -> Self {
        StaticTable {
            value: OnceBox::new(),
            make,
        }
    }
}

impl<T> Deref for StaticTable<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| Box::new((self.make)()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    static STARTED: AtomicUsize = AtomicUsize::new(0);

    static TABLE: StaticTable<usize> = StaticTable::new(|| {
        let own = STARTED.fetch_add(1, Ordering::SeqCst);
        // With a lock, the second thread would never come here.
        while STARTED.load(Ordering::SeqCst) < 2 {
            thread::yield_now();
        }
        own
    });

    #[test]
    fn no_thread_waits_for_the_first_use_of_another() {
        let values = [thread::spawn(|| *TABLE), thread::spawn(|| *TABLE)]
            .map(|thread| thread.join().unwrap());
        assert_eq!(values[0], values[1]);
        assert_eq!(values[0], *TABLE);
    }
}
