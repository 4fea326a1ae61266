//! The configuration as a client uses it: typed, and complete.

use std::time::Duration;

use encoding_rs::Encoding;

use super::listen::ListenSettings;
use super::value;
use super::{Config, index_of};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::text::{TextEncoding, Unmappable};
use crate::wire::Redacted;

/// What a client runs by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The token of the portal.
    pub token: Redacted,
    /// Where the service listens.
    pub base_url: String,
    /// How the application writes text.
    pub encoding: TextEncoding,
    /// How long a request may take in all.
    pub timeout: Duration,
    /// How long it may take to have a connection.
    pub connect_timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub answer_max_bytes: u64,
    /// What the client's own listener runs by, if it has one.
    pub listen: Option<ListenSettings>,
    /// How many events may wait.
    pub events_capacity: usize,
    /// For how long a posted request is made again.
    pub retry_posted: Duration,
    /// For how long a request is made again that somebody waits for.
    pub retry_blocking: Duration,
    /// Whether a request that the service may have received is made again.
    pub resend_unknown: bool,
    /// How many posted requests may wait.
    pub outbox_capacity: usize,
    /// How many of them may be on their way at once.
    pub outbox_connections: usize,
    /// Whether requests that have no meaning where their interaction is are refused.
    pub strict: bool,
    /// How long no key is pressed before the service is told that the customer has stopped typing.
    pub typing_pause: Duration,
    /// How many threads run callbacks.
    pub dispatch_threads: usize,
    /// The database file that keeps what was received, if there is one.
    pub store: Option<String>,
    /// Whether letting go of an event means that it was handled.
    pub auto_ack: bool,
}

impl Settings {
    /// Reads the options, which were checked as they were set, and checks what they need of one another.
    ///
    /// # Errors
    /// [`Status::Token`] where the token is missing, [`Status::Value`] where two options contradict each other.
    pub fn read(config: &Config) -> Result<Settings> {
        let token = text(config, "token");
        if token.is_empty() {
            return Err(Error::new(Status::Token, Status::Token.text()));
        }
        let unmappable = match text(config, "encoding.unmappable") {
            "reference" => Unmappable::Reference,
            _ => Unmappable::Question,
        };
        Ok(Settings {
            token: token.into(),
            base_url: text(config, "base_url").to_owned(),
            encoding: TextEncoding::new(encoding(config, "encoding"), unmappable),
            timeout: milliseconds(config, "timeout"),
            connect_timeout: milliseconds(config, "timeout.connect"),
            answer_max_bytes: number(config, "answer.max_bytes"),
            listen: ListenSettings::read(config)?,
            events_capacity: size(config, "events.capacity"),
            retry_posted: milliseconds(config, "retry.posted"),
            retry_blocking: milliseconds(config, "retry.blocking"),
            resend_unknown: text(config, "on_unknown") == "resend",
            outbox_capacity: size(config, "outbox.capacity"),
            outbox_connections: size(config, "outbox.connections"),
            strict: text(config, "strict") == "1",
            typing_pause: milliseconds(config, "typing.pause"),
            dispatch_threads: size(config, "dispatch.threads"),
            store: Some(text(config, "store"))
                .filter(|path| !path.is_empty())
                .map(str::to_owned),
            auto_ack: text(config, "ack") == "auto",
        })
    }
}

// Those below panic on what `Config::set` never lets in and on names that are not in the table; the tests read every
// setting, so that such a name can't stay.

pub(super) fn text<'a>(config: &'a Config, name: &str) -> &'a str {
    config.value(index_of(name).expect("an option of the table"))
}

pub(super) fn number(config: &Config, name: &str) -> u64 {
    value::number(text(config, name)).expect("a number, as checked when it was set")
}

fn milliseconds(config: &Config, name: &str) -> Duration {
    Duration::from_millis(
        value::number_or_zero(text(config, name)).expect("a number, as checked when it was set"),
    )
}

fn encoding(config: &Config, name: &str) -> &'static Encoding {
    value::encoding(text(config, name)).expect("an encoding, as checked when it was set")
}

/// A number of things in memory; more than the machine can address is as many as it can.
pub(super) fn size(config: &Config, name: &str) -> usize {
    usize::try_from(number(config, name)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_complete_but_for_the_token() {
        let mut config = Config::new();
        assert_eq!(Settings::read(&config).unwrap_err().status(), Status::Token);
        config.set("token", "t").unwrap();
        let settings = Settings::read(&config).unwrap();
        assert_eq!(settings.base_url, "http://clientapi.omnize.com/api/rest/v1");
        assert_eq!(settings.timeout, Duration::from_secs(30));
        assert!(settings.listen.is_none());
    }

    #[test]
    fn prints_no_token() {
        let mut config = Config::new();
        config.set("token", "segredo").unwrap();
        let settings = Settings::read(&config).unwrap();
        assert!(!format!("{settings:?}").contains("segredo"));
    }
}
