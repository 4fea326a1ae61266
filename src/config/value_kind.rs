//! The kinds of option values, and their validation.

use std::net::SocketAddr;

use crate::config::network::networks::Networks;
use crate::config::network::proxy;
use crate::config::network::proxy::ProxyServer;
use crate::config::network::url;
use crate::text_encoding::TextEncoding;

/// The kind of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text that is never printed.
    Secret,
    /// An absolute http or https URL, which may have a query.
    Url,
    /// The name of an encoding.
    Encoding,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number of milliseconds, at least 1.
    Milliseconds,
    /// A whole number of milliseconds; 0 disables it.
    MillisecondsOrNone,
    /// A whole number of milliseconds, at least 1, or empty.
    OptionalMilliseconds,
    /// 0 or 1.
    Flag,
    /// A whole number of bytes, at least 1.
    Bytes,
    /// A whole number, at least 1.
    Count,
    /// A whole number, at least 1, or empty.
    OptionalCount,
    /// A number of threads, 1 to 256.
    Threads,
    /// The path of a file, or empty.
    File,
    /// An IP address and a port, or empty.
    Address,
    /// An absolute URL path, or empty.
    Path,
    /// An absolute http or https URL without a query, or empty.
    PublicUrl,
    /// A user and a password with a colon between, or nothing; they are never printed.
    Credentials,
    /// IP addresses and networks, separated by commas or white space.
    Networks,
    /// The URL of an HTTP proxy, `none`, `system`, or empty. It may contain a password, and is never printed.
    Proxy,
    /// Names, addresses and networks, separated by commas or white space, or empty.
    Hosts,
}

/// The longest time: a week. Longer ones are probably mistakes of the unit.
const MAX_MILLISECONDS: u64 = 7 * 24 * 60 * 60 * 1000;

/// The longest path of operating systems.
const MAX_PATH: usize = 4096;

/// More threads would not run callbacks sooner.
const MAX_THREADS: u64 = 256;

