//! The references of posted requests. A second post with a known reference returns the first ticket and sends nothing, so
//! that an application can repeat a post after a crash.
//!
//! A reference is known while its request is in the outbox, and after that for `outbox.reference_window`. With a store, it
//! is written in the same commit as the request, and again in the same commit as the outcome.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::receiving::deadline_after;
use crate::sending::outbox::references::request_digest::RequestDigest;
use crate::status::Status;
use crate::text_encoding::TextEncoding;
use crate::wire::{Address, Request};

/// The known references of one client.
#[derive(Debug)]
pub(crate) struct References {
    pub encoding: TextEncoding,
    pub window: Duration,
    pub capacity: usize,
    state: Mutex<ReferencesState>,
    /// Wakes posts that wait for another post with the same reference.
    posted: Condvar,
}

#[derive(Default)]
struct ReferencesState {
    by_reference: HashMap<Arc<str>, ReferenceEntry>,
    /// The references of ended requests, with the time to forget them, the oldest first.
    ended: VecDeque<(Instant, Arc<str>)>,
    /// Whether references were forgotten too early, and whether this was logged.
    is_early: bool,
    has_warned: bool,
}

#[derive(Clone, Copy)]
enum ReferenceEntry {
    /// A thread is posting the request.
    Posting,
    /// It has the ticket, but is not in the outbox yet. It may end before the post returns.
    Queueing { ticket: u64, digest: RequestDigest },
    /// The request is in the outbox, or has ended.
    Posted {
        ticket: u64,
        digest: RequestDigest,
        has_ended: bool,
    },
}

/// The result of a claim.
#[derive(Debug)]
pub(crate) enum Claim<'a> {
    /// An earlier post of the same request returned this ticket.
    Known(u64),
    /// The request is new; the caller posts it.
    New(ReferenceClaim<'a>),
}

/// The claim of a post for its reference. Its drop releases the reference if the request has no ticket, and otherwise
/// returns the ticket to repeated posts.
#[derive(Debug)]
pub(crate) struct ReferenceClaim<'a> {
    references: &'a References,
    /// `None` for a request without a reference.
    claimed: Option<(Arc<str>, RequestDigest)>,
    ticket: Option<u64>,
}

impl References {
    /// Creates an empty set.
    pub fn new(settings: &Settings) -> Self {
        References {
            encoding: settings.encoding,
            window: settings.reference_window,
            capacity: settings.reference_capacity,
            state: Mutex::default(),
            posted: Condvar::new(),
        }
    }

