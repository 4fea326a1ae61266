//! The typed settings of a client, with all defaults.

use std::time::Duration;

use ureq::http::Uri;

use crate::config::listen_settings::{self, ListenSettings};
use crate::config::network::proxy;
use crate::config::network::proxy::ProxySelection;
use crate::config::network::{loopback, url};
use crate::config::option_values::Config;
use crate::config::tls_settings::TlsSettings;
use crate::config::typed_values::{
    encoding, file, milliseconds, number, optional_time, size, text,
};
use crate::error::{Error, Result};
use crate::host::proxy_settings;
use crate::status::Status;
use crate::text_encoding::{TextEncoding, Unmappable};
use crate::wire::{Dialect, Redacted};

/// The settings of a client.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The token of the account.
    pub token: Redacted,
    /// The dialect of the service.
    pub dialect: Dialect,
    /// The URL of the service, in ASCII and percent-encoded.
    pub base_url: String,
    /// Whether connections to other machines are forbidden, because requests are not encrypted and `require_tls` is set.
    pub only_this_machine: bool,
    /// The encoding of the application's texts.
    pub encoding: TextEncoding,
    /// The timeout of a request.
    pub timeout: Duration,
    /// The part of it for a connection.
    pub connect_timeout: Duration,
    /// The part of that for the TLS handshake.
    pub tls_timeout: Option<Duration>,
    /// The part for sending the request.
    pub send_timeout: Option<Duration>,
    /// The part for the response.
    pub answer_timeout: Option<Duration>,
    /// The TLS settings.
    pub tls: TlsSettings,
    /// The proxy for requests to `base_url`, or where to find it.
    pub proxy: ProxySelection,
    /// The address family of connections.
    pub address_family: AddressFamily,
    /// Whether customers' data is validated.
    pub validate: bool,
    /// The limit for the size of a response, in bytes.
    pub answer_max_bytes: u64,
    /// The settings of the client's own listener, if it has one.
    pub listen: Option<ListenSettings>,
    /// The limit for the number of queued events.
    pub events_capacity: usize,
    /// The limit for their size, in bytes.
    pub events_max_bytes: usize,
    /// How long a posted request is retried.
    pub retry_posted: Duration,
    /// How long a blocking request is retried.
    pub retry_blocking: Duration,
    /// Whether a request that the service may have received is retried.
    pub resend_unknown: bool,
    /// The limit for the number of posted requests.
    pub outbox_capacity: usize,
    /// The limit for their size, in bytes.
    pub outbox_max_bytes: usize,
    /// How long a reference stays known after the outcome of its request.
    pub reference_window: Duration,
    /// The limit for the number of these references.
    pub reference_capacity: usize,
    /// The age limit of posted messages without a limit of their own.
    pub message_max_age: Option<Duration>,
    /// The limit for posted requests in progress.
    pub outbox_connections: usize,
    /// Whether the outbox is paused at first.
    pub outbox_paused: bool,
    /// Whether requests that are not allowed in the state of their interaction are rejected.
    pub check_state: bool,
    /// The time without a keystroke after which typing ends.
    pub typing_pause: Duration,
    /// The limit for open interactions without a conversation.
    pub interactions_capacity: usize,
    /// The number of threads that run callbacks.
    pub dispatch_threads: usize,
    /// The limit for the body of a trigger, in bytes.
    pub max_trigger: usize,
    /// The database file of the store, if there is one.
    pub store: Option<String>,
    /// Whether to move a store of another account to this one.
    pub store_move_account: bool,
    /// Whether the release of an event acknowledges it.
    pub auto_ack: bool,
}

/// The address family of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressFamily {
    /// IPv4 and IPv6.
    #[default]
    Any,
    /// Only IPv4.
    Ipv4,
    /// Only IPv6.
    Ipv6,
}

