//! Builds and checks the certificate chain of a server with Windows' certificate stores (CryptoAPI).

use std::ffi::c_void;
use std::io;
use std::mem::offset_of;
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Security::Cryptography::{
    AUTHTYPE_SERVER, CERT_CHAIN_CONTEXT, CERT_CHAIN_ENGINE_CONFIG, CERT_CHAIN_PARA,
    CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS, CERT_CHAIN_POLICY_PARA, CERT_CHAIN_POLICY_SSL,
    CERT_CHAIN_POLICY_STATUS, CERT_CHAIN_REVOCATION_ACCUMULATIVE_TIMEOUT,
    CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT, CERT_CONTEXT, CERT_OCSP_RESPONSE_PROP_ID,
    CERT_SET_PROPERTY_IGNORE_PERSIST_ERROR_FLAG, CERT_STORE_ADD_ALWAYS,
    CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG, CERT_STORE_PROV_MEMORY,
    CERT_TRUST_IS_PARTIAL_CHAIN, CERT_TRUST_IS_UNTRUSTED_ROOT, CERT_USAGE_MATCH,
    CRYPT_INTEGER_BLOB, CTL_USAGE, CertAddEncodedCertificateToStore, CertCloseStore,
    CertCreateCertificateChainEngine, CertFreeCertificateChain, CertFreeCertificateChainEngine,
    CertFreeCertificateContext, CertGetCertificateChain, CertOpenStore,
    CertSetCertificateContextProperty, CertVerifyCertificateChainPolicy, CertVerifyTimeValidity,
    HCERTCHAINENGINE, HCERTSTORE, HTTPSPolicyCallbackData, USAGE_MATCH_TYPE_AND, X509_ASN_ENCODING,
    szOID_PKIX_KP_SERVER_AUTH,
};

use crate::host::chain_status::ChainStatus;

/// The certificates of a server, as it sent them.
pub struct ServerChain {
    /// The server's own certificate.
    pub end_entity: Vec<u8>,
    /// Further certificates.
    pub intermediates: Vec<Vec<u8>>,
    /// The server's OCSP response; empty if it sent none.
    pub ocsp_response: Vec<u8>,
    /// The time since 1970 at which the certificates must be valid.
    pub now: Duration,
}

/// Verifies chains with the authorities of Windows and further ones.
#[derive(Debug)]
pub struct ChainVerifier {
    further: Option<Engine>,
}

impl ChainVerifier {
    /// Creates a verifier that also trusts these authorities.
    pub fn new<'a>(authorities: impl IntoIterator<Item = &'a [u8]>) -> io::Result<Self> {
        let mut authorities = authorities.into_iter().peekable();
        if authorities.peek().is_none() {
            return Ok(ChainVerifier { further: None });
        }
        let roots = Store::new()?;
        for authority in authorities {
            roots.add(authority)?;
        }
        Ok(ChainVerifier {
            further: Some(Engine::new(&roots)?),
        })
    }

    /// Checks a chain. Windows may download missing certificates and revocation data; `timeout` limits that. It is not a strict
    /// limit, so the caller must not rely on it.
    pub fn check(
        &self,
        server: &ServerChain,
        checks_revocation: bool,
        timeout: Duration,
    ) -> io::Result<ChainStatus> {
        let store = Store::new()?;
        let end_entity = store.add(&server.end_entity)?;
        for certificate in &server.intermediates {
            store.add(certificate)?;
        }
        if checks_revocation && !server.ocsp_response.is_empty() {
            end_entity.attach_ocsp_response(&server.ocsp_response)?;
        }
        let now = to_file_time(server.now);
        let build = |engine| Chain::build(engine, &end_entity, &now, checks_revocation, timeout);
        let mut chain = build(ptr::null_mut())?;
        const NOT_TRUSTED: u32 = CERT_TRUST_IS_PARTIAL_CHAIN | CERT_TRUST_IS_UNTRUSTED_ROOT;
        if let Some(further) = &self.further
            && chain.errors() & NOT_TRUSTED != 0
        {
            chain = build(further.0)?;
        }
        Ok(ChainStatus {
            errors: chain.errors(),
            is_early: end_entity.is_early(&now),
            policy_error: chain.policy_error()?,
        })
    }
}

/// A certificate store in memory. It is freed after its last certificate.
struct Store(HCERTSTORE);

