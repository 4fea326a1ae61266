//! Reads certificates and private keys from the PEM files that options name.
//!
//! A file comes in; [`sections`] splits it; certificates with their lines, or a key, go out. Each section is read, or the
//! error names its line: none is ignored silently. Errors contain no data of the file, and no text of another crate, which
//! may contain such data.

mod sections;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::error::{Error, Result};
use crate::os_error;
use crate::pem::sections::{Section, SectionContent};
use crate::status::Status;

/// The limit for a file. No collection of certificates is larger.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// The error text for a section with valid base64 but an invalid certificate.
pub const INVALID_CERTIFICATE: &str = "is not a valid X.509 certificate";

/// A PEM file that an option names.
#[derive(Clone, Copy, Debug)]
pub struct PemFile<'a> {
    /// The option's name.
    pub option: &'a str,
    /// The path.
    pub path: &'a Path,
}

/// A certificate, and the line at which its section begins.
#[derive(Debug)]
pub struct Certificate {
    pub line: usize,
    pub der: CertificateDer<'static>,
}

impl PemFile<'_> {
    /// Returns the file's certificates, at least one. Private keys and parameters are ignored.
    ///
    /// # Errors
    /// [`Status::File`]: the file or a section can't be read.
    pub fn certificates(&self) -> Result<Vec<Certificate>> {
        let bytes = self.read()?;
        let mut certificates = Vec::new();
        for section in self.sections(&bytes)? {
            match section.content {
                SectionContent::Certificate => certificates.push(Certificate {
                    line: section.line,
                    der: section.der.into(),
                }),
                SectionContent::UnsupportedCertificate(advice) => {
                    return Err(self.section_error(section.line, advice));
                }
                _ => {}
            }
        }
        if certificates.is_empty() {
            return Err(self.file_error(&nothing_found("certificate", &bytes)));
        }
        Ok(certificates)
    }

    /// Returns the file's first private key. Certificates and parameters are ignored.
    ///
    /// # Errors
    /// [`Status::File`]: the file or a section can't be read; it contains no private key, or one with a passphrase.
    pub fn private_key(&self) -> Result<PrivateKeyDer<'static>> {
        let bytes = self.read()?;
        let mut key = None;
        for section in self.sections(&bytes)? {
            match section.content {
                SectionContent::Key(kind) if key.is_none() => {
                    key = PrivateKeyDer::from_pem(kind, section.der);
                }
                SectionContent::UnsupportedKey(advice) => {
                    return Err(self.section_error(section.line, advice));
                }
                _ => {}
            }
        }
        key.ok_or_else(|| self.file_error(&nothing_found("private key", &bytes)))
    }

    /// Returns the error for the section that begins at this line.
    pub fn section_error(&self, line: usize, reason: &str) -> Error {
        self.file_error(&format!("the section at line {line} {reason}"))
    }

    /// Returns the error for the file. `reason` must not contain data of the file.
    pub fn file_error(&self, reason: &str) -> Error {
        let PemFile { option, path } = self;
        let path = path.display();
        Error::new(
            Status::File,
            format!("option {option}: the file {path} can't be used: {reason}"),
        )
    }

    fn sections(&self, bytes: &[u8]) -> Result<Vec<Section>> {
        sections::read(bytes).map_err(|reason| self.file_error(&reason))
    }

    fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file =
            File::open(self.path).map_err(|error| self.file_error(&os_error::describe(&error)))?;
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.file_error(&os_error::describe(&error)))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(self.file_error("it is larger than 16 MiB; expected a PEM file"));
        }
        Ok(bytes)
    }
}

/// Reads a certificate chain and its private key.
///
/// # Errors
/// [`Status::File`]: a file can't be read, or the key does not match the certificate.
pub fn identity(certificate: &PemFile<'_>, key: &PemFile<'_>) -> Result<CertifiedKey> {
    let chain = certificate.certificates()?;
    let private = key.private_key()?;
    let first = chain[0].line;
    let chain = chain.into_iter().map(|read| read.der).collect();
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, private, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            key.file_error(&format!("it is not the key of {}", certificate.option))
        }
        rustls::Error::InvalidCertificate(_) => {
            certificate.section_error(first, INVALID_CERTIFICATE)
        }
        _ => key.file_error("its private key can't be used; expected an RSA, ECDSA or Ed25519 key"),
    })
}

