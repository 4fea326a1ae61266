//! The TLS settings of a client.

use crate::config::option_values::Config;
use crate::config::typed_values::{file, text};
use crate::error::{Error, Result};
use crate::status::Status;

/// TLS settings. The files are not read yet.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Certificates to trust in addition to the operating system's.
    pub ca_file: Option<String>,
    /// The files of the client certificate and of its key.
    pub identity: Option<(String, String)>,
    /// Whether TLS 1.2 is disabled.
    pub only_1_3: bool,
    /// Whether Windows checks that certificates were not revoked.
    pub revocation: Revocation,
}

/// Whether Windows checks that the certificates of a server were not revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revocation {
    /// It does not check.
    #[default]
    Off,
    /// It rejects revoked certificates, and accepts those whose state is unknown.
    BestEffort,
    /// It rejects also those whose state is unknown.
    Required,
}

impl Revocation {
    /// Whether this system's verification can check it.
    const IS_SUPPORTED: bool = cfg!(windows);

    fn read(config: &Config) -> Result<Revocation> {
        let revocation = match text(config, "tls.revocation") {
            "best_effort" => Revocation::BestEffort,
            "required" => Revocation::Required,
            _ => Revocation::Off,
        };
        if revocation != Revocation::Off && !Revocation::IS_SUPPORTED {
            return Err(Error::new(
                Status::Unsupported,
                "option tls.revocation: this operating system offers no revocation check, only Windows does; set it to off",
            ));
        }
        Ok(revocation)
    }
}

impl TlsSettings {
    /// Reads the TLS options.
    ///
    /// # Errors
    /// [`Status::Value`] if options contradict each other, [`Status::Unsupported`] for a revocation check on a system without
    /// one.
    pub(crate) fn read(config: &Config) -> Result<TlsSettings> {
        let identity = match (file(config, "tls.certificate"), file(config, "tls.key")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                return Err(Error::new(
                    Status::Value,
                    "options tls.certificate and tls.key: only one of them is set; set both, or neither",
                ));
            }
        };
        Ok(TlsSettings {
            ca_file: file(config, "tls.ca_file"),
            identity,
            only_1_3: text(config, "tls.min_version") == "1.3",
            revocation: Revocation::read(config)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<TlsSettings> {
        let mut config = Config::new();
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        TlsSettings::read(&config)
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let error = read(&[("tls.certificate", "a.pem")]).unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("tls.key"), "{error}");
    }

    #[test]
    fn a_revocation_check_is_set_or_reported_as_unsupported() {
        assert_eq!(read(&[]).unwrap().revocation, Revocation::Off);
        for (name, revocation) in [
            ("off", Revocation::Off),
            ("best_effort", Revocation::BestEffort),
            ("required", Revocation::Required),
        ] {
            let read = read(&[("tls.revocation", name)]);
            if cfg!(windows) || revocation == Revocation::Off {
                assert_eq!(read.unwrap().revocation, revocation);
            } else {
                let error = read.unwrap_err();
                assert_eq!(error.status(), Status::Unsupported);
                assert!(error.message().contains("tls.revocation"), "{error}");
            }
        }
    }
}
