//! Selects the proxy of requests, from the options and the environment.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;

use crate::config::network::host_name::Rejected;
use crate::config::network::{no_proxy, url};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::Redacted;

/// The value of the option `proxy` that disables proxies, those of the environment too.
pub(crate) const NONE: &str = "none";

/// The value of the option `proxy` that selects the proxy of the operating system.
pub(crate) const SYSTEM: &str = "system";

/// The proxy of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySelection {
    /// The same for every connection: a proxy, or none.
    Fixed(Option<ProxyServer>),
    /// The settings of the operating system decide for each connection.
    System {
        /// Whether requests go to this machine.
        is_here: bool,
    },
}

impl ProxySelection {
    /// Returns the proxy of every connection, if there is one.
    pub fn fixed(&self) -> Option<&ProxyServer> {
        match self {
            ProxySelection::Fixed(proxy) => proxy.as_ref(),
            ProxySelection::System { .. } => None,
        }
    }
}

/// The setting that contains a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySetting {
    /// The option `proxy`.
    Option,
    /// An environment variable.
    Variable(&'static str),
    /// A setting of the operating system, as a part of a sentence.
    System(String),
}

/// An HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyServer {
    /// Its URL, without user and password and with its port.
    pub url: Uri,
    /// The value of the header `Proxy-Authorization`.
    pub authorization: Option<Redacted>,
    /// The setting that contains it.
    pub setting: ProxySetting,
}

impl ProxyServer {
    /// Parses `http://user:password@host:port`. All parts except the host are optional. Returns `None` for an invalid URL.
    pub fn parse(url: &str) -> Option<ProxyServer> {
        ProxyServer::try_parse(url).ok()
    }

    /// Parses as [`parse`](Self::parse). The error contains the expected format, if it is known.
    pub(crate) fn try_parse(url: &str) -> std::result::Result<ProxyServer, Rejected> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(None),
            None => url,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, host) = match rest.rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials), host),
            None => (None, rest),
        };
        if host.contains(['/', '?']) {
            return Err(None);
        }
        let parsed = url::parse(&format!("http://{host}"))?;
        let (name, port) = (parsed.host().ok_or(None)?, parsed.port_u16().unwrap_or(80));
        Ok(ProxyServer {
            url: format!("http://{name}:{port}").parse().map_err(|_| None)?,
            authorization: match credentials {
                Some(credentials) => Some(authorization(credentials).ok_or(None)?),
                None => None,
            },
            setting: ProxySetting::Option,
        })
    }

    /// Returns the setting that contains the proxy, for messages.
    pub fn setting(&self) -> String {
        match &self.setting {
            ProxySetting::Option => "the option proxy".to_owned(),
            ProxySetting::Variable(name) => format!("the environment variable {name}"),
            ProxySetting::System(setting) => setting.clone(),
        }
    }

    /// Returns its host, for messages.
    pub fn host(&self) -> &str {
        self.url.host().unwrap_or_default()
    }

    /// Returns its host and port, for messages.
    pub fn name(&self) -> &str {
        self.url
            .authority()
            .map_or("", |authority| authority.as_str())
    }
}

/// Returns the header value for a percent-encoded `user:password`.
fn authorization(credentials: &str) -> Option<Redacted> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let user = percent_decode_str(user).decode_utf8().ok()?;
    let password = percent_decode_str(password).decode_utf8().ok()?;
    let plain = format!("{user}:{password}");
    if plain.contains(char::is_control) {
        return None;
    }
    Some(format!("Basic {}", BASE64_STANDARD.encode(plain)).into())
}

