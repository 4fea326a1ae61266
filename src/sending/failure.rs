//! What is said of a request that got no answer, or got one from the proxy.

use std::io;

use ureq::Error as HttpError;

use crate::config::ProxyServer;
use crate::error::Delivery;
use crate::host::resource_limits;
use crate::sending::connections::proxy_tunnel::Refused;
use crate::sending::connections::tls_failure;
use crate::sending::http::deadlines::{Progress, Stage};
use crate::sending::http::response::ResponseError;
use crate::status::Status;

/// What stopped a request, and where.
#[derive(Debug)]
pub struct TransportError {
    /// What happened.
    pub error: HttpError,
    /// How far the request had come.
    pub reached: Progress,
}

/// Where requests go, as messages name it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The service's host, and its port where `base_url` has one.
    pub host: &'a str,
    /// The service's host alone.
    pub name: &'a str,
    /// The proxy, where requests go through one.
    pub proxy: Option<&'a ProxyServer>,
    /// Whether the proxy reads the requests and answers them.
    pub is_forwarded: bool,
}

/// What became of a request, and why.
#[derive(Debug)]
pub struct FailureReport {
    /// The status.
    pub status: Status,
    /// What became of it.
    pub delivery: Delivery,
    /// What happened and what to do.
    pub what: String,
    /// Whether it may pass by itself.
    pub may_pass: bool,
}

impl TransportError {
    /// What became of the request.
    pub fn tell(&self, target: &Target) -> FailureReport {
        let delivery = if self.reached.stage == Stage::Written {
            Delivery::Unknown
        } else {
            Delivery::NotSent
        };
        let (status, what) = match (target.proxy, self.reached.stage) {
            (_, stage) if stage < Stage::Ready && self.is_lack() => self.of_the_system(),
            (Some(proxy), Stage::Resolving | Stage::Connecting | Stage::Tunnelling) => {
                self.before_the_proxy(proxy, target.host)
            }
            (_, Stage::Resolving | Stage::Connecting | Stage::Tunnelling) => {
                self.before_the_service(target)
            }
            (_, Stage::Securing) => self.securing(target.host),
            (_, Stage::Ready | Stage::Written | Stage::Refused) => self.before_the_answer(target),
        };
        let may_pass = refusal(&self.error).is_none_or(|http_status| http_status >= 500);
        FailureReport {
            status,
            delivery,
            what,
            may_pass,
        }
    }

    /// Whether the operating system lacks something, which says nothing of the peer.
    fn is_lack(&self) -> bool {
        matches!(&self.error, HttpError::Io(error) if resource_limits::is_lack(error))
    }

    fn of_the_system(&self) -> (Status, String) {
        let what = format!(
            "the operating system does not let this process make a connection ({}); close what it does not need, or raise its \
             limits",
            cause(&self.error)
        );
        (Status::System, what)
    }

    fn before_the_service(&self, target: &Target) -> (Status, String) {
        let Target { host, name, .. } = target;
        match (&self.error, self.reached.stage) {
            (HttpError::Timeout(_), Stage::Resolving) => (
                Status::Timeout,
                format!(
                    "the address of {host} was not found within {}",
                    self.reached
                ),
            ),
            (HttpError::Timeout(_), _) => (
                Status::Timeout,
                format!("{host} could not be connected to within {}", self.reached),
            ),
            (HttpError::Io(error), Stage::Resolving) => (
                Status::Unreachable,
                format!("the host {host} can't be used: {error}"),
            ),
            (_, Stage::Resolving) => (
                Status::Unreachable,
                format!(
                    "the host {name} is not known; check base_url and the network's name service"
                ),
            ),
            (HttpError::Io(error), _) if error.kind() == io::ErrorKind::ConnectionRefused => (
                Status::Refused,
                format!(
                    "{host} refused the connection; check the port in base_url and whether the service runs"
                ),
            ),
            (error, _) => (
                Status::Unreachable,
                format!(
                    "{host} can't be reached ({}); check base_url and the network",
                    cause(error)
                ),
            ),
        }
    }

