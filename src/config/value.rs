//! The kinds of values that options take.

use std::net::SocketAddr;

use crate::config::networks::Networks;
use crate::config::proxy;
use crate::config::proxy::ProxyServer;
use crate::config::url;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text; it is never shown again.
    Secret,
    /// An absolute http or https URL, which may have a query.
    Url,
    /// The name of an encoding.
    Encoding,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number of milliseconds, at least 1.
    Milliseconds,
    /// A whole number of milliseconds; 0 is not at all.
    MillisecondsOrNone,
    /// A whole number of milliseconds, at least 1, or nothing.
    OptionalMilliseconds,
    /// 0 or 1.
    Flag,
    /// A whole number of bytes, at least 1.
    Bytes,
    /// A whole number, at least 1.
    Count,
    /// A whole number, at least 1, or nothing.
    OptionalCount,
    /// A number of threads, 1 to 256.
    Threads,
    /// The path of a file, or nothing.
    File,
    /// An IP address and a port, or nothing.
    Address,
    /// An absolute URL path, or nothing.
    Path,
    /// An absolute http or https URL without a query, or nothing.
    PublicUrl,
    /// A user and a password with a colon between, or nothing; they are never shown again.
    Credentials,
    /// IP addresses and networks, separated by commas or white space.
    Networks,
    /// The URL of an HTTP proxy, `none`, or nothing. It may hold a password and is never shown again.
    Proxy,
    /// Names, addresses and networks, separated by commas or white space, or nothing.
    Hosts,
}

/// The longest time that is taken: a week. Longer ones are slips of the unit.
const MAX_MILLISECONDS: u64 = 7 * 24 * 60 * 60 * 1000;

/// No system opens a longer path.
const MAX_PATH: usize = 4096;

/// More threads than this run no callback sooner.
const MAX_THREADS: u64 = 256;

impl Kind {
    /// The kind in a word, as tables show it.
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

    /// The least and the most milliseconds that a time of this kind may have; `None` where it is no time.
    pub fn milliseconds(self) -> Option<(u64, u64)> {
        match self {
            Kind::Milliseconds | Kind::OptionalMilliseconds => Some((1, MAX_MILLISECONDS)),
            Kind::MillisecondsOrNone => Some((0, MAX_MILLISECONDS)),
            _ => None,
        }
    }

    /// Whether a value that this option does not take may be a secret that came in its place.
    pub(crate) fn hides(self, value: &str) -> bool {
        // What has an @ may have a password before it.
        self.is_confidential() || value.contains('@') || is_pem(value) || value.len() > MAX_PATH
    }

    /// Whether a value of this kind is never shown again.
    pub fn is_secret(self) -> bool {
        matches!(self, Kind::Secret | Kind::Credentials | Kind::Proxy)
    }

    /// Whether a value of this kind stays out of messages and `Debug`, though the application may read it back: who knows
    /// the webhook's path can post triggers.
    pub(crate) fn is_confidential(self) -> bool {
        self.is_secret() || self == Kind::Path
    }

