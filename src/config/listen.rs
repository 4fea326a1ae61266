//! The configuration as a listener uses it: typed, and complete.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Config;
use crate::config::networks::Networks;
use crate::config::settings::{number, size, text};
use crate::config::url;
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::Redacted;

/// What a listener runs by.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// Where it listens.
    pub address: SocketAddr,
    /// The path of the webhook URL, where the application chose it.
    pub path: Option<Redacted>,
    /// What the webhook URL begins with, where that is not the address.
    pub public_url: Option<String>,
    /// The path of the health check, if there is one.
    pub health: Option<String>,
    /// User and password, with a colon between, if they are asked for.
    pub basic: Option<Redacted>,
    /// Who may post; everybody where it is empty.
    pub allow: Networks,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Networks,
    /// The files with the certificate and its key, if it speaks TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What it bears.
    pub limits: Limits,
}

/// What a listener bears from its peers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// The largest head, in bytes.
    pub head: usize,
    /// How long a TLS handshake may take, and then a head.
    pub head_time: Duration,
    /// How long a body may take.
    pub body_time: Duration,
    /// How long a connection may stay between two requests.
    pub idle_time: Duration,
    /// How many connections there may be.
    pub connections: usize,
    /// How many of them may come from one address, where that is limited.
    pub connections_per_address: Option<usize>,
}

impl ListenSettings {
    /// Reads the options, which were checked as they were set, and checks what they need of one another; `None` where the
    /// option `listen` is not set.
    ///
    /// # Errors
    /// [`Status::Value`] where two options contradict each other.
    pub fn read(config: &Config) -> Result<Option<ListenSettings>> {
        let given = |name| Some(text(config, name)).filter(|value| !value.is_empty());
        // `Config::set` lets no list in that can't be read.
        let networks = |name| Networks::parse(text(config, name)).unwrap_or_default();
        let time = |name| Duration::from_millis(number(config, name));
        let tls = match (given("listen.tls.certificate"), given("listen.tls.key")) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            _ => {
                return Err(contradiction(
                    "listen.tls.certificate and listen.tls.key belong together; set both or neither",
                ));
            }
        };
        if given("listen.health").is_some() && given("listen.health") == given("listen.path") {
            return Err(contradiction(
                "listen.health and listen.path are the same; the webhook and the health check need a path each",
            ));
        }
        let Ok(address) = text(config, "listen").parse() else {
            return Ok(None);
        };
        Ok(Some(ListenSettings {
            address,
            path: given("listen.path").map(Redacted::from),
            public_url: given("listen.public_url")
                .and_then(|url| url::read(url).ok())
                .map(|url| url.to_string().trim_end_matches('/').to_owned()),
            health: given("listen.health").map(str::to_owned),
            basic: given("listen.basic").map(Redacted::from),
            allow: networks("listen.allow"),
            trusted_proxies: networks("listen.trusted_proxies"),
            tls,
            limits: Limits {
                body: size(config, "listen.max_body"),
                head: size(config, "listen.max_head"),
                head_time: time("listen.timeout.head"),
                body_time: time("listen.timeout.body"),
                idle_time: time("listen.timeout.idle"),
                connections: size(config, "listen.max_connections"),
                connections_per_address: given("listen.max_connections_per_address")
                    .map(|_| size(config, "listen.max_connections_per_address")),
            },
        }))
    }
}

fn contradiction(message: &str) -> Error {
    Error::new(Status::Value, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<Option<ListenSettings>> {
        let mut config = Config::new();
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        ListenSettings::read(&config)
    }

    #[test]
    fn defaults_are_complete_but_for_the_address() {
        assert!(read(&[]).unwrap().is_none());
        let settings = read(&[("listen", "127.0.0.1:0")]).unwrap().unwrap();
        assert_eq!(settings.path, None);
        assert_eq!(settings.basic, None);
        assert_eq!(settings.tls, None);
        assert!(settings.allow.is_empty() && settings.trusted_proxies.is_empty());
        assert_eq!(settings.limits.idle_time, Duration::from_secs(75));
    }

    #[test]
    fn the_webhook_url_that_the_service_calls_is_in_ascii() {
        let options = [
            ("listen", "127.0.0.1:0"),
            ("listen.public_url", "https://Olá.example/ção/"),
        ];
        let settings = read(&options).unwrap().unwrap();
        assert_eq!(
            settings.public_url.unwrap(),
            "https://xn--ol-nia.example/%C3%A7%C3%A3o"
        );
    }

    #[test]
    fn options_that_contradict_each_other_are_told() {
        for options in [
            [("listen.tls.key", "key.pem"), ("listen", "127.0.0.1:0")],
            [("listen.path", "/a"), ("listen.health", "/a")],
        ] {
            assert_eq!(read(&options).unwrap_err().status(), Status::Value);
        }
    }

    #[test]
    fn prints_no_secret() {
        let options = [
            ("listen", "127.0.0.1:0"),
            ("listen.basic", "joao:segredo"),
            ("listen.path", "/segredo"),
        ];
        assert!(!format!("{:?}", read(&options)).contains("segredo"));
    }
}
