//! Splits a PEM file into sections. Errors contain the line number, and no data of the file.

use rustls::pki_types::pem::{PemObject, SectionKind};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The part between `BEGIN` and `END`.
pub(crate) struct Section {
    /// The line of `BEGIN`, counted from 1.
    pub(crate) line: usize,
    pub(crate) content: SectionContent,
    pub(crate) der: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum SectionContent {
    Certificate,
    Key(SectionKind),
    /// A certificate in a format that the TLS library can't read, with advice.
    UnsupportedCertificate(&'static str),
    /// A private key in such a format, or with a passphrase.
    UnsupportedKey(&'static str),
    /// Neither a certificate nor a private key.
    Other,
}

/// The known labels.
const LABELS: [(&str, SectionContent); 19] = [
    ("CERTIFICATE", SectionContent::Certificate),
    ("X509 CERTIFICATE", SectionContent::Certificate),
    ("PRIVATE KEY", SectionContent::Key(SectionKind::PrivateKey)),
    (
        "RSA PRIVATE KEY",
        SectionContent::Key(SectionKind::RsaPrivateKey),
    ),
    (
        "EC PRIVATE KEY",
        SectionContent::Key(SectionKind::EcPrivateKey),
    ),
    (
        "TRUSTED CERTIFICATE",
        SectionContent::UnsupportedCertificate(
            "has OpenSSL's own format; `openssl x509` converts it to a CERTIFICATE",
        ),
    ),
    (
        "ATTRIBUTE CERTIFICATE",
        SectionContent::UnsupportedCertificate(
            "is an attribute certificate; expected an X.509 certificate",
        ),
    ),
    (
        "PKCS7",
        SectionContent::UnsupportedCertificate(
            "is PKCS #7; `openssl pkcs7 -print_certs` extracts its certificates",
        ),
    ),
    (
        "CMS",
        SectionContent::UnsupportedCertificate(
            "is CMS; `openssl pkcs7 -print_certs` extracts its certificates",
        ),
    ),
    (
        "ENCRYPTED PRIVATE KEY",
        SectionContent::UnsupportedKey(ENCRYPTED),
    ),
    (
        "OPENSSH PRIVATE KEY",
        SectionContent::UnsupportedKey(
            "has OpenSSH's own format; `ssh-keygen -p -m PKCS8` converts it",
        ),
    ),
    (
        "DSA PRIVATE KEY",
        SectionContent::UnsupportedKey(
            "is a DSA key, which TLS does not support; create an RSA, ECDSA or Ed25519 key",
        ),
    ),
    ("EC PARAMETERS", SectionContent::Other),
    ("DH PARAMETERS", SectionContent::Other),
    ("DSA PARAMETERS", SectionContent::Other),
    ("PUBLIC KEY", SectionContent::Other),
    ("RSA PUBLIC KEY", SectionContent::Other),
    ("X509 CRL", SectionContent::Other),
    ("CERTIFICATE REQUEST", SectionContent::Other),
];

const ENCRYPTED: &str = "is a private key with a passphrase, which the library can't use; `openssl pkey` removes the passphrase";

const ESCAPED: &str = "contains line breaks written as \\n, a backslash and a letter; write real line breaks, for example with printf '%b'";

/// A section before its end.
struct OpenSection<'a> {
    line: usize,
    label: &'a [u8],
    content: SectionContent,
    /// The section with only its base64, for the parser of the TLS library.
    pem: Vec<u8>,
    /// Whether the current line belongs to headers, which old keys with a passphrase have.
    in_headers: bool,
}

/// Returns all sections of a file, or an error text without data of the file.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Section>, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("it is UTF-16; save it as UTF-8 or ASCII".to_owned());
    }
    let mut sections = Vec::new();
    let mut open: Option<OpenSection<'_>> = None;
    for (index, line) in lines(bytes).enumerate() {
        let number = index + 1;
        // Concatenated files may contain a byte-order mark anywhere.
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let line = line.trim_ascii();
        open = match open.take() {
            None => begin(line, number)?,
            Some(section) if line.starts_with(END) => {
                sections.push(section.end(line, number)?);
                None
            }
            Some(section) => Some(section.append(line, number)?),
        };
    }
    match open {
        None => Ok(sections),
        Some(section) => Err(format!("the section at line {} has no end", section.line)),
    }
}

