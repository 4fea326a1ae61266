//! TLS over a TCP connection, trusting what the operating system trusts.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_platform_verifier::BuilderVerifierExt;

use super::connection::{Plain, Stream};

/// An encrypted stream.
#[derive(Debug)]
pub struct Secure(StreamOwned<ClientConnection, Plain>);

impl Stream for Secure {
    fn socket(&self) -> &TcpStream {
        self.0.sock.socket()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl Read for Secure {
    /// A peer that closes the connection without saying so in TLS is reported as having closed it; HTTP knows from the
    /// length whether something is missing.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            other => other,
        }
    }
}

impl Write for Secure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Makes encrypted streams. Reads the system's certificates when the first one is made.
#[derive(Debug, Default)]
pub struct Securer {
    config: OnceCell<Arc<ClientConfig>>,
}

impl Securer {
    /// Shakes hands with `host` over `socket`, whose time-outs bound it.
    pub fn secure(&self, host: &str, socket: Plain) -> io::Result<Secure> {
        let config = self.config.get_or_try_init(|| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .and_then(BuilderVerifierExt::with_platform_verifier)
                .map(|builder| Arc::new(builder.with_no_client_auth()))
                .map_err(io::Error::other)
        })?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Secure(stream))
    }
}