/// Returns the proxy for requests to `url`, by the options `proxy` and `no_proxy` and the environment.
///
/// `variable` returns environment variables. `is_here` returns whether `url` refers to this machine; it is called only if a
/// proxy of the environment or of the system may be used. A system without settings of its own uses the environment.
///
/// # Errors
/// [`Status::Value`] if the environment contains a proxy that is not an HTTP proxy.
pub(crate) fn select(
    proxy: &str,
    no_proxy: &str,
    url: &Uri,
    is_here: &dyn Fn() -> bool,
    variable: &dyn Fn(&str) -> Option<String>,
    has_system_settings: bool,
) -> Result<ProxySelection> {
    if proxy == NONE || no_proxy::matches(no_proxy, url) {
        return Ok(ProxySelection::Fixed(None));
    }
    if proxy == SYSTEM && has_system_settings {
        return Ok(ProxySelection::System { is_here: is_here() });
    }
    if proxy.is_empty() || proxy == SYSTEM {
        let proxy = select_by_environment(no_proxy, url, is_here, variable)?;
        return Ok(ProxySelection::Fixed(proxy));
    }
    Ok(ProxySelection::Fixed(ProxyServer::parse(proxy)))
}

fn select_by_environment(
    no_proxy: &str,
    url: &Uri,
    is_here: &dyn Fn() -> bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ProxyServer>> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if no_proxy.is_empty() {
        let hosts = set("no_proxy").or_else(|| set("NO_PROXY"));
        if hosts.is_some_and(|hosts| no_proxy::matches(&hosts, url)) {
            return Ok(None);
        }
    }
    let names: &[&'static str] = if url.scheme_str() == Some("https") {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else if set("REQUEST_METHOD").is_some() {
        // In a CGI program, a request header `Proxy` sets HTTP_PROXY.
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    let Some((name, value)) = names
        .iter()
        .find_map(|name| set(name).map(|value| (name, value)))
    else {
        return Ok(None);
    };
    if is_here() {
        return Ok(None);
    }
    let proxy = ProxyServer::try_parse(&value).map_err(|expected| {
        let expected = expected.map_or_else(
            || "it is not an HTTP proxy, such as http://proxy.example.com:3128".to_owned(),
            |expected| format!("it takes {expected}"),
        );
        Error::new(
            Status::Value,
            format!(
                "environment variable {name}: {expected}; set the option proxy to one, or to {NONE}"
            ),
        )
    })?;
    Ok(Some(ProxyServer {
        setting: ProxySetting::Variable(name),
        ..proxy
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "http://chat.example.com/api";

    fn selected(proxy: &str, no_proxy: &str, url: &str, environment: &[(&str, &str)]) -> String {
        match select_on(false, proxy, no_proxy, url, environment) {
            Ok(ProxySelection::Fixed(Some(proxy))) => proxy.name().to_owned(),
            Ok(ProxySelection::Fixed(None)) => String::new(),
            Ok(ProxySelection::System { .. }) => "system".to_owned(),
            Err(error) => format!("{error}"),
        }
    }

    fn select_on(
        has_system_settings: bool,
        proxy: &str,
        no_proxy: &str,
        url: &str,
        environment: &[(&str, &str)],
    ) -> Result<ProxySelection> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(there, _)| *there == name)?;
            Some(found.1.to_owned())
        };
        let url: Uri = url.parse().unwrap();
        let is_here = || matches!(url.host(), Some("localhost" | "[::1]"));
        select(
            proxy,
            no_proxy,
            &url,
            &is_here,
            &variable,
            has_system_settings,
        )
    }

    #[test]
    fn system_means_the_settings_of_the_system_or_else_the_environment() {
        let environment = [("http_proxy", "env:1")];
        assert_eq!(selected(SYSTEM, "", SERVICE, &environment), "env:1");
        assert_eq!(selected(SYSTEM, "", SERVICE, &[]), "");
        let on_system =
            |no_proxy, url| select_on(true, SYSTEM, no_proxy, url, &environment).unwrap();
        for (url, is_here) in [(SERVICE, false), ("http://localhost", true)] {
            assert_eq!(
                on_system("", url),
                ProxySelection::System { is_here },
                "{url}"
            );
        }
        assert_eq!(
            on_system("example.com", SERVICE),
            ProxySelection::Fixed(None)
        );
    }

    #[test]
    fn parses_urls_of_proxies() {
        let parsed = |url| {
            let proxy = ProxyServer::parse(url)?;
            let authorization = proxy.authorization.as_ref();
            let authorization = authorization.map_or("", |value| value.expose()).to_owned();
            Some((proxy.name().to_owned(), authorization))
        };
        for (url, name, authorization) in [
            ("http://h:3128", "h:3128", ""),
            ("h:3128", "h:3128", ""),
            ("HTTP://h/", "h:80", ""),
            ("http://Café.example:1", "xn--caf-dma.example:1", ""),
            ("http://é:ã@h:1", "h:1", "Basic w6k6w6M="),
            ("http://[::1]:8080", "[::1]:8080", ""),
            // The base64 of a:b, of a: and of ü:@:/
            ("http://a:b@h:1", "h:1", "Basic YTpi"),
            ("a@h:1", "h:1", "Basic YTo="),
            ("http://%C3%BC:%40%3A%2F@h:1", "h:1", "Basic w7w6QDov"),
        ] {
            assert_eq!(
                parsed(url),
                Some((name.to_owned(), authorization.to_owned())),
                "{url}"
            );
        }
        for url in [
            "",
            "http://",
            "https://h",
            "socks5://h",
            "http://h:x",
            "http://h:99999",
            "http://h/x",
            "h?x",
            "a:%FF@h",
            "a:%0A@h",
            ":1",
            "http://h\\x",
        ] {
            assert_eq!(parsed(url), None, "{url}");
        }
    }

    #[test]
    fn the_option_overrides_the_environment() {
        let environment = [("http_proxy", "env:1"), ("NO_PROXY", "*")];
        assert_eq!(selected("opt:2", "", SERVICE, &environment), "opt:2");
        assert_eq!(selected("opt:2", "example.com", SERVICE, &[]), "");
        assert_eq!(selected("opt:2", "", "http://127.0.0.1/", &[]), "opt:2");
        assert_eq!(selected(NONE, "", SERVICE, &[("http_proxy", "env:1")]), "");
    }

    #[test]
    fn the_scheme_selects_the_environment_variable() {
        let all = [
            ("HTTP_PROXY", "plain:1"),
            ("HTTPS_PROXY", "secure:1"),
            ("ALL_PROXY", "all:1"),
        ];
        let secure = "https://chat.example.com";
        assert_eq!(selected("", "", SERVICE, &all), "plain:1");
        assert_eq!(selected("", "", secure, &all), "secure:1");
        assert_eq!(selected("", "", SERVICE, &all[2..]), "all:1");
        assert_eq!(selected("", "", secure, &all[2..]), "all:1");
        assert_eq!(
            selected("", "", secure, &[("HTTPS_PROXY", ""), all[2]]),
            "all:1"
        );
        let both = [("http_proxy", "small:1"), all[0]];
        assert_eq!(selected("", "", SERVICE, &both), "small:1");
        assert_eq!(selected("", "", SERVICE, &[]), "");
    }

    #[test]
    fn the_option_or_variable_of_the_proxy_is_reported() {
        let variable = |name: &str| (name == "ALL_PROXY").then(|| "env:1".to_owned());
        for (option, setting) in [
            ("opt:2", "the option proxy"),
            ("", "the environment variable ALL_PROXY"),
        ] {
            let url = SERVICE.parse().unwrap();
            let selected = select(option, "", &url, &|| false, &variable, true).unwrap();
            assert_eq!(selected.fixed().unwrap().setting(), setting);
        }
    }

    #[test]
    fn a_header_of_a_cgi_request_does_not_set_the_proxy() {
        let environment = [("HTTP_PROXY", "evil:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(selected("", "", SERVICE, &environment), "");
    }

    #[test]
    fn the_environment_has_exceptions_and_is_not_used_for_this_machine() {
        let environment = [("http_proxy", "env:1"), ("no_proxy", "a.b,.example.com")];
        assert_eq!(selected("", "", SERVICE, &environment), "");
        assert_eq!(selected("", "elsewhere", SERVICE, &environment), "env:1");
        for url in ["http://localhost:1/", "http://[::1]/"] {
            assert_eq!(selected("", "", url, &environment), "", "{url}");
        }
    }

    #[test]
    fn an_unsupported_proxy_is_reported_by_its_variable_only() {
        let message = selected("", "", SERVICE, &[("all_proxy", "socks5://u:segredo@h")]);
        assert!(
            message.contains("all_proxy") && !message.contains("segredo"),
            "{message}"
        );
    }
}
