//! A request that waits in the outbox, and what it ends with.

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::{Delivery, Error, Result};
use crate::status::Status;
use crate::wire::{Address, Request};

/// A request on its way.
#[derive(Debug)]
pub struct QueuedRequest {
    /// Its number, by which the application knows its outcome.
    pub ticket: u64,
    /// Where it goes.
    pub address: Address,
    /// What it asks for.
    pub request: Request,
    /// Whether nobody is told how it ends: it was the library's own idea.
    pub quiet: bool,
    /// How much of `outbox.max_bytes` it takes.
    pub size: usize,
    /// How old it was when it was taken up again after a restart.
    pub age_before: Duration,
    /// When it was posted, or taken up again after a restart.
    pub since: Instant,
    /// How often it was tried.
    pub tries: u32,
    /// Whether the service may have received one of the tries, in this run or in an earlier one.
    pub unsure: bool,
}

/// What became of a posted request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The number that posting gave.
    pub ticket: u64,
    /// The customer's id.
    pub client_id: String,
    /// The request's name: see [`Request::name`].
    pub request: String,
    /// What became of it: an `OMNIZE_DELIVERY_` value.
    pub delivery: i32,
    /// The status that a blocking call would have ended with.
    pub status: i32,
    /// The HTTP status of the answer; 0 where there was none.
    pub http_status: u16,
    /// The error's message; empty where the service accepted.
    pub message: String,
}

/// How many bytes a request has as JSON, which is about what it takes in memory.
pub fn size_of(request: &Request) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Numbers and strings are always JSON.
    let _ = serde_json::to_writer(&mut counter, request);
    counter.0
}

impl QueuedRequest {
    /// How long ago it was posted, in whichever run.
    pub fn age(&self) -> Duration {
        self.age_before.saturating_add(self.since.elapsed())
    }

    /// What this request has ended with.
    pub fn outcome(&self, result: &Result<()>) -> Outcome {
        let error = result.as_ref().err();
        Outcome {
            ticket: self.ticket,
            client_id: self.address.client_id.clone(),
            request: self.request.name().to_owned(),
            delivery: match error {
                None => Delivery::Accepted,
                Some(error) => error.delivery().unwrap_or(Delivery::NotSent),
            } as i32,
            status: error.map_or(Status::Ok, Error::status) as i32,
            http_status: error.and_then(Error::http_status).unwrap_or(0),
            message: error.map(ToString::to_string).unwrap_or_default(),
        }
    }
}
