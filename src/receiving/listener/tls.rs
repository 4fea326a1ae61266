//! The listener's certificate and key. They are read from their files, and reloaded after a change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::{Error, Result};
use crate::pem;
use crate::pem::PemFile;
use crate::status::Status;

/// How often the files are checked.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// Accepts TLS connections with the newest usable certificate.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<Arc<ServerConfig>>,
    loaded: Mutex<FileFingerprints>,
}

/// The modification time, length and inode number of both files.
type FileFingerprints = [Option<(SystemTime, u64, u64)>; 2];

impl Tls {
    /// Loads the certificate and the key.
    ///
    /// # Errors
    /// [`Status::File`]: a file cannot be read or parsed, or the two do not match.
    pub fn new((certificate, key): (PathBuf, PathBuf)) -> Result<Self> {
        let fingerprints = fingerprints(&certificate, &key);
        let config = load(&certificate, &key)?;
        Ok(Tls {
            certificate,
            key,
            current: Mutex::new(config),
            loaded: Mutex::new(fingerprints),
        })
    }

    /// Performs the TLS handshake.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = self
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Checks the files, forever. It reloads them when two checks in a row see the same change, because they are
    /// written one after the other.
    pub async fn watch(self: Arc<Self>) {
        let mut before = *self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            tokio::time::sleep(RELOAD_INTERVAL).await;
            let now = fingerprints(&self.certificate, &self.key);
            if now == before {
                self.reload_if_changed(now);
            }
            before = now;
        }
    }

    fn reload_if_changed(&self, now: FileFingerprints) {
        let loaded = std::mem::replace(
            &mut *self.loaded.lock().unwrap_or_else(PoisonError::into_inner),
            now,
        );
        if loaded == now {
            return;
        }
        match load(&self.certificate, &self.key) {
            Ok(config) => {
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = config;
                log::info!("the listener's certificate was renewed");
            }
            Err(error) => log::error!("the listener keeps its certificate: {error}"),
        }
    }
}

fn fingerprints(certificate: &Path, key: &Path) -> FileFingerprints {
    [certificate, key].map(|file| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len(), inode(&metadata)))
    })
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_facts: &fs::Metadata) -> u64 {
    0
}

fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let certificate = PemFile {
        option: "listen.tls.certificate",
        path: certificate,
    };
    let key = PemFile {
        option: "listen.tls.key",
        path: key,
    };
    let identity = Arc::new(pem::identity(&certificate, &key)?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(Status::System, format!("TLS is not available: {error}")))?;
    let mut config = config
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