impl Store {
    fn new() -> io::Result<Self> {
        // SAFETY: this provider uses neither of the pointers.
        let store = unsafe {
            CertOpenStore(
                CERT_STORE_PROV_MEMORY,
                0,
                0,
                CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG,
                ptr::null(),
            )
        };
        if store.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Store(store))
    }

    fn add(&self, der: &[u8]) -> io::Result<Certificate> {
        let length = length(der)?;
        let mut context = ptr::null_mut();
        // SAFETY: the store is open, `der` has the given length, and `context` receives a pointer.
        let added = unsafe {
            CertAddEncodedCertificateToStore(
                self.0,
                X509_ASN_ENCODING,
                der.as_ptr(),
                length,
                CERT_STORE_ADD_ALWAYS,
                &raw mut context,
            )
        };
        if added == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Certificate(context))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: the handle is open and owned.
        unsafe { CertCloseStore(self.0, 0) };
    }
}

/// A certificate of a store.
struct Certificate(*mut CERT_CONTEXT);

impl Certificate {
    fn attach_ocsp_response(&self, response: &[u8]) -> io::Result<()> {
        let blob = CRYPT_INTEGER_BLOB {
            cbData: length(response)?,
            pbData: response.as_ptr().cast_mut(),
        };
        // SAFETY: the property's value is a blob. The call copies it, and does not write to it.
        let set = unsafe {
            CertSetCertificateContextProperty(
                self.0,
                CERT_OCSP_RESPONSE_PROP_ID,
                CERT_SET_PROPERTY_IGNORE_PERSIST_ERROR_FLAG,
                (&raw const blob).cast(),
            )
        };
        if set == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Returns whether its validity begins later.
    fn is_early(&self, now: &FILETIME) -> bool {
        // SAFETY: the context is valid, and points to its decoded contents.
        unsafe { CertVerifyTimeValidity(now, (*self.0).pCertInfo) < 0 }
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: the context is valid and owned.
        unsafe { CertFreeCertificateContext(self.0) };
    }
}

/// A chain engine that trusts only given authorities.
#[derive(Debug)]
struct Engine(HCERTCHAINENGINE);

// SAFETY: Windows allows the use of a chain engine by several threads, and only the drop changes it.
unsafe impl Send for Engine {}
// SAFETY: as above.
unsafe impl Sync for Engine {}

impl Engine {
    fn new(roots: &Store) -> io::Result<Self> {
        let config = CERT_CHAIN_ENGINE_CONFIG {
            // Windows 7 has no later fields.
            cbSize: offset_of!(CERT_CHAIN_ENGINE_CONFIG, dwExclusiveFlags) as u32,
            hExclusiveRoot: roots.0,
            ..CERT_CHAIN_ENGINE_CONFIG::default()
        };
        let mut engine: HCERTCHAINENGINE = ptr::null_mut();
        // SAFETY: the configuration is complete up to its size, and the engine holds the store itself.
        if unsafe { CertCreateCertificateChainEngine(&raw const config, &raw mut engine) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Engine(engine))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: the engine is valid and owned.
        unsafe { CertFreeCertificateChainEngine(self.0) };
    }
}

/// A chain from a certificate to an authority.
struct Chain(*mut CERT_CHAIN_CONTEXT);

impl Chain {
    fn build(
        engine: HCERTCHAINENGINE,
        certificate: &Certificate,
        now: &FILETIME,
        checks_revocation: bool,
        timeout: Duration,
    ) -> io::Result<Self> {
        let mut usages = [szOID_PKIX_KP_SERVER_AUTH.cast_mut()];
        let parameters = CERT_CHAIN_PARA {
            // Windows 7 has no later fields.
            cbSize: offset_of!(CERT_CHAIN_PARA, pStrongSignPara) as u32,
            RequestedUsage: CERT_USAGE_MATCH {
                dwType: USAGE_MATCH_TYPE_AND,
                Usage: CTL_USAGE {
                    cUsageIdentifier: 1,
                    rgpszUsageIdentifier: usages.as_mut_ptr(),
                },
            },
            // 0 means 15 seconds.
            dwUrlRetrievalTimeout: u32::try_from(timeout.as_millis())
                .unwrap_or(u32::MAX)
                .max(1),
            ..CERT_CHAIN_PARA::default()
        };
        let flags = if checks_revocation {
            CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT
                | CERT_CHAIN_REVOCATION_ACCUMULATIVE_TIMEOUT
        } else {
            0
        };
        let mut chain = ptr::null_mut();
        // SAFETY: the certificate and its store are valid, the parameters are complete up to their size and outlive the call,
        // and `chain` receives a pointer.
        let built = unsafe {
            CertGetCertificateChain(
                engine,
                certificate.0,
                now,
                (*certificate.0).hCertStore,
                &raw const parameters,
                flags,
                ptr::null(),
                &raw mut chain,
            )
        };
        if built == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Chain(chain))
    }

    fn errors(&self) -> u32 {
        // SAFETY: the chain is valid.
        unsafe { (*self.0).TrustStatus.dwErrorStatus }
    }