    /// Whether `value` is of this kind. The error says what would be.
    pub(crate) fn check(self, value: &str) -> Result<(), String> {
        let (good, expected) = match self {
            Kind::Secret => (
                !value.contains(char::is_control),
                "a text without control characters, such as the line end that came along with a paste".into(),
            ),
            Kind::Url => {
                return url::read(value).map(|_| ()).map_err(|expected| {
                    expected.unwrap_or_else(|| {
                        "an absolute http or https URL without user, password and fragment (#), and with a port from 1 \
                         to 65535 if with any, such as http://clientapi.omnize.com/api/rest/v1"
                            .into()
                    })
                });
            }
            Kind::Encoding => (
                encoding(value).is_some(),
                "the name of an encoding, such as utf-8, windows-1252 or iso-8859-1".into(),
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
                "the path of a file, not what stands in the file, or nothing".into(),
            ),
            Kind::Address => (
                value.is_empty() || value.parse::<SocketAddr>().is_ok(),
                "an IP address (names are not looked up: 127.0.0.1 for localhost) and a port, such as 127.0.0.1:8080 or \
                 [::1]:8080, or nothing"
                    .into(),
            ),
            Kind::Path => (
                value.is_empty() || is_path(value),
                "a path that begins with a slash and has letters, digits and -._~/ alone, or nothing".into(),
            ),
            Kind::PublicUrl => {
                let read = match value {
                    "" => return Ok(()),
                    value if value.contains('?') => Err(None),
                    value => url::read(value),
                };
                return read.map(|_| ()).map_err(|expected| {
                    expected.unwrap_or_else(|| {
                        "an absolute http or https URL without user, password, query and fragment, and with a port from \
                         1 to 65535 if with any, such as https://chat.example.com, or nothing"
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
                if value.is_empty() || value == proxy::NONE {
                    return Ok(());
                }
                return ProxyServer::read(value).map(|_| ()).map_err(|expected| {
                    expected.unwrap_or_else(|| {
                        format!(
                            "the URL of an HTTP proxy, such as http://user:password@proxy.example.com:3128, with what \
                             is special in user and password percent-encoded; or {}, or nothing",
                            proxy::NONE
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
        if good { Ok(()) } else { Err(expected) }
    }
}

/// The encoding of this name, where one byte string can hold its texts (UTF-16 holds zero bytes in the middle).
pub(crate) fn encoding(name: &str) -> Option<&'static Encoding> {
    // As Python and many a manual spell it; the standard of the names has it without the hyphen alone.
    let name = match name.to_ascii_lowercase().as_str() {
        "latin-1" | "latin_1" => "latin1",
        _ => name,
    };
    Encoding::for_label_no_replacement(name.as_bytes())
        .filter(|encoding| *encoding != UTF_16BE && *encoding != UTF_16LE)
}

/// A whole number, at least 1, of at most 63 bits so that every language can hold it.
pub(crate) fn number(value: &str) -> Option<u64> {
    number_or_zero(value).filter(|number| *number >= 1)
}

/// A whole number of at most 63 bits.
pub(crate) fn number_or_zero(value: &str) -> Option<u64> {
    let digits_alone = value.bytes().all(|byte| byte.is_ascii_digit());
    value
        .parse::<u64>()
        .ok()
        .filter(|number| digits_alone && *number <= i64::MAX as u64)
}

/// Whether this is what a PEM file holds, as it is or in base64.
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

    fn takes(kind: Kind, good: &[&str], bad: &[&str]) {
        for value in good {
            assert_eq!(kind.check(value), Ok(()), "{kind:?} {value:?}");
        }
        for value in bad {
            assert!(kind.check(value).is_err(), "{kind:?} {value:?}");
        }
    }

    #[test]
    fn each_kind_takes_its_values_and_no_others() {
        takes(Kind::Secret, &["", "j4hl2k="], &["abc\n", "a\tb", "a\0b"]);
        takes(
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
        takes(
            Kind::Encoding,
            &["utf-8", "Latin1", "Latin-1", "latin_1", "windows-1252"],
            &["", "klingon", "utf-16le"],
        );
        takes(Kind::Choice(&["a", "b"]), &["a", "b"], &["", "c", "A"]);
        takes(
            Kind::Milliseconds,
            &["1", "604800000"],
            &["0", "-1", "1.5", "1s", "", "604800001", "+5"],
        );
        takes(
            Kind::OptionalMilliseconds,
            &["", "1", "604800000"],
            &["0", "1s", "604800001"],
        );
        takes(Kind::OptionalCount, &["", "1", "64"], &["0", "-1", "none"]);
        takes(Kind::Flag, &["0", "1"], &["", "2", "yes"]);
        takes(
            Kind::Bytes,
            &["1", "9223372036854775807"],
            &["0", "9223372036854775808", "1k"],
        );
        takes(Kind::Count, &["1"], &["0", "x"]);
        takes(
            Kind::MillisecondsOrNone,
            &["0", "604800000"],
            &["-1", "604800001", ""],
        );
        takes(Kind::OptionalCount, &["", "1", "64"], &["0", "-1", "none"]);
        takes(Kind::Flag, &["0", "1"], &["", "2", "yes"]);
        takes(Kind::Threads, &["1", "256"], &["0", "257"]);
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n";
        let encoded = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==";
        let long = "/".repeat(MAX_PATH + 1);
        takes(
            Kind::File,
            &["", "/var/lib/a b.db"],
            &["a\0b", pem, encoded, &long],
        );
        takes(
            Kind::Address,
            &["", "127.0.0.1:0", "[::1]:80"],
            &["localhost:80", "127.0.0.1", "127.0.0.1:99999"],
        );
        takes(
            Kind::Path,
            &["", "/", "/a-b/c.d_e~f"],
            &["a", "/a b", "/a?b", "/á", "/%20"],
        );
        takes(
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
        takes(Kind::Credentials, &["", "u:p", "u:p:q"], &["u", "u:p\n"]);
        takes(
            Kind::Networks,
            &["", "::1", "10.0.0.0/8, ::1", "10.0.0.0/8\n::1"],
            &["a", ","],
        );
        takes(
            Kind::Proxy,
            &["", "none", "http://u:p@h:1", "h:3128"],
            &[
                "socks5://h",
                "https://h",
                "http://",
                "http://u:p%@",
                "h:0",
                "h:65536",
            ],
        );
        takes(Kind::Hosts, &["", ".a,b c", "a,\n\tb"], &["a\0b"]);
    }

    #[test]
    fn a_host_that_can_not_be_written_in_ascii_is_told_how_it_is() {
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
    fn a_port_that_does_not_exist_is_told_which_do() {
        let expected = Kind::Url.check("http://127.0.0.1:99999/").unwrap_err();
        assert!(expected.contains("a port from 1 to 65535"), "{expected}");
    }
}