impl Kind {
    /// Returns the name of the kind, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Secret => "secret",
            Kind::Url => "url",
            Kind::Encoding => "encoding",
            Kind::Choice(_) => "choice",
            Kind::Milliseconds | Kind::MillisecondsOrNone | Kind::OptionalMilliseconds => {
                "milliseconds"
            }
            Kind::Flag => "flag",
            Kind::Bytes => "bytes",
            Kind::Count | Kind::OptionalCount => "count",
            Kind::Threads => "threads",
            Kind::File => "file",
            Kind::Address => "address",
            Kind::Path => "path",
            Kind::PublicUrl => "url",
            Kind::Credentials => "credentials",
            Kind::Networks => "networks",
            Kind::Proxy => "proxy",
            Kind::Hosts => "text",
        }
    }

    /// Returns the limits of a duration in milliseconds, or `None` for another kind.
    pub fn milliseconds(self) -> Option<(u64, u64)> {
        match self {
            Kind::Milliseconds | Kind::OptionalMilliseconds => Some((1, MAX_MILLISECONDS)),
            Kind::MillisecondsOrNone => Some((0, MAX_MILLISECONDS)),
            _ => None,
        }
    }

    /// Returns whether messages must omit an invalid value, because it may be a misplaced secret.
    pub(crate) fn must_hide(self, value: &str) -> bool {
        // Text before an @ may be a password.
        self.is_confidential() || value.contains('@') || is_pem(value) || value.len() > MAX_PATH
    }

    /// Returns whether values of this kind are never returned to the application.
    pub fn is_secret(self) -> bool {
        matches!(self, Kind::Secret | Kind::Credentials | Kind::Proxy)
    }

    /// Returns whether messages and `Debug` omit values of this kind. The path of the webhook is one, because anyone who knows it
    /// can post triggers.
    pub(crate) fn is_confidential(self) -> bool {
        self.is_secret() || self == Kind::Path
    }

    /// Checks a value.
    ///
    /// # Errors
    /// The expected format.
    pub(crate) fn check(self, value: &str) -> Result<(), String> {
        let (is_valid, expected) = match self {
            Kind::Secret => (
                !value.contains(char::is_control),
                "a text without control characters, such as a pasted line end".into(),
            ),
            Kind::Url => {
                return url::parse(value).map(|_| ()).map_err(|expected| {
                    expected.unwrap_or_else(|| {
                        "an absolute http or https URL without user, password and fragment (#), and with a port from 1 \
                         to 65535 if any, such as http://clientapi.omnize.com/api/rest/v1"
                            .into()
                    })
                });
            }
            Kind::Encoding => (
                TextEncoding::by_name(value).is_some(),
                "the name of an encoding, such as utf-8, utf-16le, windows-1252 or iso-8859-1; on Windows also acp or oem"
                    .into(),
            ),
            Kind::Choice(words) => (words.contains(&value), words.join(" or ")),
            Kind::Milliseconds => (
                is_milliseconds(value),
                format!("a whole number of milliseconds from 1 to {MAX_MILLISECONDS} (a week)"),
            ),
            Kind::MillisecondsOrNone => (
                number_or_zero(value).is_some_and(|number| number <= MAX_MILLISECONDS),
                format!("a whole number of milliseconds from 0 to {MAX_MILLISECONDS} (a week)"),
            ),
            Kind::OptionalMilliseconds => (
                value.is_empty() || is_milliseconds(value),
                format!("a whole number of milliseconds from 1 to {MAX_MILLISECONDS} (a week), or nothing"),
            ),
            Kind::Flag => (matches!(value, "0" | "1"), "0 or 1".into()),
            Kind::Bytes => (number(value).is_some(), "a whole number of bytes, at least 1".into()),
            Kind::Count => (number(value).is_some(), "a whole number, at least 1".into()),
            Kind::OptionalCount => (
                value.is_empty() || number(value).is_some(),
                "a whole number, at least 1, or nothing".into(),
            ),
            Kind::Threads => (
                number(value).is_some_and(|number| number <= MAX_THREADS),
                format!("a whole number of threads from 1 to {MAX_THREADS}"),
            ),
            Kind::File => (
                !value.contains('\0') && value.len() <= MAX_PATH && !is_pem(value),
                "the path of a file, not its content, or nothing".into(),
            ),
            Kind::Address => (
                value.is_empty() || value.parse::<SocketAddr>().is_ok(),
                "an IP address (names are not looked up: 127.0.0.1 for localhost) and a port, such as 127.0.0.1:8080 or \
                 [::1]:8080, or nothing"
                    .into(),
            ),
            Kind::Path => (
                value.is_empty() || is_path(value),
                "a path that begins with a slash and contains only letters, digits and -._~/, or nothing".into(),
            ),
            Kind::PublicUrl => {
                let read = match value {
                    "" => return Ok(()),
                    value if value.contains('?') => Err(None),
                    value => url::parse(value),
                };
                return read.map(|_| ()).map_err(|expected| {
                    expected.unwrap_or_else(|| {
                        "an absolute http or https URL without user, password, query and fragment, and with a port from \
                         1 to 65535 if any, such as https://chat.example.com, or nothing"
                            .into()
                    })
                });
            }
            Kind::Credentials => (
                value.is_empty() || value.contains(':') && !value.contains(char::is_control),
                "user:password without control characters, or nothing".into(),
            ),
            Kind::Networks => (
                Networks::parse(value).is_some(),
                "IP addresses and networks separated by commas or white space, such as 192.0.2.7,198.51.100.0/24,2001:db8::/32, or \
                 nothing"
                    .into(),
            ),
            Kind::Proxy => {
                if ["", proxy::NONE, proxy::SYSTEM].contains(&value) {
                    return Ok(());
                }
                return ProxyServer::try_parse(value).map(|_| ()).map_err(|expected| {
                    expected.unwrap_or_else(|| {
                        format!(
                            "the URL of an HTTP proxy, such as http://user:password@proxy.example.com:3128, with user and \
                             password percent-encoded; or {} or {}, or nothing",
                            proxy::NONE,
                            proxy::SYSTEM
                        )
                    })
                });
            }
            Kind::Hosts => (
                !value.contains(|character: char| {
                    character.is_control() && !character.is_whitespace()
                }),
                "names, addresses and networks separated by commas or white space, or nothing".into(),
            ),
        };
        if is_valid { Ok(()) } else { Err(expected) }
    }
}

/// Parses a whole number from 1, of at most 63 bits, so that every language can represent it.
pub(crate) fn number(value: &str) -> Option<u64> {
    number_or_zero(value).filter(|number| *number >= 1)
}

/// Parses a whole number of at most 63 bits.
pub(crate) fn number_or_zero(value: &str) -> Option<u64> {
    let has_only_digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value
        .parse::<u64>()
        .ok()
        .filter(|number| has_only_digits && *number <= i64::MAX as u64)
}

/// Returns whether a value is the content of a PEM file, plain or in base64.
fn is_pem(value: &str) -> bool {
    value.contains("-----BEGIN") || value.trim_start().starts_with("LS0tLS1CRUdJTi")
}

fn is_milliseconds(value: &str) -> bool {
    number(value).is_some_and(|number| number <= MAX_MILLISECONDS)
}

