//! Makes the connections that HTTP runs on.

use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Weak};

use ureq::unversioned::transport::{ConnectionDetails, Connector, ShutdownHandle, Transport};
use ureq::{Error, Timeout};

use crate::config::ProxyServer;
use crate::host;
use crate::sending::connections::connection::{Connection, Stream};
use crate::sending::connections::idle_pool::IdlePool;
use crate::sending::connections::proxy_forward::Forward;
use crate::sending::connections::proxy_tunnel;
use crate::sending::connections::proxy_tunnel::Failure;
use crate::sending::connections::socket::Socket;
use crate::sending::connections::tls::TlsConnector;
use crate::sending::http::deadlines;
use crate::sending::http::deadlines::Stage;
use crate::sending::http::ureq_transport::UreqTransport;

/// Connects over TCP, through a proxy where there is one, and with TLS where the URL says https.
#[derive(Debug)]
pub struct ServiceConnector {
    /// What makes streams secure.
    pub securer: TlsConnector,
    /// The proxy that is connected to.
    pub proxy: Option<ProxyServer>,
    /// What it reads, where it reads requests.
    pub forward: Option<Arc<Forward>>,
    /// Where connections come from where there are any.
    pub parked: Arc<IdlePool>,
}

impl<In: Transport> Connector<In> for ServiceConnector {
    type Out = UreqTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<In>,
    ) -> Result<Option<UreqTransport>, Error> {
        let connection = match self.parked.take() {
            Some(connection) => connection,
            None => self.new_connection(details)?,
        };
        Ok(Some(UreqTransport::new(connection, self.forward.clone())))
    }
}

impl ServiceConnector {
    fn new_connection(&self, details: &ConnectionDetails) -> Result<Connection, Error> {
        deadlines::reach(Stage::Connecting);
        let stream = first_that_connects(details)?;
        stream.set_nodelay(true)?;
        let mut socket = Socket::new(stream);
        if !details.needs_tls() {
            deadlines::reach(Stage::Ready);
            return Ok(Connection::new(Stream::Plain(socket)));
        }
        if let Some(proxy) = &self.proxy {
            deadlines::reach(Stage::Tunnelling);
            proxy_tunnel::open(&mut socket, proxy, details.uri).map_err(
                |failure| match failure {
                    Failure::Refused(refused) => Error::Other(Box::new(refused)),
                    Failure::Io(error) => timed_out(error),
                },
            )?;
        }
        deadlines::reach(Stage::Securing);
        let host = details.uri.host().unwrap_or_default();
        let secure = self
            .securer
            .secure(host.trim_start_matches('[').trim_end_matches(']'), socket)
            .map_err(timed_out)?;
        deadlines::reach(Stage::Ready);
        Ok(Connection::new(Stream::Tls(Box::new(secure))))
    }
}

/// Tries the host's addresses in turn. Each but the last gets half of the time that is left, so that one that swallows
/// packets leaves time for the next.
fn first_that_connects(details: &ConnectionDetails) -> Result<Arc<TcpStream>, Error> {
    let addresses = &details.addrs;
    let mut failure = Error::HostNotFound;
    for (index, address) in addresses.iter().enumerate() {
        let left = deadlines::remaining().ok_or(Error::Timeout(Timeout::Connect))?;
        let is_last = index + 1 == addresses.len();
        let share = if is_last { left } else { left / 2 };
        let socket = match host::tcp_connect::begin(*address) {
            Ok(socket) => Arc::new(socket),
            Err(error) => {
                failure = error.into();
                continue;
            }
        };
        // From here on closing the client ends the wait.
        let handle: Weak<dyn ShutdownHandle> = Arc::downgrade(&socket) as _;
        (details.register_shutdown)(handle)?;
        match host::tcp_connect::finish(&socket, *address, share) {
            Ok(()) => return Ok(socket),
            Err(error) => failure = timed_out(error),
        }
    }
    Err(failure)
}

fn timed_out(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(Timeout::Connect),
        _ => error.into(),
    }
}