    /// Returns the error of the rules for TLS servers, or 0. The caller has checked the name, and decides about revocations.
    fn policy_error(&self) -> io::Result<u32> {
        // Of wininet.h.
        const SECURITY_FLAG_IGNORE_REVOCATION: u32 = 0x80;
        const SECURITY_FLAG_IGNORE_CERT_CN_INVALID: u32 = 0x1000;
        let mut server = HTTPSPolicyCallbackData {
            dwAuthType: AUTHTYPE_SERVER,
            fdwChecks: SECURITY_FLAG_IGNORE_REVOCATION | SECURITY_FLAG_IGNORE_CERT_CN_INVALID,
            ..HTTPSPolicyCallbackData::default()
        };
        server.Anonymous.cbSize = size_of::<HTTPSPolicyCallbackData>() as u32;
        let parameters = CERT_CHAIN_POLICY_PARA {
            cbSize: size_of::<CERT_CHAIN_POLICY_PARA>() as u32,
            dwFlags: CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS,
            pvExtraPolicyPara: (&raw mut server).cast::<c_void>(),
        };
        let mut status = CERT_CHAIN_POLICY_STATUS {
            cbSize: size_of::<CERT_CHAIN_POLICY_STATUS>() as u32,
            ..CERT_CHAIN_POLICY_STATUS::default()
        };
        // SAFETY: the chain is valid, and all structures have their sizes and outlive the call.
        let checked = unsafe {
            CertVerifyCertificateChainPolicy(
                CERT_CHAIN_POLICY_SSL,
                self.0,
                &raw const parameters,
                &raw mut status,
            )
        };
        if checked == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(status.dwError)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // SAFETY: the chain is valid and owned.
        unsafe { CertFreeCertificateChain(self.0) };
    }
}

fn length(bytes: &[u8]) -> io::Result<u32> {
    u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// Returns the time in units of 100 ns since 1601.
fn to_file_time(since_1970: Duration) -> FILETIME {
    const BETWEEN: Duration = Duration::from_secs(11_644_473_600);
    let units = ((since_1970 + BETWEEN).as_nanos() / 100) as u64;
    FILETIME {
        dwLowDateTime: units as u32,
        dwHighDateTime: (units >> 32) as u32,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rcgen::{CertificateParams, KeyPair};
    use windows_sys::Win32::Security::Cryptography::{
        CERT_TRUST_IS_NOT_TIME_VALID, CertEnumCertificatesInStore, CertOpenSystemStoreW,
    };
    use windows_sys::core::w;

    use super::*;

    const NOT_TRUSTED: u32 = CERT_TRUST_IS_PARTIAL_CHAIN | CERT_TRUST_IS_UNTRUSTED_ROOT;

    /// Returns the authorities of the system.
    fn authorities() -> Vec<Vec<u8>> {
        let mut authorities = Vec::new();
        // SAFETY: the name ends with 0. Each call frees the context before, and returns a valid one or NULL.
        unsafe {
            let store = Store(CertOpenSystemStoreW(0, w!("ROOT")));
            let mut context = CertEnumCertificatesInStore(store.0, ptr::null());
            while !context.is_null() {
                let (bytes, length) = ((*context).pbCertEncoded, (*context).cbCertEncoded);
                authorities.push(std::slice::from_raw_parts(bytes, length as usize).to_vec());
                context = CertEnumCertificatesInStore(store.0, context);
            }
        }
        authorities
    }

    fn errors(verifier: &ChainVerifier, end_entity: Vec<u8>) -> u32 {
        let server = ServerChain {
            end_entity,
            intermediates: Vec::new(),
            ocsp_response: Vec::new(),
            now: SystemTime::UNIX_EPOCH.elapsed().unwrap(),
        };
        let checked = verifier.check(&server, false, Duration::from_secs(1));
        checked.unwrap().errors
    }

    #[test]
    fn authorities_of_the_certificate_store_are_trusted() {
        let verifier = ChainVerifier::new([]).unwrap();
        let trusted = authorities()
            .into_iter()
            .map(|authority| errors(&verifier, authority))
            .find(|errors| errors & CERT_TRUST_IS_NOT_TIME_VALID == 0);
        assert_eq!(trusted.expect("a valid authority") & NOT_TRUSTED, 0);
    }

    #[test]
    fn an_unknown_certificate_is_trusted_only_if_it_is_named() {
        let params = CertificateParams::new(["chat.example.com".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let unknown = params.self_signed(&key).unwrap().der().to_vec();
        let system = ChainVerifier::new([]).unwrap();
        assert_ne!(errors(&system, unknown.clone()) & NOT_TRUSTED, 0);
        let named = ChainVerifier::new([&unknown[..]]).unwrap();
        assert_eq!(errors(&named, unknown) & NOT_TRUSTED, 0);
    }
}
