//! TLS over a TCP connection. Trusts the operating system's authorities and those of `tls.ca_file`.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, ClientConfig, ClientConnection, StreamOwned, version};

use crate::config::{Revocation, TlsSettings};
use crate::detached_calls::DetachedCalls;
use crate::error::Result;
use crate::host::resource_limits;
use crate::pem;
use crate::pem::{INVALID_CERTIFICATE, PemFile};
use crate::sending::connections::socket::Socket;
use crate::sending::connections::verification::server_certificate::ServerCertificateVerifier;
use crate::sending::connections::verification::system_verifier;

/// An encrypted stream.
pub struct TlsStream(StreamOwned<ClientConnection, Socket>);

impl TlsStream {
    /// Returns whether nothing was received since the last response. The peer may have closed the TLS stream with that
    /// response, before it closes the socket.
    pub fn is_quiet(&mut self) -> bool {
        let state = self.0.conn.process_new_packets();
        let open = state
            .is_ok_and(|state| !state.peer_has_closed() && state.plaintext_bytes_to_read() == 0);
        open && self.0.sock.is_quiet()
    }

    /// Returns the socket below the stream.
    pub fn socket(&self) -> &Socket {
        &self.0.sock
    }
}

/// Returns whether the peer rejected the connection, for example its client certificate.
pub fn is_rejection(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(
        cause,
        Some(rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
                | AlertDescription::NoCertificate
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::HandshakeFailure
                | AlertDescription::DecryptError
        ))
    )
}

impl Read for TlsStream {
    /// Returns 0 also if the peer closes without a TLS close_notify. HTTP detects a truncated response by its length.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            other => other,
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Creates TLS streams. Reads the system's certificates for the first one.
pub struct TlsConnector {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<Arc<CertifiedKey>>,
    only_1_3: bool,
    revocation: Revocation,
    calls: Arc<DetachedCalls>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl fmt::Debug for TlsConnector {
    /// Omits the contents of the files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnector")
            .field("authorities", &self.authorities.len())
            .field("has_identity", &self.identity.is_some())
            .field("only_1_3", &self.only_1_3)
            .finish_non_exhaustive()
    }
}

impl TlsConnector {
    /// Reads the files that the settings name. Verifications of the system are part of `calls`.
    ///
    /// # Errors
    /// [`Status::File`](crate::status::Status::File): a file can't be read or used.
    pub fn new(settings: &TlsSettings, calls: Arc<DetachedCalls>) -> Result<Self> {
        let authorities = match &settings.ca_file {
            Some(path) => read_authorities(path)?,
            None => Vec::new(),
        };
        let identity = match &settings.identity {
            Some((certificate, key)) => {
                let certificate = PemFile {
                    option: "tls.certificate",
                    path: Path::new(certificate),
                };
                let key = PemFile {
                    option: "tls.key",
                    path: Path::new(key),
                };
                Some(Arc::new(pem::identity(&certificate, &key)?))
            }
            None => None,
        };
        Ok(TlsConnector {
            authorities,
            identity,
            only_1_3: settings.only_1_3,
            revocation: settings.revocation,
            calls,
            config: OnceCell::new(),
        })
    }

    /// Does the handshake with `host` over `socket`.
    pub fn connect(&self, host: &str, socket: Socket) -> io::Result<TlsStream> {
        let config = self.config.get_or_try_init(|| self.config())?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        // Later writes count as the request.
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut stream.sock)?;
        }
        Ok(TlsStream(stream))
    }

    fn config(&self) -> io::Result<Arc<ClientConfig>> {
        // Without a free descriptor, the system's certificates would seem missing, until the process ends.
        resource_limits::check()?;
        self.config_with_system_authorities()
            .map_err(io::Error::other)
    }

    fn config_with_system_authorities(
        &self,
    ) -> std::result::Result<Arc<ClientConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = if self.only_1_3 {
            &[&version::TLS13][..]
        } else {
            rustls::ALL_VERSIONS
        };
        let verifier = ServerCertificateVerifier {
            by_authorities: system_verifier(
                &self.authorities,
                self.revocation,
                &provider,
                &self.calls,
            )?,
            named: self.authorities.clone(),
            algorithms: provider.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        Ok(Arc::new(match &self.identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(
                rustls::sign::SingleCertAndKey::from(identity.clone()),
            )),
            None => builder.with_no_client_auth(),
        }))
    }
}

fn read_authorities(path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let file = PemFile {
        option: "tls.ca_file",
        path: Path::new(path),
    };
    let certificates = file.certificates()?;
    let mut store = rustls::RootCertStore::empty();
    for certificate in &certificates {
        // The error may contain data of the certificate.
        store
            .add(certificate.der.clone())
            .map_err(|_| file.section_error(certificate.line, INVALID_CERTIFICATE))?;
    }
    Ok(certificates.into_iter().map(|read| read.der).collect())
}