/// Returns the error text for a file without a section of this kind, with a hint from its beginning.
fn nothing_found(kind: &str, bytes: &[u8]) -> String {
    // DER begins with the tag of a sequence and a length of two bytes or more.
    let hint = match bytes {
        [] => ", because it is empty",
        [0x30, 0x81..=0x84, ..] => {
            "; it looks like DER: convert it by `openssl` with -inform der -outform pem"
        }
        _ => "",
    };
    format!("it contains no {kind} in PEM{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> (String, CertificateDer<'static>, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let der = made.cert.der().clone();
        (made.cert.pem(), der, made.signing_key.serialize_pem())
    }

    /// Reads a file with this text.
    fn read<T>(name: &str, text: &str, what: impl Fn(&PemFile<'_>) -> Result<T>) -> Result<T> {
        let path = std::env::temp_dir().join(format!("omnize-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let file = PemFile {
            option: "tls.ca_file",
            path: &path,
        };
        let read = what(&file);
        std::fs::remove_file(&path).unwrap();
        read
    }

    fn certificates(name: &str, text: &str) -> Result<Vec<(usize, CertificateDer<'static>)>> {
        let read = read(name, text, |file| file.certificates())?;
        Ok(read.into_iter().map(|read| (read.line, read.der)).collect())
    }

    #[test]
    fn certificates_are_read_with_their_lines_despite_other_text() {
        let ((one, first, key), (other, second, _)) = (certificate(), certificate());
        let one = one.replace("\r\n", "\n");
        let lines = one.lines().count();
        for between in [
            "",
            "\u{feff}",
            "Bag Attributes\n    friendlyName: José\n",
            "# -----BEGIN X-----\n",
            &key,
        ] {
            let text = format!("\u{feff}{one}{between}{other}");
            let read = certificates("all", &text).unwrap();
            let line = lines + between.lines().filter(|line| *line != "\u{feff}").count() + 1;
            assert_eq!(
                read,
                [(1, first.clone()), (line, second.clone())],
                "{between:?}"
            );
        }
        let old = one
            .replace("BEGIN CERT", "BEGIN X509 CERT")
            .replace("END CERT", "END X509 CERT");
        assert_eq!(certificates("old", &old).unwrap(), [(1, first)]);
    }

    #[test]
    fn invalid_section_is_reported_with_its_line() {
        let one = certificate().0.replace("\r\n", "\n");
        let lines = one.lines().count();
        for (bad, what) in [
            (
                one.replace("-----BEGIN", "----BEGIN"),
                format!("line {} ends a section", 2 * lines),
            ),
            (
                one.replace("-----BEGIN", "x-----BEGIN"),
                format!("line {} is not a valid beginning", lines + 1),
            ),
            (
                one.replace("BEGIN CERT", "BEGIN TRUSTED CERT")
                    .replace("END CERT", "END TRUSTED CERT"),
                format!("line {} has OpenSSL's own format", lines + 1),
            ),
            (
                one.replace("CERTIFICATE", "PKCS7"),
                format!("line {} is PKCS #7", lines + 1),
            ),
            (
                one.replace("CERTIFICATE", "CERTIFICAT"),
                format!("line {} has an unknown kind", lines + 1),
            ),
            (
                one.replace("CERTIFICATE", "X509 CERTIFICATE")
                    .replace("END X509 ", "END "),
                format!("line {} is not the end", 2 * lines),
            ),
        ] {
            let error = certificates("bad", &format!("{one}{bad}")).unwrap_err();
            assert_eq!(error.status(), Status::File);
            assert!(error.message().contains(&what), "{what}: {error}");
        }
    }

    #[test]
    fn private_key_is_read_among_other_sections() {
        let (certificate, _, key) = certificate();
        let key = key.replace("\r\n", "\n");
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let text = format!("{certificate}{parameters}{key}");
        read("key", &text, |file| file.private_key()).unwrap();
        for (text, what) in [
            (certificate, "it contains no private key in PEM"),
            (
                key.replace("PRIVATE", "ENCRYPTED PRIVATE"),
                "line 1 is a private key with a passphrase",
            ),
            (
                key.replace("PRIVATE", "OPENSSH PRIVATE"),
                "line 1 has OpenSSH's own format",
            ),
            (
                key.replace('\r', "").replace('\n', "\\n"),
                "line 1 contains line breaks written as \\n, a backslash and a letter",
            ),
        ] {
            let error = read("no-key", &text, |file| file.private_key()).unwrap_err();
            assert!(error.message().contains(what), "{what}: {error}");
        }
    }
}