impl Settings {
    /// Reads all options, and checks that they fit together.
    ///
    /// # Errors
    /// [`Status::Token`] if the token is missing, [`Status::Value`] if options contradict each other or an environment variable
    /// contains an invalid proxy.
    pub fn read(config: &Config) -> Result<Settings> {
        let token = text(config, "token");
        if token.is_empty() {
            return Err(Error::new(Status::Token, Status::Token.text()));
        }
        let unmappable = match text(config, "encoding.unmappable") {
            "reference" => Unmappable::Reference,
            _ => Unmappable::Question,
        };
        // The URL is valid, because it was checked when the option was set.
        let url = url::parse(text(config, "base_url")).unwrap_or_default();
        let connect_timeout = milliseconds(config, "timeout.connect");
        let is_here =
            once_cell::unsync::Lazy::new(|| loopback::is_this_machine(&url, connect_timeout));
        let proxy = proxy::select(
            text(config, "proxy"),
            text(config, "no_proxy"),
            &url,
            &|| *is_here,
            &|name| std::env::var(name).ok(),
            proxy_settings::IS_SUPPORTED,
        )?;
        let require_tls = text(config, "require_tls") == "1";
        let is_plain = url.scheme_str() == Some("http");
        if is_plain {
            check_encryption(&url, *is_here, &proxy, connect_timeout, require_tls)?;
        }
        let listen = ListenSettings::read(config)?;
        if listen.is_none() {
            listen_settings::warn_of_unused_options(config);
        }
        Ok(Settings {
            token: token.into(),
            dialect: config.dialect(),
            base_url: url.to_string(),
            only_this_machine: is_plain && require_tls,
            encoding: encoding(config, "encoding").with_unmappable(unmappable),
            timeout: milliseconds(config, "timeout"),
            connect_timeout,
            tls_timeout: optional_time(config, "timeout.tls"),
            send_timeout: optional_time(config, "timeout.send"),
            answer_timeout: optional_time(config, "timeout.response"),
            tls: TlsSettings::read(config)?,
            proxy,
            address_family: match text(config, "address_family") {
                "ipv4" => AddressFamily::Ipv4,
                "ipv6" => AddressFamily::Ipv6,
                _ => AddressFamily::Any,
            },
            validate: text(config, "validate") == "customer",
            answer_max_bytes: number(config, "response.max_bytes"),
            listen,
            events_capacity: size(config, "events.capacity"),
            events_max_bytes: size(config, "events.max_bytes"),
            retry_posted: milliseconds(config, "retry.posted"),
            retry_blocking: milliseconds(config, "retry.blocking"),
            resend_unknown: text(config, "on_unknown") == "resend",
            outbox_capacity: size(config, "outbox.capacity"),
            outbox_max_bytes: size(config, "outbox.max_bytes"),
            reference_window: milliseconds(config, "outbox.reference_window"),
            reference_capacity: size(config, "outbox.reference_capacity"),
            message_max_age: optional_time(config, "message.max_age"),
            outbox_connections: size(config, "outbox.connections"),
            outbox_paused: text(config, "outbox.paused") == "1",
            check_state: text(config, "check_state") == "1",
            typing_pause: milliseconds(config, "typing.pause"),
            interactions_capacity: size(config, "interactions.capacity"),
            dispatch_threads: size(config, "dispatch.threads"),
            max_trigger: size(config, "listen.max_body"),
            store: file(config, "store"),
            store_move_account: text(config, "store.move_account") == "1",
            auto_ack: text(config, "ack") == "auto",
        })
    }

    /// Returns the host of `base_url`.
    pub fn host(&self) -> String {
        let url: Uri = self.base_url.parse().unwrap_or_default();
        url.host().unwrap_or_default().to_owned()
    }
}

/// Checks an unencrypted URL. If requests leave this machine, it fails with `require_tls`, and logs a warning otherwise.
fn check_encryption(
    url: &Uri,
    is_here: bool,
    proxy: &ProxySelection,
    timeout: Duration,
    require_tls: bool,
) -> Result<()> {
    // The system's proxy is checked for each connection: `only_this_machine`.
    let proxy = proxy
        .fixed()
        .filter(|proxy| !loopback::is_this_machine(&proxy.url, timeout));
    let host = url.host().unwrap_or_default();
    if let Some(proxy) = proxy.filter(|_| is_here && require_tls) {
        return Err(Error::new(
            Status::Value,
            format!(
                "{}: requests to http://{host} are not encrypted and would leave this machine for the proxy {}, and \
                 require_tls requires encryption; add the host to no_proxy, or set require_tls to 0",
                proxy.setting(),
                proxy.name()
            ),
        ));
    }
    if is_here && proxy.is_none() {
        return Ok(());
    }
    if require_tls {
        return Err(Error::new(
            Status::Value,
            format!(
                "option base_url: http://{host} is not encrypted, but require_tls is set; use an https URL, or set \
                 require_tls to 0"
            ),
        ));
    }
    log::warn!(
        "requests to http://{host} are not encrypted: others in the network can read them; if the service also has an https \
         URL, set base_url to it; require_tls forbids unencrypted requests"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_options_but_the_token_have_defaults() {
        let mut config = Config::new();
        assert_eq!(Settings::read(&config).unwrap_err().status(), Status::Token);
        config.set("token", "t").unwrap();
        let settings = Settings::read(&config).unwrap();
        assert_eq!(settings.base_url, "http://clientapi.omnize.com/api/rest/v1");
        assert_eq!(settings.timeout, Duration::from_secs(30));
        assert!(settings.listen.is_none());
    }

    fn opened(options: &[(&str, &str)]) -> Result<Settings> {
        let mut config = Config::new();
        config.set("token", "t").unwrap();
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        Settings::read(&config)
    }

    #[test]
    fn require_tls_rejects_plain_http_to_other_machines() {
        let plain = ("base_url", "http://chat.example.com/x");
        opened(&[plain]).unwrap();
        let error = opened(&[plain, ("require_tls", "1")]).unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("chat.example.com"), "{error}");
        for url in [
            "https://chat.example.com",
            "http://localhost:1",
            "http://[::1]:1",
            "http://127.0.0.9",
            "http://localhost.",
            "http://LOCALHOST:1",
            "http://[::ffff:127.0.0.1]",
        ] {
            let settings = opened(&[("base_url", url), ("require_tls", "1")]).unwrap();
            assert_eq!(
                settings.only_this_machine,
                url.starts_with("http:"),
                "{url}"
            );
        }
        let proxied = |proxy| {
            let here = [("base_url", "http://localhost"), ("require_tls", "1")];
            opened(&[here[0], here[1], ("proxy", proxy)])
        };
        proxied("127.0.0.1:3128").unwrap();
        let error = proxied("proxy.example.com").unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("the option proxy"), "{error}");
    }

    #[test]
    fn debug_output_omits_the_token() {
        let mut config = Config::new();
        config.set("token", "segredo").unwrap();
        let settings = Settings::read(&config).unwrap();
        assert!(!format!("{settings:?}").contains("segredo"));
    }
}
