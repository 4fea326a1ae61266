//! Takes a PEM file apart into its sections, so that what is wrong is told with its line and without what stands there.

use rustls::pki_types::pem::{PemObject, SectionKind};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What stands between a beginning and its end.
pub(crate) struct Section {
    /// The line of its beginning, from 1.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) der: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Certificate,
    Key(SectionKind),
    /// A certificate in a form that the TLS library does not read, and what to do about it.
    StrangeCertificate(&'static str),
    /// A private key in such a form, or with a passphrase.
    StrangeKey(&'static str),
    /// Neither a certificate nor a private key.
    Other,
}

/// The kinds that stand in files of certificates and keys, by their labels.
const KINDS: [(&str, Kind); 19] = [
    ("CERTIFICATE", Kind::Certificate),
    ("X509 CERTIFICATE", Kind::Certificate),
    ("PRIVATE KEY", Kind::Key(SectionKind::PrivateKey)),
    ("RSA PRIVATE KEY", Kind::Key(SectionKind::RsaPrivateKey)),
    ("EC PRIVATE KEY", Kind::Key(SectionKind::EcPrivateKey)),
    (
        "TRUSTED CERTIFICATE",
        Kind::StrangeCertificate(
            "is of OpenSSL's own form; `openssl x509` makes a CERTIFICATE of it",
        ),
    ),
    (
        "ATTRIBUTE CERTIFICATE",
        Kind::StrangeCertificate("is an attribute certificate; expected an X.509 certificate"),
    ),
    (
        "PKCS7",
        Kind::StrangeCertificate(
            "is PKCS #7; `openssl pkcs7 -print_certs` makes certificates of it",
        ),
    ),
    (
        "CMS",
        Kind::StrangeCertificate("is CMS; `openssl pkcs7 -print_certs` makes certificates of it"),
    ),
    ("ENCRYPTED PRIVATE KEY", Kind::StrangeKey(ENCRYPTED)),
    (
        "OPENSSH PRIVATE KEY",
        Kind::StrangeKey("is of OpenSSH's own form; `ssh-keygen -p -m PKCS8` changes it"),
    ),
    (
        "DSA PRIVATE KEY",
        Kind::StrangeKey(
            "is a DSA key, which can't be used for TLS; make an RSA, ECDSA or Ed25519 key",
        ),
    ),
    ("EC PARAMETERS", Kind::Other),
    ("DH PARAMETERS", Kind::Other),
    ("DSA PARAMETERS", Kind::Other),
    ("PUBLIC KEY", Kind::Other),
    ("RSA PUBLIC KEY", Kind::Other),
    ("X509 CRL", Kind::Other),
    ("CERTIFICATE REQUEST", Kind::Other),
];

const ENCRYPTED: &str = "is a private key with a passphrase, and nobody can be asked for that; `openssl pkey` writes it without one";

const ESCAPED: &str = "has its line breaks written as \\n, a backslash and a letter; write line breaks instead, by printf '%b', say";

/// A section whose end has not come yet.
struct Open<'a> {
    line: usize,
    label: &'a [u8],
    kind: Kind,
    /// What the TLS library's reader is given: the section without what may stand in it beside base64.
    pem: Vec<u8>,
    /// Whether the lines are headers, as old keys with a passphrase have them.
    in_headers: bool,
}

/// All sections of a file; or what is wrong with it, which holds nothing of what the file holds.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Section>, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("it is UTF-16; save it as UTF-8 or ASCII".to_owned());
    }
    let mut sections = Vec::new();
    let mut open: Option<Open<'_>> = None;
    for (index, line) in lines(bytes).enumerate() {
        let number = index + 1;
        // Files that were put together have one in their midst.
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let line = line.trim_ascii();
        open = match open.take() {
            None => begin(line, number)?,
            Some(section) if line.starts_with(END) => {
                sections.push(section.end(line, number)?);
                None
            }
            Some(section) => Some(section.with(line, number)?),
        };
    }
    match open {
        None => Ok(sections),
        Some(section) => Err(format!("the section at line {} has no end", section.line)),
    }
}

/// The lines, whichever system's they are.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            return rest.take();
        };
        let width = if bytes[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = Some(&bytes[end + width..]);
        Some(&bytes[..end])
    })
}

/// The section that this line begins, if it begins one.
fn begin(line: &[u8], number: usize) -> Result<Option<Open<'_>>, String> {
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
            true => format!("line {number} ends a section, and none has begun"),
            false => format!(
                "line {number} has more than the beginning of a section, or less; expected -----BEGIN, what it is, and ----- alone"
            ),
        });
    };
    let known = KINDS.iter().find(|(known, _)| known.as_bytes() == label);
    let Some((name, kind)) = known else {
        return Err(format!(
            "the section at line {number} is of no kind that is known; expected CERTIFICATE or PRIVATE KEY"
        ));
    };
    // The library knows certificates by one label.
    let name = match kind {
        Kind::Certificate => "CERTIFICATE",
        _ => name,
    };
    Ok(Some(Open {
        line: number,
        label,
        kind: *kind,
        pem: [BEGIN, name.as_bytes(), DASHES, b"\n"].concat(),
        in_headers: false,
    }))
}

impl Open<'_> {
    /// The same, with a line of it.
    fn with(mut self, line: &[u8], number: usize) -> Result<Self, String> {
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
                self.kind = Kind::StrangeKey(ENCRYPTED);
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
            return Err(format!("line {number} holds something that is no base64"));
        }
        self.pem
            .extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        self.pem.push(b'\n');
        Ok(self)
    }

    /// The whole section, which this line ends.
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
        let der = match self.kind {
            Kind::Certificate | Kind::Key(_) => {
                let begin = self.pem[..].split(|byte| *byte == b'\n').next();
                let end = begin.unwrap_or_default()[BEGIN.len()..].to_vec();
                self.pem.extend([END, &end].concat());
                // Its error may show the section, so it is not shown.
                let read = <(SectionKind, Vec<u8>)>::from_pem_slice(&self.pem);
                let read = read.map(|(_, der)| der).ok().filter(|der| !der.is_empty());
                read.ok_or_else(|| format!("the section at line {} is no whole base64", self.line))?
            }
            _ => Vec::new(),
        };
        Ok(Section {
            line: self.line,
            kind: self.kind,
            der,
        })
    }
}

fn contains(line: &[u8], what: &[u8]) -> bool {
    line.windows(what.len()).any(|window| window == what)
}