fn is_path(value: &str) -> bool {
    value.starts_with('/')
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_values(kind: Kind, valid: &[&str], invalid: &[&str]) {
        for value in valid {
            assert_eq!(kind.check(value), Ok(()), "{kind:?} {value:?}");
        }
        for value in invalid {
            assert!(kind.check(value).is_err(), "{kind:?} {value:?}");
        }
    }

    #[test]
    fn each_kind_accepts_only_its_values() {
        check_values(Kind::Secret, &["", "j4hl2k="], &["abc\n", "a\tb", "a\0b"]);
        check_values(
            Kind::Url,
            &[
                "http://a",
                "https://a:8443/x/y?z=1",
                "http://[::1]:80/",
                "http://[::1]",
                "https://a:65535",
                "http://a/olá b",
                "http://café.localhost",
            ],
            &[
                "",
                "a",
                "/x",
                "ftp://a",
                "http://",
                "http://a b",
                "http://u:p@a",
                "http://u@a",
                "http://127.0.0.1:99999/",
                "http://a:65536",
                "http://[::1]:0",
                "http://a:0/",
                "http://a/#b",
            ],
        );
        check_values(
            Kind::Encoding,
            &[
                "utf-8",
                "Latin1",
                "Latin-1",
                "latin_1",
                "windows-1252",
                "utf-16le",
            ],
            &["", "klingon", "utf-16be"],
        );
        check_values(Kind::Choice(&["a", "b"]), &["a", "b"], &["", "c", "A"]);
        check_values(
            Kind::Milliseconds,
            &["1", "604800000"],
            &["0", "-1", "1.5", "1s", "", "604800001", "+5"],
        );
        check_values(
            Kind::OptionalMilliseconds,
            &["", "1", "604800000"],
            &["0", "1s", "604800001"],
        );
        check_values(Kind::OptionalCount, &["", "1", "64"], &["0", "-1", "none"]);
        check_values(Kind::Flag, &["0", "1"], &["", "2", "yes"]);
        check_values(
            Kind::Bytes,
            &["1", "9223372036854775807"],
            &["0", "9223372036854775808", "1k"],
        );
        check_values(Kind::Count, &["1"], &["0", "x"]);
        check_values(
            Kind::MillisecondsOrNone,
            &["0", "604800000"],
            &["-1", "604800001", ""],
        );
        check_values(Kind::OptionalCount, &["", "1", "64"], &["0", "-1", "none"]);
        check_values(Kind::Flag, &["0", "1"], &["", "2", "yes"]);
        check_values(Kind::Threads, &["1", "256"], &["0", "257"]);
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n";
        let encoded = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==";
        let long = "/".repeat(MAX_PATH + 1);
        check_values(
            Kind::File,
            &["", "/var/lib/a b.db"],
            &["a\0b", pem, encoded, &long],
        );
        check_values(
            Kind::Address,
            &["", "127.0.0.1:0", "[::1]:80"],
            &["localhost:80", "127.0.0.1", "127.0.0.1:99999"],
        );
        check_values(
            Kind::Path,
            &["", "/", "/a-b/c.d_e~f"],
            &["a", "/a b", "/a?b", "/á", "/%20"],
        );
        check_values(
            Kind::PublicUrl,
            &["", "https://a", "http://a/b/"],
            &[
                "a",
                "https://a/?b",
                "https://a/#b",
                "https://u:p@a",
                "https://a:0",
            ],
        );
        check_values(Kind::Credentials, &["", "u:p", "u:p:q"], &["u", "u:p\n"]);
        check_values(
            Kind::Networks,
            &["", "::1", "10.0.0.0/8, ::1", "10.0.0.0/8\n::1"],
            &["a", ","],
        );
        check_values(
            Kind::Proxy,
            &["", "none", "system", "http://u:p@h:1", "h:3128"],
            &[
                "socks5://h",
                "https://h",
                "http://",
                "http://u:p%@",
                "h:0",
                "h:65536",
            ],
        );
        check_values(Kind::Hosts, &["", ".a,b c", "a,\n\tb"], &["a\0b"]);
    }

    #[test]
    fn a_rejected_host_is_reported_with_its_ascii_form() {
        for (kind, value) in [
            (Kind::Url, "http://例え.jp/x"),
            (Kind::PublicUrl, "https://例え.jp"),
            (Kind::Proxy, "http://u:segredo@例え.jp:3128"),
        ] {
            let expected = kind.check(value).unwrap_err();
            assert!(expected.contains("xn--r8jz45g.jp"), "{expected}");
            assert!(!expected.contains("segredo"), "{expected}");
        }
    }

    #[test]
    fn an_invalid_port_is_reported_with_the_valid_range() {
        let expected = Kind::Url.check("http://127.0.0.1:99999/").unwrap_err();
        assert!(expected.contains("a port from 1 to 65535"), "{expected}");
    }
}
