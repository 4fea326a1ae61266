//! Certificates and private keys from the PEM files that options name.
//!
//! Each section is read, or is an error that names its line: none is dropped in silence. Nothing that a file holds is shown,
//! and neither is the text of another crate's error, which may hold it.

mod sections;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::error::{Error, Result};
use crate::pem::sections::{Kind, Section};
use crate::status::Status;

/// More than any collection of certificates takes.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// What is said of a section whose base64 is good, and what it makes is not.
pub const NOT_READ: &str = "is no X.509 certificate that can be read";

/// A PEM file that an option names.
#[derive(Clone, Copy, Debug)]
pub struct PemFile<'a> {
    /// The option.
    pub option: &'a str,
    /// Its value.
    pub path: &'a Path,
}

/// A certificate, and the line at which its section begins.
#[derive(Debug)]
pub struct Certificate {
    pub line: usize,
    pub der: CertificateDer<'static>,
}

impl PemFile<'_> {
    /// The file's certificates, of which there is at least one. Private keys and parameters beside them are left aside.
    ///
    /// # Errors
    /// [`Status::File`]: the file, or a section of it, can't be read.
    pub fn certificates(&self) -> Result<Vec<Certificate>> {
        let bytes = self.read()?;
        let mut certificates = Vec::new();
        for section in self.sections(&bytes)? {
            match section.kind {
                Kind::Certificate => certificates.push(Certificate {
                    line: section.line,
                    der: section.der.into(),
                }),
                Kind::StrangeCertificate(what) => return Err(self.at(section.line, what)),
                _ => {}
            }
        }
        if certificates.is_empty() {
            return Err(self.unusable(&nothing_found("certificate", &bytes)));
        }
        Ok(certificates)
    }

    /// The file's first private key. Certificates and parameters beside it are left aside.
    ///
    /// # Errors
    /// [`Status::File`]: the file, or a section of it, can't be read; it has no private key, or one with a passphrase.
    pub fn private_key(&self) -> Result<PrivateKeyDer<'static>> {
        let bytes = self.read()?;
        let mut key = None;
        for section in self.sections(&bytes)? {
            match section.kind {
                Kind::Key(kind) if key.is_none() => {
                    key = PrivateKeyDer::from_pem(kind, section.der);
                }
                Kind::StrangeKey(what) => return Err(self.at(section.line, what)),
                _ => {}
            }
        }
        key.ok_or_else(|| self.unusable(&nothing_found("private key", &bytes)))
    }

    /// What is wrong with a section that begins at this line.
    pub fn at(&self, line: usize, what: &str) -> Error {
        self.unusable(&format!("the section at line {line} {what}"))
    }

    /// What is wrong with the file. `why` holds nothing of what stands in it.
    pub fn unusable(&self, why: &str) -> Error {
        let PemFile { option, path } = self;
        let path = path.display();
        Error::new(
            Status::File,
            format!("option {option}: the file {path} can't be used: {why}"),
        )
    }

    fn sections(&self, bytes: &[u8]) -> Result<Vec<Section>> {
        crate::pem::sections::read(bytes).map_err(|fault| self.unusable(&fault))
    }

    fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.path).map_err(|error| self.unusable(&error.to_string()))?;
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.unusable(&error.to_string()))?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(self.unusable("it is larger than 16 MiB; expected a PEM file"));
        }
        Ok(bytes)
    }
}

/// The certificate chain and its private key from their files.
///
/// # Errors
/// [`Status::File`]: one of them can't be read, or they do not belong together.
pub fn identity(certificate: &PemFile<'_>, key: &PemFile<'_>) -> Result<CertifiedKey> {
    let chain = certificate.certificates()?;
    let private = key.private_key()?;
    let first = chain[0].line;
    let chain = chain.into_iter().map(|read| read.der).collect();
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, private, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            key.unusable(&format!("it is not the key of {}", certificate.option))
        }
        rustls::Error::InvalidCertificate(_) => certificate.at(first, NOT_READ),
        _ => key.unusable("its private key can't be used; expected an RSA, ECDSA or Ed25519 key"),
    })
}

/// Why a file without a section of this kind has none, as far as its beginning tells.
fn nothing_found(what: &str, bytes: &[u8]) -> String {
    // DER begins with the tag of a sequence and a length of two bytes or more.
    let hint = match bytes {
        [] => ", for it is empty",
        [0x30, 0x81..=0x84, ..] => {
            "; it looks like DER: `openssl` changes it with -inform der -outform pem"
        }
        _ => "",
    };
    format!("it holds no {what} in PEM{hint}")
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
    fn each_certificate_is_read_with_its_line_whatever_stands_around_it() {
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
    fn one_that_can_not_be_read_is_told_by_its_line_and_none_is_dropped() {
        let one = certificate().0.replace("\r\n", "\n");
        let lines = one.lines().count();
        for (bad, what) in [
            (
                one.replace("-----BEGIN", "----BEGIN"),
                format!("line {} ends a section", 2 * lines),
            ),
            (
                one.replace("-----BEGIN", "x-----BEGIN"),
                format!("line {} has more", lines + 1),
            ),
            (
                one.replace("BEGIN CERT", "BEGIN TRUSTED CERT")
                    .replace("END CERT", "END TRUSTED CERT"),
                format!("line {} is of OpenSSL's own form", lines + 1),
            ),
            (
                one.replace("CERTIFICATE", "PKCS7"),
                format!("line {} is PKCS #7", lines + 1),
            ),
            (
                one.replace("CERTIFICATE", "CERTIFICAT"),
                format!("line {} is of no kind", lines + 1),
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
    fn a_private_key_is_read_from_among_other_sections() {
        let (certificate, _, key) = certificate();
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let text = format!("{certificate}{parameters}{key}");
        read("key", &text, |file| file.private_key()).unwrap();
        for (text, what) in [
            (certificate, "it holds no private key in PEM"),
            (
                key.replace("PRIVATE", "ENCRYPTED PRIVATE"),
                "line 1 is a private key with a passphrase",
            ),
            (
                key.replace("PRIVATE", "OPENSSH PRIVATE"),
                "line 1 is of OpenSSH's own form",
            ),
            (
                key.replace('\n', "\\n"),
                "line 1 has its line breaks written as \\n, a backslash and a letter",
            ),
        ] {
            let error = read("no-key", &text, |file| file.private_key()).unwrap_err();
            assert!(error.message().contains(what), "{what}: {error}");
        }
    }
}