    /// Returns the claim of a request without a reference.
    pub fn no_claim(&self) -> Claim<'_> {
        Claim::New(ReferenceClaim {
            references: self,
            claimed: None,
            ticket: None,
        })
    }

    /// Claims a reference. Blocks while another thread posts a request with the same reference.
    pub fn claim(
        &self,
        reference: &str,
        address: &Address,
        request: &Request,
        may_wait: impl Fn() -> Result<()>,
    ) -> Result<Claim<'_>> {
        let mut state = self.lock();
        loop {
            match state.by_reference.get(reference) {
                None => {
                    let digest = RequestDigest::new(address, request)?;
                    let reference: Arc<str> = reference.into();
                    let posting = ReferenceEntry::Posting;
                    state.by_reference.insert(reference.clone(), posting);
                    return Ok(Claim::New(ReferenceClaim {
                        references: self,
                        claimed: Some((reference, digest)),
                        ticket: None,
                    }));
                }
                Some(ReferenceEntry::Posted { ticket, digest, .. }) => {
                    return match digest.matches(address, request) {
                        true => Ok(Claim::Known(*ticket)),
                        false => Err(conflict(request, *ticket)),
                    };
                }
                Some(ReferenceEntry::Posting | ReferenceEntry::Queueing { .. }) => {
                    may_wait()?;
                    let waited = self.posted.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Adds the reference of a request that is in the outbox.
    pub fn insert_queued(&self, reference: &str, ticket: u64, digest: RequestDigest) {
        let entry = ReferenceEntry::Posted {
            ticket,
            digest,
            has_ended: false,
        };
        self.lock().by_reference.insert(reference.into(), entry);
    }

    /// Adds the reference of a request that has ended, and forgets it after `window`.
    pub fn insert_ended(
        &self,
        reference: &str,
        ticket: u64,
        digest: RequestDigest,
        window: Duration,
    ) {
        let reference: Arc<str> = reference.into();
        let mut state = self.lock();
        let entry = ReferenceEntry::Posted {
            ticket,
            digest,
            has_ended: true,
        };
        state.by_reference.insert(reference.clone(), entry);
        state.ended.push_back((deadline_after(window), reference));
    }

    /// Forgets the reference of a request that ends now and was not sent.
    pub fn release(&self, reference: &str) {
        self.lock().by_reference.remove(reference);
    }

    /// Marks the reference of a request that ends now. Returns its digest.
    pub fn end(&self, reference: &str) -> Option<RequestDigest> {
        let mut state = self.lock();
        let digest = match state.by_reference.get(reference)? {
            ReferenceEntry::Posting => return None,
            ReferenceEntry::Queueing { digest, .. } | ReferenceEntry::Posted { digest, .. } => {
                *digest
            }
        };
        if self.window == Duration::ZERO {
            state.by_reference.remove(reference);
        }
        Some(digest)
    }

    /// Forgets the references whose window has passed, and the oldest ones over the capacity. Returns them with their
    /// tickets.
    pub fn forget_old(&self) -> Vec<(Arc<str>, u64)> {
        let mut state = self.lock();
        let now = Instant::now();
        let mut forgotten = Vec::new();
        while let Some((until, _)) = state.ended.front() {
            let has_passed = *until <= now;
            if !has_passed && state.ended.len() <= self.capacity {
                break;
            }
            state.is_early |= !has_passed;
            let Some((_, reference)) = state.ended.pop_front() else {
                break;
            };
            if let Some(ReferenceEntry::Posted {
                ticket,
                has_ended: true,
                ..
            }) = state.by_reference.get(&reference).copied()
            {
                state.by_reference.remove(&reference);
                forgotten.push((reference, ticket));
            }
        }
        forgotten
    }

    /// Returns whether the capacity was exceeded, once.
    pub fn take_warning(&self) -> bool {
        let mut state = self.lock();
        let warns = state.is_early && !state.has_warned;
        state.has_warned |= warns;
        warns
    }

    fn lock(&self) -> MutexGuard<'_, ReferencesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReferenceClaim<'_> {
    /// Keeps the reference for the request that gets this ticket. Repeated posts wait until the drop, which must be after the
    /// request has entered the outbox: a flush and a cancellation must find it.
    pub fn set_ticket(&mut self, ticket: u64) {
        self.ticket = Some(ticket);
        if let Some((reference, digest)) = self.claimed.clone() {
            let queueing = ReferenceEntry::Queueing { ticket, digest };
            let mut state = self.references.lock();
            state.by_reference.insert(reference, queueing);
        }
    }
}

impl Drop for ReferenceClaim<'_> {
    fn drop(&mut self) {
        if let Some((reference, _)) = self.claimed.take() {
            let mut state = self.references.lock();
            match (self.ticket, state.by_reference.get(&reference).copied()) {
                (None, _) => {
                    state.by_reference.remove(&reference);
                }
                (Some(own), Some(ReferenceEntry::Queueing { ticket, digest })) if own == ticket => {
                    let posted = ReferenceEntry::Posted {
                        ticket,
                        digest,
                        has_ended: false,
                    };
                    state.by_reference.insert(reference, posted);
                }
                // It has ended already, and another post may have claimed its reference.
                (Some(_), _) => {}
            }
            drop(state);
            self.references.posted.notify_all();
        }
    }
}

/// Returns the error for a reference of another request.
fn conflict(request: &Request, ticket: u64) -> Error {
    let message = format!(
        "{}: ticket {ticket} has the same reference, but is another request or of another customer; pass a reference that no \
         other request has; nothing was posted",
        request.name()
    );
    Error::new(Status::Argument, message).with_delivery(Delivery::NotSent)
}

// References may contain personal data, so the debug output omits them.
impl std::fmt::Debug for ReferencesState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReferencesState")
            .field("known", &self.by_reference.len())
            .field("ended", &self.ended.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::config::Config;

    fn empty() -> References {
        let mut config = Config::new();
        config.set("token", "t").unwrap();
        References::new(&Settings::read(&config).unwrap())
    }

    fn claim(references: &References) -> Claim<'_> {
        let address = Address {
            department: "1".into(),
            client_id: "12".into(),
        };
        let request = Request::Message("oi".into());
        references
            .claim("a", &address, &request, || Ok(()))
            .unwrap()
    }

    fn new_claim(references: &References) -> ReferenceClaim<'_> {
        match claim(references) {
            Claim::New(claim) => claim,
            Claim::Known(ticket) => panic!("ticket {ticket}"),
        }
    }

    #[test]
    fn repeated_post_waits_until_the_first_one_is_in_the_outbox() {
        let references = empty();
        let mut first = new_claim(&references);
        first.set_ticket(7);
        thread::scope(|scope| {
            let (started, begin) = std::sync::mpsc::channel();
            let references = &references;
            let second = scope.spawn(move || {
                started.send(()).unwrap();
                matches!(claim(references), Claim::Known(7))
            });
            begin.recv().unwrap();
            let until = Instant::now() + Duration::from_millis(50);
            while Instant::now() < until {
                assert!(!second.is_finished(), "the first post has not returned");
                thread::yield_now();
            }
            drop(first);
            assert!(second.join().unwrap());
        });
    }

    #[test]
    fn request_may_end_before_its_post_returns() {
        let references = empty();
        let mut first = new_claim(&references);
        first.set_ticket(7);
        let digest = references.end("a").unwrap();
        references.insert_ended("a", 7, digest, Duration::ZERO);
        assert!(
            matches!(claim(&references), Claim::Known(7)),
            "it has ended"
        );
        drop(first);
        assert_eq!(references.forget_old().len(), 1, "the end was not lost");
        drop(new_claim(&references));
        drop(new_claim(&references));
    }

    #[test]
    fn ended_post_does_not_release_the_claim_of_the_next_one() {
        let references = empty();
        let mut first = new_claim(&references);
        first.set_ticket(7);
        references.release("a");
        let _second = new_claim(&references);
        drop(first);
        let address = Address {
            department: "1".into(),
            client_id: "12".into(),
        };
        let is_waiting = references.claim("a", &address, &Request::Message("oi".into()), || {
            Err(Error::new(Status::State, "it would wait"))
        });
        assert_eq!(is_waiting.unwrap_err().status(), Status::State);
    }
}
