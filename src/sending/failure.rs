//! Describes requests that got no response from the service: status, delivery and message.

use std::io;

use ureq::Error as HttpError;

use crate::config::{ProxyServer, ProxySetting};
use crate::error::{Delivery, Error};
use crate::host::resource_limits;
use crate::os_error;
use crate::sending::connections::proxy_tunnel::TunnelRejected;
use crate::sending::connections::system_proxy::InvalidProxy;
use crate::sending::connections::tls_failure;
use crate::sending::deadlines::Stage;
use crate::sending::http::destination::Destination;
use crate::sending::http::response::response_error::ResponseError;
use crate::sending::http::transport_error::TransportError;
use crate::status::Status;

/// The status, delivery and message of a failure.
#[derive(Debug)]
pub struct FailureReport {
    /// The status.
    pub status: Status,
    /// Whether the request was sent.
    pub delivery: Delivery,
    /// The cause, and what to do.
    pub message: String,
    /// Whether the cause may disappear without action.
    pub is_transient: bool,
}

/// Returns the error of the request with this name that failed in this way.
pub fn to_error(name: &str, is_idempotent: bool, report: FailureReport) -> Error {
    let delivery = match report.delivery {
        Delivery::NotSent => "it was not sent",
        _ => "whether the service received it is unknown",
    };
    let can_repeat = report.delivery == Delivery::NotSent || is_idempotent;
    Error::new(
        report.status,
        format!("{name}: {}; {delivery}", report.message),
    )
    .with_delivery(report.delivery)
    .with_retryable(report.is_transient && can_repeat)
}

/// Returns the report of a request that got no response.
pub fn describe(error: &TransportError, destination: &Destination) -> FailureReport {
    let delivery = if error.progress.stage == Stage::Written {
        Delivery::Unknown
    } else {
        Delivery::NotSent
    };
    let (status, message) = match (destination.proxy, error.progress.stage) {
        (_, stage) if stage < Stage::Ready && is_resource_limit(error) => system_failure(error),
        (Some(proxy), Stage::Resolving | Stage::Connecting | Stage::OpeningTunnel) => {
            proxy_failure(error, proxy, destination.authority)
        }
        (_, Stage::Resolving | Stage::Connecting | Stage::OpeningTunnel) => {
            let (status, message) = connect_failure(error, destination);
            match destination.remark {
                Some(remark) => (status, format!("{message}; {remark}")),
                None => (status, message),
            }
        }
        (_, Stage::TlsHandshake) => handshake_failure(error, destination.authority),
        (_, Stage::Ready | Stage::Written | Stage::Refused) => exchange_failure(error, destination),
    };
    let (status, message) = match unusable_proxy(&error.error) {
        Some(unusable) => (Status::Proxy, unusable.to_string()),
        None => (status, message),
    };
    let is_transient = tunnel_rejection(&error.error).is_none_or(|http_status| http_status >= 500);
    FailureReport {
        status,
        delivery,
        message,
        is_transient,
    }
}

/// Returns the report of a response that the proxy itself sent; `None` if the response may be the service's.
///
/// A gateway without a response from the service (502, 504) may have forwarded the request.
pub fn describe_proxy_response(
    destination: &Destination,
    http_status: u16,
) -> Option<FailureReport> {
    let proxy = destination.proxy.filter(|_| destination.is_forwarded)?;
    let (delivery, message) = match http_status {
        407 => (Delivery::NotSent, missing_credentials(proxy)),
        502 | 504 => (
            Delivery::Unknown,
            format!(
                "the proxy {} got no response from {} (HTTP {http_status})",
                proxy.name(),
                destination.authority
            ),
        ),
        _ => return None,
    };
    Some(FailureReport {
        status: Status::Proxy,
        delivery,
        message,
        is_transient: http_status != 407,
    })
}

/// Returns whether the operating system refused a resource, so that the error does not concern the peer.
fn is_resource_limit(error: &TransportError) -> bool {
    matches!(&error.error, HttpError::Io(error) if resource_limits::is_exhausted(error))
}

fn system_failure(error: &TransportError) -> (Status, String) {
    let message = format!(
        "the operating system does not let this process open a connection ({}); close what it does not need, or raise its \
         limits",
        cause(&error.error)
    );
    (Status::System, message)
}

fn connect_failure(error: &TransportError, destination: &Destination) -> (Status, String) {
    let Destination {
        authority, host, ..
    } = destination;
    let progress = error.progress;
    match (&error.error, progress.stage) {
        (HttpError::Timeout(_), Stage::Resolving) => (
            Status::Timeout,
            format!("the address of {authority} was not found within {progress}"),
        ),
        (HttpError::Timeout(_), _) => (
            Status::Timeout,
            format!("could not connect to {authority} within {progress}"),
        ),
        (HttpError::Io(error), Stage::Resolving) => (
            Status::Unreachable,
            format!(
                "the host {authority} can't be used: {}",
                os_error::describe(error)
            ),
        ),
        (_, Stage::Resolving) => (
            Status::Unreachable,
            format!("the host {host} is not known; check base_url and the network's name service"),
        ),
        (HttpError::Io(error), _) if error.kind() == io::ErrorKind::ConnectionRefused => (
            Status::Refused,
            format!(
                "{authority} refused the connection; check the port in base_url and whether the service runs"
            ),
        ),
        (error, _) => (
            Status::Unreachable,
            format!(
                "{authority} can't be reached ({}); check base_url and the network",
                cause(error)
            ),
        ),
    }
}

