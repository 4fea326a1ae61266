//! The listener's certificate and key. They are read from their files, and reloaded after a change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::{Error, Result};
use crate::host::files::file_status::file_status_of_path;
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
    last_load: Mutex<LastLoad>,
}

/// The identity, size and time of both files.
type FileFingerprints = [Option<FileFingerprint>; 2];
type FileFingerprint = (u64, u64, u64, (i64, i64));

/// The last attempt to load the files.
#[derive(Debug)]
struct LastLoad {
    files: FileFingerprints,
    /// The logged message, if it failed.
    error: Option<String>,
}

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
            last_load: Mutex::new(LastLoad {
                files: fingerprints,
                error: None,
            }),
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
    /// written one after the other. A failed load is repeated, because another program may have had a file open.
    pub async fn watch(self: Arc<Self>) {
        let mut before = self.last_load().files;
        loop {
            tokio::time::sleep(RELOAD_INTERVAL).await;
            let now = fingerprints(&self.certificate, &self.key);
            if now == before {
                self.reload_if_changed(now);
            }
            before = now;
        }
    }

    fn last_load(&self) -> MutexGuard<'_, LastLoad> {
        self.last_load
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reload_if_changed(&self, now: FileFingerprints) {
        let mut last = self.last_load();
        let has_changed = last.files != now;
        if !has_changed && last.error.is_none() {
            return;
        }
        last.files = now;
        match load(&self.certificate, &self.key) {
            Ok(config) => {
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = config;
                last.error = None;
                log::info!("the listener's certificate was renewed");
            }
            Err(error) => {
                let message = error.to_string();
                if has_changed || last.error.as_ref() != Some(&message) {
                    log::error!("the listener keeps its certificate: {message}");
                }
                last.error = Some(message);
            }
        }
    }
}

fn fingerprints(certificate: &Path, key: &Path) -> FileFingerprints {
    [certificate, key].map(|file| {
        let found = file_status_of_path(file).ok()?;
        Some((found.device, found.inode, found.size, found.modified))
    })
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
