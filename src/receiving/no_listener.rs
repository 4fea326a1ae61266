//! The listener of a build without the feature `listener`.

use std::sync::Arc;
use std::time::Instant;

use crate::config::ListenSettings;
use crate::error::{Error, Result};
use crate::receiving::receiver::Receiver;
use crate::statistics::{Counters, Statistic};
use crate::status::Status;

/// Cannot be created.
#[derive(Debug)]
pub enum Listener {}

impl Listener {
    /// Always fails.
    ///
    /// # Errors
    /// [`Status::Unsupported`].
    pub fn open(_settings: &ListenSettings, _own: Option<&Arc<Receiver>>) -> Result<Self> {
        Err(Error::new(
            Status::Unsupported,
            "this build has no listener; leave the option listen unset and pass triggers to deliver",
        ))
    }

    pub fn attach(&self, _receiver: &Arc<Receiver>, _path: Option<&str>) -> Result<()> {
        match *self {}
    }

    pub fn detach(&self, _receiver: &Arc<Receiver>) -> Result<()> {
        match *self {}
    }

    pub fn url(&self, _receiver: &Arc<Receiver>) -> Option<String> {
        match *self {}
    }

    pub fn count_of(&self, _statistic: Statistic) -> u64 {
        match *self {}
    }

    pub fn counters(&self) -> &Counters {
        match *self {}
    }

    pub fn close(&self, _deadline: Instant) -> bool {
        match *self {}
    }
}
