//! Makes the connections that HTTP runs on.

use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Weak};

use ureq::unversioned::transport::{
    ConnectionDetails, Connector, Either, ShutdownHandle, Transport,
};
use ureq::{Error, Timeout};

use super::attempt::{self, Stage};
use super::connection::{Connection, Plain};
use super::tls::{Secure, Securer};
use crate::host;

/// Connects over TCP, and TLS where the URL says https.
#[derive(Debug, Default)]
pub struct ServiceConnector {
    securer: Securer,
}

impl<In: Transport> Connector<In> for ServiceConnector {
    type Out = Either<Connection<Plain>, Connection<Secure>>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        attempt::reach(Stage::Connecting);
        let socket = first_that_connects(details)?;
        socket.set_nodelay(true)?;
        let plain = Plain(socket);
        if !details.needs_tls() {
            attempt::reach(Stage::Ready);
            return Ok(Some(Either::A(Connection::new(plain))));
        }
        attempt::reach(Stage::Securing);
        let left = attempt::remaining_to_connect().ok_or(Error::Timeout(Timeout::Connect))?;
        plain.0.set_read_timeout(Some(left))?;
        plain.0.set_write_timeout(Some(left))?;
        let host = details.uri.host().unwrap_or_default();
        let secure = self
            .securer
            .secure(host.trim_start_matches('[').trim_end_matches(']'), plain)
            .map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => Error::Timeout(Timeout::Connect),
                _ => error.into(),
            })?;
        attempt::reach(Stage::Ready);
        Ok(Some(Either::B(Connection::new(secure))))
    }
}

/// Tries the host's addresses in turn. Each but the last gets half of the time that is left, so that one that swallows
/// packets leaves time for the next.
fn first_that_connects(details: &ConnectionDetails) -> Result<Arc<TcpStream>, Error> {
    let addresses = &details.addrs;
    let mut failure = Error::HostNotFound;
    for (index, address) in addresses.iter().enumerate() {
        let left = attempt::remaining_to_connect().ok_or(Error::Timeout(Timeout::Connect))?;
        let is_last = index + 1 == addresses.len();
        let share = if is_last { left } else { left / 2 };
        let socket = match host::connect::begin(*address) {
            Ok(socket) => Arc::new(socket),
            Err(error) => {
                failure = error.into();
                continue;
            }
        };
        // From here on closing the client ends the wait.
        let handle: Weak<dyn ShutdownHandle> = Arc::downgrade(&socket) as _;
        (details.register_shutdown)(handle)?;
        match host::connect::finish(&socket, *address, share) {
            Ok(()) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                failure = Error::Timeout(Timeout::Connect);
            }
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}
