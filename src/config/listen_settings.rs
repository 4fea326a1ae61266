//! The typed settings of a listener, with all defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::network::networks::Networks;
use crate::config::network::url;
use crate::config::option_values::Config;
use crate::config::options::OPTIONS;
use crate::config::typed_values::{number, size, text};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::Redacted;

/// The settings of a listener.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// Its address.
    pub address: SocketAddr,
    /// The path of the webhook URL, if the application set it.
    pub path: Option<Redacted>,
    /// The start of the webhook URL, if it differs from the address.
    pub public_url: Option<String>,
    /// The path of the health check, if there is one.
    pub health: Option<String>,
    /// The path of the statistics, if there is one.
    pub metrics: Option<String>,
    /// User and password separated by a colon, if they are required.
    pub basic: Option<Redacted>,
    /// The addresses that may post triggers; all if empty.
    pub allow: Networks,
    /// The proxies whose header X-Forwarded-For is used.
    pub trusted_proxies: Networks,
    /// The files of the certificate and its key, for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Its limits.
    pub limits: Limits,
}

/// The limits of a listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The limit for a body, in bytes.
    pub body: usize,
    /// The limit for a request head, in bytes.
    pub head: usize,
    /// The timeout of a TLS handshake, and of a request head.
    pub head_time: Duration,
    /// The timeout of a body.
    pub body_time: Duration,
    /// The timeout of a connection between two requests.
    pub idle_time: Duration,
    /// The limit for connections.
    pub connections: usize,
    /// The limit for connections of one address, if there is one.
    pub connections_per_address: Option<usize>,
}

/// Two options with different paths, and the purposes of the paths.
const EXCLUSIVE_PATHS: [(&str, &str, &str); 3] = [
    (
        "listen.health",
        "listen.path",
        "the webhook and the health check",
    ),
    (
        "listen.metrics",
        "listen.path",
        "the webhook and the statistics",
    ),
    (
        "listen.metrics",
        "listen.health",
        "the statistics and the health check",
    ),
];

impl ListenSettings {
    /// Reads the options and checks that they fit together. Returns `None` if the option `listen` is unset.
    ///
    /// # Errors
    /// [`Status::Value`] if two options contradict each other.
    pub fn read(config: &Config) -> Result<Option<ListenSettings>> {
        let optional = |name| Some(text(config, name)).filter(|value| !value.is_empty());
        // `Config::set` rejects invalid lists.
        let networks = |name| Networks::parse(text(config, name)).unwrap_or_default();
        let time = |name| Duration::from_millis(number(config, name));
        let tls = match (
            optional("listen.tls.certificate"),
            optional("listen.tls.key"),
        ) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            _ => {
                return Err(contradiction_error(
                    "listen.tls.certificate and listen.tls.key belong together; set both or neither",
                ));
            }
        };
        for (one, other, needs) in EXCLUSIVE_PATHS {
            if optional(one).is_some() && optional(one) == optional(other) {
                return Err(contradiction_error(&format!(
                    "{one} and {other} are equal; {needs} need different paths"
                )));
            }
        }
        let Ok(address) = text(config, "listen").parse() else {
            return Ok(None);
        };
        let settings = ListenSettings {
            address,
            path: optional("listen.path").map(Redacted::from),
            public_url: optional("listen.public_url")
                .and_then(|url| url::parse(url).ok())
                .map(|url| url.to_string().trim_end_matches('/').to_owned()),
            health: optional("listen.health").map(str::to_owned),
            metrics: optional("listen.metrics").map(str::to_owned),
            basic: optional("listen.basic").map(Redacted::from),
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
                connections_per_address: optional("listen.max_connections_per_address")
                    .map(|_| size(config, "listen.max_connections_per_address")),
            },
        };
        if settings.shows_statistics_to_all() {
            return Err(contradiction_error(
                "with listen.metrics, anyone who can connect could read the statistics; set listen.basic or listen.allow, or unset \
                 listen.metrics. Without them, it needs a loopback address in listen, and neither listen.public_url nor \
                 listen.trusted_proxies",
            ));
        }
        Ok(Some(settings))
    }

    /// Whether other machines can read the statistics without a password. A reverse proxy connects from a loopback address.
    fn shows_statistics_to_all(&self) -> bool {
        let is_reachable = !self.address.ip().is_loopback()
            || self.public_url.is_some()
            || !self.trusted_proxies.is_empty();
        self.metrics.is_some() && self.basic.is_none() && self.allow.is_empty() && is_reachable
    }
}

/// Logs a warning with the options that have no effect without `listen`. It is not an error, because programs may share a
/// configuration. `listen.max_body` also applies to triggers that the application delivers.
pub(crate) fn warn_of_unused_options(config: &Config) {
    let unused: Vec<_> = OPTIONS
        .iter()
        .enumerate()
        .filter(|(index, option)| {
            option.name.starts_with("listen.")
                && option.name != "listen.max_body"
                && config.value(*index) != option.default
        })
        .map(|(_, option)| option.name)
        .collect();
    if !unused.is_empty() {
        log::warn!(
            "without the option listen, these options have no effect: {}; set listen to an address, or unset them",
            unused.join(", ")
        );
    }
}

fn contradiction_error(message: &str) -> Error {
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
    fn all_options_but_the_address_have_defaults() {
        assert!(read(&[]).unwrap().is_none());
        let settings = read(&[("listen", "127.0.0.1:0")]).unwrap().unwrap();
        assert_eq!(settings.path, None);
        assert_eq!(settings.basic, None);
        assert_eq!(settings.tls, None);
        assert!(settings.allow.is_empty() && settings.trusted_proxies.is_empty());
        assert_eq!(settings.limits.idle_time, Duration::from_secs(75));
    }

    #[test]
    fn the_webhook_url_is_in_ascii() {
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
    fn contradicting_options_are_rejected() {
        for options in [
            [("listen.tls.key", "key.pem"), ("listen", "127.0.0.1:0")],
            [("listen.path", "/a"), ("listen.health", "/a")],
            [("listen.path", "/a"), ("listen.metrics", "/a")],
            [("listen.health", "/a"), ("listen.metrics", "/a")],
        ] {
            assert_eq!(read(&options).unwrap_err().status(), Status::Value);
        }
    }

    #[test]
    fn debug_output_omits_secrets() {
        let options = [
            ("listen", "127.0.0.1:0"),
            ("listen.basic", "joao:segredo"),
            ("listen.path", "/segredo"),
        ];
        assert!(!format!("{:?}", read(&options)).contains("segredo"));
    }
}
