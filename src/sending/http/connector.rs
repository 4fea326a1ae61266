//! Opens connections for ureq.

use std::io;
use std::sync::{Arc, Weak};

use ureq::unversioned::transport::{ConnectionDetails, Connector, ShutdownHandle, Transport};
use ureq::{Error, Timeout};

use crate::config::ProxyServer;
use crate::host::sockets::AbortableStream;
use crate::sending::connections::connection::{Connection, ConnectionStream};
use crate::sending::connections::idle_pool::IdlePool;
use crate::sending::connections::proxy_forward::ProxyForward;
use crate::sending::connections::proxy_tunnel;
use crate::sending::connections::proxy_tunnel::TunnelError;
use crate::sending::connections::socket::Socket;
use crate::sending::connections::tls::TlsConnector;
use crate::sending::deadlines;
use crate::sending::deadlines::Stage;
use crate::sending::http::request_context;
use crate::sending::http::ureq_transport;
use crate::sending::http::ureq_transport::UreqTransport;
use crate::statistics::{Counters, Statistic};

/// Connects over TCP, through the proxy if there is one, and with TLS if the scheme is https.
#[derive(Debug)]
pub struct ServiceConnector {
    /// The TLS settings.
    pub tls: Arc<TlsConnector>,
    /// The proxy, if there is one.
    pub proxy: Option<ProxyServer>,
    /// The headers for the proxy, if it forwards requests.
    pub forward: Option<Arc<ProxyForward>>,
    /// The pool that is tried before a new connection.
    pub idle_pool: Arc<IdlePool>,
    /// The counters of the client.
    pub counters: Arc<Counters>,
}

impl<In: Transport> Connector<In> for ServiceConnector {
    type Out = UreqTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<In>,
    ) -> Result<Option<UreqTransport>, Error> {
        let connection = match self.idle_pool.checkout() {
            Some(connection) => {
                self.counters.count(Statistic::ConnectionsReused);
                connection
            }
            None => {
                let connection = self.new_connection(details)?;
                self.counters.count(Statistic::ConnectionsOpened);
                connection
            }
        };
        if !request_context::has_target() {
            return Err(ureq_transport::error_with_connection(connection));
        }
        Ok(Some(UreqTransport::new(connection, self.forward.clone())))
    }
}

impl ServiceConnector {
    fn new_connection(&self, details: &ConnectionDetails) -> Result<Connection, Error> {
        deadlines::set_stage(Stage::Connecting);
        let stream = connect_to_any(details)?;
        stream.tcp().set_nodelay(true)?;
        let mut socket = Socket::new(stream, self.counters.clone());
        if !details.needs_tls() {
            deadlines::set_stage(Stage::Ready);
            return Ok(Connection::new(ConnectionStream::Plain(socket)));
        }
        if let Some(proxy) = &self.proxy {
            deadlines::set_stage(Stage::OpeningTunnel);
            proxy_tunnel::open(&mut socket, proxy, details.uri).map_err(|error| match error {
                TunnelError::Rejected(rejected) => Error::Other(Box::new(rejected)),
                TunnelError::Io(error) => to_ureq_error(error),
            })?;
        }
        deadlines::set_stage(Stage::TlsHandshake);
        let host = details.uri.host().unwrap_or_default();
        let stream = self
            .tls
            .connect(host.trim_start_matches('[').trim_end_matches(']'), socket)
            .map_err(to_ureq_error)?;
        deadlines::set_stage(Stage::Ready);
        Ok(Connection::new(ConnectionStream::Tls(Box::new(stream))))
    }
}

/// Tries the host's addresses in order. Each except the last has half of the remaining time, so that an address that
/// drops packets leaves time for the next one.
fn connect_to_any(details: &ConnectionDetails) -> Result<Arc<AbortableStream>, Error> {
    let addresses = &details.addrs;
    let mut last_error = Error::HostNotFound;
    for (index, address) in addresses.iter().enumerate() {
        let remaining = deadlines::remaining().ok_or(Error::Timeout(Timeout::Connect))?;
        let is_last = index + 1 == addresses.len();
        let timeout = if is_last { remaining } else { remaining / 2 };
        let socket = match AbortableStream::begin(*address) {
            Ok(socket) => Arc::new(socket),
            Err(error) => {
                last_error = error.into();
                continue;
            }
        };
        // From here on, closing the client ends the wait.
        let handle: Weak<dyn ShutdownHandle> = Arc::downgrade(&socket) as _;
        (details.register_shutdown)(handle)?;
        match socket.finish(timeout) {
            Ok(()) => return Ok(socket),
            Err(error) => last_error = to_ureq_error(error),
        }
    }
    Err(last_error)
}

fn to_ureq_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(Timeout::Connect),
        _ => error.into(),
    }
}
