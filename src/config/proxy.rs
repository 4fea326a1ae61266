//! Which proxy requests go through, by the options and the environment.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;

use crate::config::host_name::Unusable;
use crate::config::{no_proxy, url};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::Redacted;

/// The value of the option `proxy` that means: no proxy, whatever the environment says.
pub(crate) const NONE: &str = "none";

/// An HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyServer {
    /// Its URL, without user and password and with its port.
    pub url: Uri,
    /// What it is told with each request to know us: the value of `Proxy-Authorization`.
    pub authorization: Option<Redacted>,
    /// The environment variable that names it; `None` where the option `proxy` does.
    pub variable: Option<&'static str>,
}

impl ProxyServer {
    /// Reads `http://user:password@host:port`; all but the host may be left out. `None` where it is no such URL.
    pub fn parse(url: &str) -> Option<ProxyServer> {
        ProxyServer::read(url).ok()
    }

    /// As [`parse`](Self::parse); an error says what is expected, where that can be said.
    pub(crate) fn read(url: &str) -> std::result::Result<ProxyServer, Unusable> {
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
        let parsed = url::read(&format!("http://{host}"))?;
        let (name, port) = (parsed.host().ok_or(None)?, parsed.port_u16().unwrap_or(80));
        Ok(ProxyServer {
            url: format!("http://{name}:{port}").parse().map_err(|_| None)?,
            authorization: match credentials {
                Some(credentials) => Some(authorization(credentials).ok_or(None)?),
                None => None,
            },
            variable: None,
        })
    }

    /// What names it, for messages.
    pub fn setting(&self) -> String {
        self.variable.map_or("the option proxy".to_owned(), |name| {
            format!("the environment variable {name}")
        })
    }

    /// Its host alone, for messages.
    pub fn host(&self) -> &str {
        self.url.host().unwrap_or_default()
    }

    /// Its host and port, for messages.
    pub fn name(&self) -> &str {
        self.url
            .authority()
            .map_or("", |authority| authority.as_str())
    }
}

/// What `user:password`, percent-encoded, is in a header.
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

/// The proxy for requests to `url`, by the options `proxy` and `no_proxy` and what `variable` gives of the environment.
/// `is_here` tells whether `url` leads to this machine; it is asked where a proxy of the environment would be used.
///
/// # Errors
/// [`Status::Value`] where the environment names one that is no HTTP proxy.
pub(crate) fn choose(
    proxy: &str,
    no_proxy: &str,
    url: &Uri,
    is_here: &dyn Fn() -> bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ProxyServer>> {
    if proxy == NONE || no_proxy::covers(no_proxy, url) {
        return Ok(None);
    }
    if !proxy.is_empty() {
        return Ok(ProxyServer::parse(proxy));
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if no_proxy.is_empty() {
        let hosts = set("no_proxy").or_else(|| set("NO_PROXY"));
        if hosts.is_some_and(|hosts| no_proxy::covers(&hosts, url)) {
            return Ok(None);
        }
    }
    let names: &[&'static str] = if url.scheme_str() == Some("https") {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else if set("REQUEST_METHOD").is_some() {
        // In a CGI program whoever sends a header Proxy sets HTTP_PROXY.
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
    let proxy = ProxyServer::read(&value).map_err(|expected| {
        let expected = expected.map_or_else(
            || "it names no HTTP proxy, such as http://proxy.example.com:3128".to_owned(),
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
        variable: Some(name),
        ..proxy
    }))
}

/// A host without the brackets of an IPv6 address.
pub(crate) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "http://chat.example.com/api";

    fn chosen(proxy: &str, no_proxy: &str, url: &str, environment: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = environment.iter().find(|(there, _)| *there == name)?;
            Some(found.1.to_owned())
        };
        let url: Uri = url.parse().unwrap();
        let is_here = || matches!(url.host(), Some("localhost" | "[::1]"));
        match choose(proxy, no_proxy, &url, &is_here, &variable) {
            Ok(Some(proxy)) => proxy.name().to_owned(),
            Ok(None) => String::new(),
            Err(error) => format!("{error}"),
        }
    }

    #[test]
    fn reads_urls_of_proxies() {
        let read = |url| {
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
                read(url),
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
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn the_option_decides_before_the_environment() {
        let environment = [("http_proxy", "env:1"), ("NO_PROXY", "*")];
        assert_eq!(chosen("opt:2", "", SERVICE, &environment), "opt:2");
        assert_eq!(chosen("opt:2", "example.com", SERVICE, &[]), "");
        assert_eq!(chosen("opt:2", "", "http://127.0.0.1/", &[]), "opt:2");
        assert_eq!(chosen(NONE, "", SERVICE, &[("http_proxy", "env:1")]), "");
    }

    #[test]
    fn the_environment_decides_by_scheme() {
        let all = [
            ("HTTP_PROXY", "plain:1"),
            ("HTTPS_PROXY", "secure:1"),
            ("ALL_PROXY", "all:1"),
        ];
        let secure = "https://chat.example.com";
        assert_eq!(chosen("", "", SERVICE, &all), "plain:1");
        assert_eq!(chosen("", "", secure, &all), "secure:1");
        assert_eq!(chosen("", "", SERVICE, &all[2..]), "all:1");
        assert_eq!(chosen("", "", secure, &all[2..]), "all:1");
        assert_eq!(
            chosen("", "", secure, &[("HTTPS_PROXY", ""), all[2]]),
            "all:1"
        );
        let both = [("http_proxy", "small:1"), all[0]];
        assert_eq!(chosen("", "", SERVICE, &both), "small:1");
        assert_eq!(chosen("", "", SERVICE, &[]), "");
    }

    #[test]
    fn what_names_the_proxy_is_told() {
        let variable = |name: &str| (name == "ALL_PROXY").then(|| "env:1".to_owned());
        for (option, setting) in [
            ("opt:2", "the option proxy"),
            ("", "the environment variable ALL_PROXY"),
        ] {
            let url = SERVICE.parse().unwrap();
            let chosen = choose(option, "", &url, &|| false, &variable).unwrap();
            assert_eq!(chosen.unwrap().setting(), setting);
        }
    }

    #[test]
    fn a_header_of_a_cgi_request_names_no_proxy() {
        let environment = [("HTTP_PROXY", "evil:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen("", "", SERVICE, &environment), "");
    }

    #[test]
    fn the_environment_has_exceptions_and_leaves_this_machine_alone() {
        let environment = [("http_proxy", "env:1"), ("no_proxy", "a.b,.example.com")];
        assert_eq!(chosen("", "", SERVICE, &environment), "");
        assert_eq!(chosen("", "elsewhere", SERVICE, &environment), "env:1");
        for url in ["http://localhost:1/", "http://[::1]/"] {
            assert_eq!(chosen("", "", url, &environment), "", "{url}");
        }
    }

    #[test]
    fn a_proxy_of_another_kind_is_told_by_the_variable_and_not_shown() {
        let told = chosen("", "", SERVICE, &[("all_proxy", "socks5://u:segredo@h")]);
        assert!(
            told.contains("all_proxy") && !told.contains("segredo"),
            "{told}"
        );
    }
}
