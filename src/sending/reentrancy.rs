//! The requests that are active on this thread while the interrupt hook runs application code.
//!
//! That code may call the library. A wait for one of these requests would deadlock, because the request ends after the hook.

use std::cell::RefCell;

use crate::interrupt;

thread_local! {
    /// The addresses of senders and interactions with an active request. They live longer than their entries.
    static ACTIVE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Marks a request as active on this thread until it is dropped.
#[derive(Debug)]
pub struct ActiveRequestGuard(());

impl ActiveRequestGuard {
    /// Marks a request of `owner` as active. Returns `None` if the thread has no hook, because then no other code runs.
    pub fn enter<T>(owner: &T) -> Option<Self> {
        interrupt::is_set().then(|| {
            ACTIVE.with_borrow_mut(|active| active.push(address(owner)));
            ActiveRequestGuard(())
        })
    }

    /// Returns the number of requests of `owner` that are active on this thread.
    pub fn depth<T>(owner: &T) -> usize {
        ACTIVE.with_borrow(|active| {
            let of_owner = active.iter().filter(|entry| **entry == address(owner));
            of_owner.count()
        })
    }
}

impl Drop for ActiveRequestGuard {
    fn drop(&mut self) {
        // Nested requests end first.
        ACTIVE.with_borrow_mut(Vec::pop);
    }
}

fn address<T>(owner: &T) -> usize {
    std::ptr::from_ref(owner).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_is_counted_only_with_a_hook() {
        let (one, other) = (Box::new(1), Box::new(2));
        assert!(ActiveRequestGuard::enter(&*one).is_none());
        interrupt::with_hook(
            || false,
            || {
                let outer = ActiveRequestGuard::enter(&*one);
                let inner = ActiveRequestGuard::enter(&*other);
                assert_eq!(
                    (
                        ActiveRequestGuard::depth(&*one),
                        ActiveRequestGuard::depth(&*other)
                    ),
                    (1, 1)
                );
                drop(inner);
                assert_eq!(
                    (
                        ActiveRequestGuard::depth(&*one),
                        ActiveRequestGuard::depth(&*other)
                    ),
                    (1, 0)
                );
                drop(outer);
            },
        );
        assert_eq!(ActiveRequestGuard::depth(&*one), 0);
    }
}
