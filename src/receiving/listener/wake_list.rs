//! Whom the listener owes a ring: those it has given triggers to.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::receiving::receiver::Receiver;

/// How many triggers may share a ring. A listener that is never idle rings when so many have come.
const MOST: usize = 32;

/// The rings that are owed.
#[derive(Debug, Default)]
pub struct WakeList(Mutex<Owed>);

#[derive(Debug, Default)]
struct Owed {
    triggers: usize,
    to: Vec<Weak<Receiver>>,
}

impl WakeList {
    /// Owes `receiver` a ring for a trigger.
    pub fn owe(&self, receiver: &Arc<Receiver>) {
        let mut owed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_last = |last: &Weak<Receiver>| std::ptr::eq(last.as_ptr(), Arc::as_ptr(receiver));
        if !owed.to.last().is_some_and(is_last) {
            owed.to.push(Arc::downgrade(receiver));
        }
        owed.triggers += 1;
        if owed.triggers >= MOST {
            owed.pay();
        }
    }

    /// Rings.
    pub fn ring(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pay();
    }
}

impl Owed {
    fn pay(&mut self) {
        self.triggers = 0;
        for receiver in self.to.drain(..) {
            // One that is gone waits for nothing.
            if let Some(receiver) = receiver.upgrade() {
                receiver.ring();
            }
        }
    }
}
