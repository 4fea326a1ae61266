//! What this thread is in the midst of, while the hook that may end its wait runs code of the application's, which may use
//! the library: what can't end before that code does is not to be waited for by it.

use std::cell::RefCell;

use crate::interrupt;

thread_local! {
    /// Clients' senders and interactions, by their addresses. They outlive their entries.
    static ENTERED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Until this is dropped, the thread is in the midst of a request.
#[derive(Debug)]
pub struct ActiveRequestGuard(());

impl ActiveRequestGuard {
    /// The thread makes a request of `what`; `None` where it has no hook, for then it does nothing else meanwhile.
    pub fn enter<T>(what: &T) -> Option<Self> {
        interrupt::is_set().then(|| {
            ENTERED.with_borrow_mut(|entered| entered.push(address(what)));
            ActiveRequestGuard(())
        })
    }

    /// In how many requests of `what` the thread is.
    pub fn depth<T>(what: &T) -> usize {
        ENTERED.with_borrow(|entered| {
            let these = entered.iter().filter(|entry| **entry == address(what));
            these.count()
        })
    }
}

impl Drop for ActiveRequestGuard {
    fn drop(&mut self) {
        // One within another ends before it.
        ENTERED.with_borrow_mut(Vec::pop);
    }
}

fn address<T>(what: &T) -> usize {
    std::ptr::from_ref(what).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_by_itself_and_only_where_a_hook_is() {
        let (one, other) = (Box::new(1), Box::new(2));
        assert!(ActiveRequestGuard::enter(&*one).is_none());
        interrupt::with(
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
