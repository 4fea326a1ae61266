//! The configuration as a client uses it: typed, and complete.

use std::time::Duration;

use encoding_rs::Encoding;
use ureq::http::Uri;

use crate::config::listen::ListenSettings;
use crate::config::proxy;
use crate::config::proxy::ProxyServer;
use crate::config::{Config, index_of, loopback, url, value};
use crate::encoding::{TextEncoding, Unmappable};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::{Dialect, Redacted};

/// What a client runs by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The token of the portal.
    pub token: Redacted,
    /// How the service is spoken to.
    pub dialect: Dialect,
    /// Where the service listens, in the form that goes over the wire.
    pub base_url: String,
    /// Whether nothing may be connected to but this machine, for requests are not encrypted and `require_tls` asks for that.
    pub only_this_machine: bool,
    /// How the application writes text.
    pub encoding: TextEncoding,
    /// How long a request may take in all.
    pub timeout: Duration,
    /// How long it may take to have a connection.
    pub connect_timeout: Duration,
    /// How long the TLS handshake may take of that.
    pub tls_timeout: Option<Duration>,
    /// How long writing a request may take.
    pub send_timeout: Option<Duration>,
    /// How long the answer may take.
    pub answer_timeout: Option<Duration>,
    /// How connections are secured.
    pub tls: TlsSettings,
    /// The proxy that requests to `base_url` go through, if they go through one.
    pub proxy: Option<ProxyServer>,
    /// Which addresses are used.
    pub address_family: AddressFamily,
    /// Whether the customer's fields are checked.
    pub validate: bool,
    /// The largest answer that is read, in bytes.
    pub answer_max_bytes: u64,
    /// What the client's own listener runs by, if it has one.
    pub listen: Option<ListenSettings>,
    /// How many events may wait.
    pub events_capacity: usize,
    /// How many bytes they may take.
    pub events_max_bytes: usize,
    /// For how long a posted request is made again.
    pub retry_posted: Duration,
    /// For how long a request is made again that somebody waits for.
    pub retry_blocking: Duration,
    /// Whether a request that the service may have received is made again.
    pub resend_unknown: bool,
    /// How many posted requests may wait.
    pub outbox_capacity: usize,
    /// How many bytes they may take.
    pub outbox_max_bytes: usize,
    /// How many of them may be on their way at once.
    pub outbox_connections: usize,
    /// Whether requests that have no meaning where their interaction is are refused.
    pub strict: bool,
    /// How long no key is pressed before the service is told that the customer has stopped typing.
    pub typing_pause: Duration,
    /// How many open interactions are remembered that nobody holds.
    pub interactions_capacity: usize,
    /// How many threads run callbacks.
    pub dispatch_threads: usize,
    /// The largest body of a trigger, in bytes.
    pub max_trigger: usize,
    /// The database file that keeps what was received, if there is one.
    pub store: Option<String>,
    /// Whether a store of another account becomes this one's.
    pub store_move_account: bool,
    /// Whether letting go of an event means that it was handled.
    pub auto_ack: bool,
}

/// How connections are secured; the files are not read yet.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Authorities to trust beside the operating system's.
    pub ca_file: Option<String>,
    /// The files of the client's certificate and of its key.
    pub identity: Option<(String, String)>,
    /// Whether TLS 1.2 is too old.
    pub only_1_3: bool,
}

/// Which addresses of a host are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressFamily {
    /// Whichever there are.
    #[default]
    Any,
    /// IPv4 alone.
    Ipv4,
    /// IPv6 alone.
    Ipv6,
}

