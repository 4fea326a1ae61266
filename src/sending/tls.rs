//! TLS over a TCP connection, trusting what the operating system trusts and what the application names beside it.

use std::io::{self, Read, Write};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, ClientConfig, ClientConnection, StreamOwned, version};
use rustls_platform_verifier::Verifier;

use super::socket::Socket;
use crate::config::TlsSettings;
use crate::error::{Error, Result};
use crate::status::Status;

/// An encrypted stream.
pub struct Secure(StreamOwned<ClientConnection, Socket>);

impl Secure {
    /// Whether nothing has come since the last answer. The peer may have closed the encrypted stream together with that, and
    /// the socket not yet.
    pub fn is_quiet(&mut self) -> bool {
        let state = self.0.conn.process_new_packets();
        let open = state
            .is_ok_and(|state| !state.peer_has_closed() && state.plaintext_bytes_to_read() == 0);
        open && self.0.sock.is_quiet()
    }
}

/// Whether this error is the peer's refusal to have this connection at all.
pub fn is_refusal(error: &io::Error) -> bool {
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
#[derive(Debug)]
pub struct Securer {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<Arc<CertifiedKey>>,
    only_1_3: bool,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Securer {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`Status::File`] where one can't be read or used.
    pub fn new(settings: &TlsSettings) -> Result<Self> {
        let authorities = match &settings.ca_file {
            Some(path) => read_authorities(path)?,
            None => Vec::new(),
        };
        let identity = match &settings.identity {
            Some((certificate, key)) => Some(Arc::new(read_identity(certificate, key)?)),
            None => None,
        };
        Ok(Securer {
            authorities,
            identity,
            only_1_3: settings.only_1_3,
            config: OnceCell::new(),
        })
    }

    /// Shakes hands with `host` over `socket`.
    pub fn secure(&self, host: &str, socket: Socket) -> io::Result<Secure> {
        let config = self
            .config
            .get_or_try_init(|| self.config().map_err(io::Error::other))?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        // What is written from now on counts as the request.
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut stream.sock)?;
        }
        Ok(Secure(stream))
    }

    fn config(&self) -> std::result::Result<Arc<ClientConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = if self.only_1_3 {
            &[&version::TLS13][..]
        } else {
            rustls::ALL_VERSIONS
        };
        let verifier =
            Verifier::new_with_extra_roots(self.authorities.iter().cloned(), provider.clone())?;
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
    let certificates = read_certificates("tls.ca_file", path)?;
    let mut store = rustls::RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|error| unusable("tls.ca_file", path, &error))?;
    }
    Ok(certificates)
}

fn read_identity(certificate: &str, key: &str) -> Result<CertifiedKey> {
    let chain = read_certificates("tls.certificate", certificate)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => unusable(
            "tls.key",
            key,
            &"it holds no private key in PEM that has no passphrase",
        ),
        error => unusable("tls.key", key, &error),
    })?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, private, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            unusable("tls.key", key, &"it is not the key of tls.certificate")
        }
        rustls::Error::InvalidCertificate(_) => unusable("tls.certificate", certificate, &error),
        error => unusable("tls.key", key, &error),
    })
}

fn read_certificates(option: &str, path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|error| unusable(option, path, &error))?;
    if certificates.is_empty() {
        return Err(unusable(option, path, &"it holds no certificate in PEM"));
    }
    Ok(certificates)
}

fn unusable(option: &str, path: &str, why: &dyn std::fmt::Display) -> Error {
    Error::new(
        Status::File,
        format!("option {option}: the file {path} can't be used: {why}"),
    )
}