fn proxy_failure(
    error: &TransportError,
    server: &ProxyServer,
    authority: &str,
) -> (Status, String) {
    let (proxy, setting) = (server.name(), server.setting());
    let is_tunnel = error.progress.stage == Stage::OpeningTunnel;
    let message = match (&error.error, tunnel_rejection(&error.error)) {
        (HttpError::Timeout(_), _) => {
            let message = if is_tunnel {
                format!("the proxy {proxy} opened no tunnel to {authority}")
            } else {
                format!("could not connect to the proxy {proxy}")
            };
            return (
                Status::Timeout,
                format!("{message} within {}", error.progress),
            );
        }
        (_, Some(407)) => missing_credentials(server),
        (_, Some(http_status)) => format!(
            "the proxy {proxy} rejected the connection to {authority} (HTTP {http_status}); ask its operator, or add the \
             host to no_proxy"
        ),
        (HttpError::Io(error), _) if is_tunnel && error.kind() == io::ErrorKind::InvalidData => {
            format!("the server at {proxy} is not an HTTP proxy; check {setting}")
        }
        (error, _) if is_tunnel => format!(
            "the proxy {proxy} closed the connection before it opened a tunnel to {authority} ({})",
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
    (Status::Proxy, message)
}

fn handshake_failure(error: &TransportError, authority: &str) -> (Status, String) {
    match &error.error {
        HttpError::Timeout(_) => (
            Status::Timeout,
            format!(
                "the TLS handshake with {authority} did not end within {}",
                error.progress
            ),
        ),
        error => (
            Status::Tls,
            format!(
                "no secure connection to {authority} ({}); check its certificate, tls.ca_file, tls.certificate and this \
                 machine's clock",
                cause(error)
            ),
        ),
    }
}

fn exchange_failure(error: &TransportError, destination: &Destination) -> (Status, String) {
    let peer = match destination.proxy {
        Some(proxy) if destination.is_forwarded => format!("the proxy {}", proxy.name()),
        _ => destination.authority.to_owned(),
    };
    let progress = error.progress;
    let (status, message) = match (&error.error, ResponseError::of(&error.error)) {
        (HttpError::Timeout(ureq::Timeout::SendRequest), _) => (
            Status::Timeout,
            format!("{peer} did not receive the request within {progress}"),
        ),
        (HttpError::Timeout(_), _) => (
            Status::Timeout,
            format!("{peer} did not respond within {progress}"),
        ),
        (_, Some(ResponseError::HeadTooLarge)) => (
            Status::ResponseTooLarge,
            format!(
                "{peer} responded with headers of more than {} bytes, which is the limit",
                ResponseError::MAX_HEAD_BYTES
            ),
        ),
        (_, Some(ResponseError::NoMemory)) => (
            Status::System,
            format!("not enough memory for the response of {peer}"),
        ),
        (_, Some(ResponseError::NotHttp)) => (
            Status::Protocol,
            format!("{peer} responded, but not in HTTP; check base_url"),
        ),
        _ if progress.stage == Stage::Refused => (
            Status::Lost,
            format!("{peer} had closed the connection before the request arrived"),
        ),
        (error, _) => (
            Status::Lost,
            format!(
                "the connection to {peer} failed before the response arrived ({})",
                cause(error)
            ),
        ),
    };
    (status, message)
}

fn missing_credentials(proxy: &ProxyServer) -> String {
    let name = proxy.name();
    let advice = match proxy.setting {
        // These contain no password.
        ProxySetting::System(_) => {
            format!("set the option proxy to http://user:password@{name}")
        }
        _ => format!("set them in {}", proxy.setting()),
    };
    format!("the proxy {name} requires a user and a password that it knows (HTTP 407); {advice}")
}

/// Returns the error for settings of the system without a usable proxy.
fn unusable_proxy(error: &HttpError) -> Option<&InvalidProxy> {
    match error {
        HttpError::Other(cause) => cause.downcast_ref(),
        _ => None,
    }
}

/// Returns the HTTP status with which the proxy rejected a tunnel.
fn tunnel_rejection(error: &HttpError) -> Option<u16> {
    match error {
        HttpError::Other(cause) => cause
            .downcast_ref::<TunnelRejected>()
            .map(|rejected| rejected.0),
        _ => None,
    }
}

/// Returns the text of the operating system or of TLS, if there is one. It never contains sent or received data.
fn cause(error: &HttpError) -> String {
    match error {
        HttpError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            tls_failure::describe(error).unwrap_or_else(|| os_error::describe(error))
        }
        _ => "it was closed".to_owned(),
    }
}