    fn before_the_proxy(&self, server: &ProxyServer, host: &str) -> (Status, String) {
        let (proxy, setting) = (server.name(), server.setting());
        let asked = self.reached.stage == Stage::Tunnelling;
        let what = match (&self.error, refusal(&self.error)) {
            (HttpError::Timeout(_), _) => {
                let what = if asked {
                    format!("the proxy {proxy} gave no way to {host}")
                } else {
                    format!("the proxy {proxy} could not be connected to")
                };
                return (Status::Timeout, format!("{what} within {}", self.reached));
            }
            (_, Some(407)) => wants_credentials(server),
            (_, Some(http_status)) => format!(
                "the proxy {proxy} refuses to connect to {host} (HTTP {http_status}); ask whoever runs it, or name the host \
                 in no_proxy"
            ),
            (HttpError::Io(error), _) if asked && error.kind() == io::ErrorKind::InvalidData => {
                format!("what listens at {proxy} is no HTTP proxy; check {setting}")
            }
            (error, _) if asked => format!(
                "the proxy {proxy} broke the connection off before it led to {host} ({})",
                cause(error)
            ),
            (HttpError::HostNotFound, _) => {
                format!(
                    "the proxy's host {} is not known; check {setting}",
                    server.host()
                )
            }
            (error, _) => format!(
                "the proxy {proxy} can't be reached ({}); check {setting} and whether it runs",
                cause(error)
            ),
        };
        (Status::Proxy, what)
    }

    fn securing(&self, host: &str) -> (Status, String) {
        match &self.error {
            HttpError::Timeout(_) => (
                Status::Timeout,
                format!(
                    "the TLS handshake with {host} did not end within {}",
                    self.reached
                ),
            ),
            error => (
                Status::Tls,
                format!(
                    "no secure connection to {host} ({}); check its certificate, tls.ca_file, tls.certificate and this \
                     machine's clock",
                    cause(error)
                ),
            ),
        }
    }

    fn before_the_answer(&self, target: &Target) -> (Status, String) {
        let host = match target.proxy {
            Some(proxy) if target.is_forwarded => format!("the proxy {}", proxy.name()),
            _ => target.host.to_owned(),
        };
        match &self.error {
            HttpError::Timeout(ureq::Timeout::SendRequest) => (
                Status::Timeout,
                format!("{host} did not take the request within {}", self.reached),
            ),
            HttpError::Timeout(_) => (
                Status::Timeout,
                format!("{host} did not answer within {}", self.reached),
            ),
            error if ResponseError::of(error) == Some(ResponseError::HeadTooLarge) => (
                Status::ResponseTooLarge,
                format!(
                    "{host} answered with headers of more than {} bytes, which is the most that is read",
                    ResponseError::MOST_BYTES
                ),
            ),
            error if ResponseError::of(error) == Some(ResponseError::NoMemory) => (
                Status::System,
                format!("there is no memory for the answer of {host}"),
            ),
            error if ResponseError::of(error).is_some() => (
                Status::Protocol,
                format!("{host} answered, but not in HTTP; check base_url"),
            ),
            _ if self.reached.stage == Stage::Refused => (
                Status::Lost,
                format!("{host} had closed the connection before the request came"),
            ),
            error => (
                Status::Lost,
                format!(
                    "the connection to {host} broke before the answer came ({})",
                    cause(error)
                ),
            ),
        }
    }
}

/// What an answer says that a proxy which reads the requests gave itself; `None` where it may be the service's.
///
/// A gateway that had no answer (502, 504) may have passed the request on.
pub fn proxy_says(target: &Target, http_status: u16) -> Option<FailureReport> {
    let proxy = target.proxy.filter(|_| target.is_forwarded)?;
    let (delivery, what) = match http_status {
        407 => (Delivery::NotSent, wants_credentials(proxy)),
        502 | 504 => (
            Delivery::Unknown,
            format!(
                "the proxy {} has no answer of {} (HTTP {http_status})",
                proxy.name(),
                target.host
            ),
        ),
        _ => return None,
    };
    Some(FailureReport {
        status: Status::Proxy,
        delivery,
        what,
        may_pass: http_status != 407,
    })
}

fn wants_credentials(proxy: &ProxyServer) -> String {
    format!(
        "the proxy {} asks for a user and a password that it knows (HTTP 407); set them in {}",
        proxy.name(),
        proxy.setting()
    )
}

/// The HTTP status with which the proxy refused a tunnel.
fn refusal(error: &HttpError) -> Option<u16> {
    match error {
        HttpError::Other(cause) => cause.downcast_ref::<Refused>().map(|refused| refused.0),
        _ => None,
    }
}

/// What the operating system or TLS said, where they said something; never what was sent or received.
fn cause(error: &HttpError) -> String {
    match error {
        HttpError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            tls_failure::describe(error).unwrap_or_else(|| error.to_string())
        }
        _ => "it was closed".to_owned(),
    }
}