impl Settings {
    /// Reads the options, which were checked as they were set, and checks what they need of one another.
    ///
    /// # Errors
    /// [`Status::Token`] where the token is missing, [`Status::Value`] where options contradict each other or the
    /// environment names a proxy that can't be used.
    pub fn read(config: &Config) -> Result<Settings> {
        let token = text(config, "token");
        if token.is_empty() {
            return Err(Error::new(Status::Token, Status::Token.text()));
        }
        let unmappable = match text(config, "encoding.unmappable") {
            "reference" => Unmappable::Reference,
            _ => Unmappable::Question,
        };
        // The URL was read when the option was set; it can't be bad any more.
        let url = url::read(text(config, "base_url")).unwrap_or_default();
        let connect_timeout = milliseconds(config, "timeout.connect");
        let is_here = once_cell::unsync::Lazy::new(|| loopback::is_led_to(&url, connect_timeout));
        let proxy = proxy::choose(
            text(config, "proxy"),
            text(config, "no_proxy"),
            &url,
            &|| *is_here,
            &|name| std::env::var(name).ok(),
        )?;
        let require_tls = text(config, "require_tls") == "1";
        let is_plain = url.scheme_str() == Some("http");
        if is_plain {
            check_encryption(&url, *is_here, proxy.as_ref(), connect_timeout, require_tls)?;
        }
        Ok(Settings {
            token: token.into(),
            dialect: config.dialect(),
            base_url: url.to_string(),
            only_this_machine: is_plain && require_tls,
            encoding: TextEncoding::new(encoding(config, "encoding"), unmappable),
            timeout: milliseconds(config, "timeout"),
            connect_timeout,
            tls_timeout: optional_time(config, "timeout.tls"),
            send_timeout: optional_time(config, "timeout.send"),
            answer_timeout: optional_time(config, "timeout.response"),
            tls: tls(config)?,
            proxy,
            address_family: match text(config, "address_family") {
                "ipv4" => AddressFamily::Ipv4,
                "ipv6" => AddressFamily::Ipv6,
                _ => AddressFamily::Any,
            },
            validate: text(config, "validate") == "customer",
            answer_max_bytes: number(config, "response.max_bytes"),
            listen: ListenSettings::read(config)?,
            events_capacity: size(config, "events.capacity"),
            events_max_bytes: size(config, "events.max_bytes"),
            retry_posted: milliseconds(config, "retry.posted"),
            retry_blocking: milliseconds(config, "retry.blocking"),
            resend_unknown: text(config, "on_unknown") == "resend",
            outbox_capacity: size(config, "outbox.capacity"),
            outbox_max_bytes: size(config, "outbox.max_bytes"),
            outbox_connections: size(config, "outbox.connections"),
            strict: text(config, "check_state") == "1",
            typing_pause: milliseconds(config, "typing.pause"),
            interactions_capacity: size(config, "interactions.capacity"),
            dispatch_threads: size(config, "dispatch.threads"),
            max_trigger: size(config, "listen.max_body"),
            store: file(config, "store"),
            store_move_account: text(config, "store.move_account") == "1",
            auto_ack: text(config, "ack") == "auto",
        })
    }

    /// The host of the service, as `base_url` names it.
    pub fn host(&self) -> String {
        let url: Uri = self.base_url.parse().unwrap_or_default();
        url.host().unwrap_or_default().to_owned()
    }
}

/// Refuses a URL that is not encrypted where that is asked for and requests leave this machine, and warns of it otherwise.
fn check_encryption(
    url: &Uri,
    is_here: bool,
    proxy: Option<&ProxyServer>,
    patience: Duration,
    require_tls: bool,
) -> Result<()> {
    let proxy = proxy.filter(|proxy| !loopback::is_led_to(&proxy.url, patience));
    let host = url.host().unwrap_or_default();
    if let Some(proxy) = proxy.filter(|_| is_here && require_tls) {
        return Err(Error::new(
            Status::Value,
            format!(
                "{}: requests to http://{host} are not encrypted and would leave this machine for the proxy {}, and \
                 require_tls asks for encryption; name the host in no_proxy, or set require_tls to 0",
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
                "option base_url: http://{host} is not encrypted, and require_tls asks for that; use an https URL, or set \
                 require_tls to 0"
            ),
        ));
    }
    log::warn!("requests to http://{host} are not encrypted: whoever is on the way can read them");
    Ok(())
}

fn tls(config: &Config) -> Result<TlsSettings> {
    let identity = match (file(config, "tls.certificate"), file(config, "tls.key")) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            return Err(Error::new(
                Status::Value,
                "options tls.certificate and tls.key: one of them is set; set both, or neither",
            ));
        }
    };
    Ok(TlsSettings {
        ca_file: file(config, "tls.ca_file"),
        identity,
        only_1_3: text(config, "tls.min_version") == "1.3",
    })
}

// Those below panic on what `Config::set` never lets in and on names that are not in the table; the tests read every
// setting, so that such a name can't stay.

pub(crate) fn text<'a>(config: &'a Config, name: &str) -> &'a str {
    config.value(index_of(name).expect("an option of the table"))
}

pub(crate) fn number(config: &Config, name: &str) -> u64 {
    value::number(text(config, name)).expect("a number, as checked when it was set")
}

fn milliseconds(config: &Config, name: &str) -> Duration {
    Duration::from_millis(
        value::number_or_zero(text(config, name)).expect("a number, as checked when it was set"),
    )
}

fn optional_time(config: &Config, name: &str) -> Option<Duration> {
    value::number(text(config, name)).map(Duration::from_millis)
}

fn file(config: &Config, name: &str) -> Option<String> {
    Some(text(config, name))
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
}

fn encoding(config: &Config, name: &str) -> &'static Encoding {
    value::encoding(text(config, name)).expect("an encoding, as checked when it was set")
}

/// A number of things in memory; more than the machine can address is as many as it can.
pub(crate) fn size(config: &Config, name: &str) -> usize {
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

    fn opened(options: &[(&str, &str)]) -> Result<Settings> {
        let mut config = Config::new();
        config.set("token", "t").unwrap();
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        Settings::read(&config)
    }

    #[test]
    fn plain_http_to_elsewhere_is_refused_where_that_is_asked_for() {
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
    fn a_certificate_needs_its_key() {
        let error = opened(&[("tls.certificate", "a.pem")]).unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("tls.key"), "{error}");
    }

    #[test]
    fn prints_no_token() {
        let mut config = Config::new();
        config.set("token", "segredo").unwrap();
        let settings = Settings::read(&config).unwrap();
        assert!(!format!("{settings:?}").contains("segredo"));
    }
}