/// Returns the lines, with the line ends of any system.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut remaining = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = remaining?;
        let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            return remaining.take();
        };
        let width = if bytes[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        remaining = Some(&bytes[end + width..]);
        Some(&bytes[..end])
    })
}

/// Returns the section that begins at this line, if one does.
fn begin(line: &[u8], number: usize) -> Result<Option<OpenSection<'_>>, String> {
    if !contains(line, BEGIN.trim_ascii()) && !line.starts_with(END.trim_ascii()) {
        return Ok(None);
    }
    if line.starts_with(b"#") || line.starts_with(b";") {
        return Ok(None);
    }
    if contains(line, b"\\n") {
        return Err(format!("line {number} {ESCAPED}"));
    }
    let label = line
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(DASHES))
        .filter(|label| !contains(label, DASHES));
    let Some(label) = label else {
        return Err(match line.starts_with(END.trim_ascii()) {
            true => format!("line {number} ends a section, but none has begun"),
            false => format!(
                "line {number} is not a valid beginning of a section; expected only -----BEGIN, a label, and -----"
            ),
        });
    };
    let known = LABELS.iter().find(|(known, _)| known.as_bytes() == label);
    let Some((name, content)) = known else {
        return Err(format!(
            "the section at line {number} has an unknown kind; expected CERTIFICATE or PRIVATE KEY"
        ));
    };
    // The TLS library accepts only one label for certificates.
    let name = match content {
        SectionContent::Certificate => "CERTIFICATE",
        _ => name,
    };
    Ok(Some(OpenSection {
        line: number,
        label,
        content: *content,
        pem: [BEGIN, name.as_bytes(), DASHES, b"\n"].concat(),
        in_headers: false,
    }))
}

impl OpenSection<'_> {
    /// Appends a line.
    fn append(mut self, line: &[u8], number: usize) -> Result<Self, String> {
        if contains(line, DASHES) {
            return Err(match contains(line, b"\\n") {
                true => format!("line {number} {ESCAPED}"),
                false => format!(
                    "the section at line {} has no end before line {number}",
                    self.line
                ),
            });
        }
        if contains(line, b"\\n") {
            return Err(format!("line {number} {ESCAPED}"));
        }
        if line.contains(&b':') {
            self.in_headers = true;
            if line.starts_with(b"Proc-Type:") && contains(line, b"ENCRYPTED") {
                self.content = SectionContent::UnsupportedKey(ENCRYPTED);
            }
            return Ok(self);
        }
        if line.is_empty() {
            self.in_headers = false;
        }
        if self.in_headers {
            return Ok(self);
        }
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/= \t".contains(byte);
        if !line.iter().all(is_base64) {
            return Err(format!("line {number} is not base64"));
        }
        self.pem
            .extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        self.pem.push(b'\n');
        Ok(self)
    }

    /// Completes the section with its last line.
    fn end(mut self, line: &[u8], number: usize) -> Result<Section, String> {
        let label = line
            .strip_prefix(END)
            .and_then(|rest| rest.strip_suffix(DASHES));
        if label != Some(self.label) {
            return Err(match contains(line, b"\\n") {
                true => format!("line {number} {ESCAPED}"),
                false => format!(
                    "line {number} is not the end of the section at line {}",
                    self.line
                ),
            });
        }
        let der = match self.content {
            SectionContent::Certificate | SectionContent::Key(_) => {
                let begin = self.pem[..].split(|byte| *byte == b'\n').next();
                let end = begin.unwrap_or_default()[BEGIN.len()..].to_vec();
                self.pem.extend([END, &end].concat());
                // The error may contain data of the section.
                let read = <(SectionKind, Vec<u8>)>::from_pem_slice(&self.pem);
                let read = read.map(|(_, der)| der).ok().filter(|der| !der.is_empty());
                read.ok_or_else(|| {
                    format!(
                        "the base64 of the section at line {} is incomplete",
                        self.line
                    )
                })?
            }
            _ => Vec::new(),
        };
        Ok(Section {
            line: self.line,
            content: self.content,
            der,
        })
    }
}

fn contains(line: &[u8], text: &[u8]) -> bool {
    line.windows(text.len()).any(|window| window == text)
}
