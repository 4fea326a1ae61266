//! The hash that stands for a customer's client id in logs and error messages.
//!
//! A client id may be a CPF or a phone number, and there are so few of them that a plain hash can be guessed. Therefore the
//! token is the key: without it, the hash can't be compared with a client id. With it, the hash of a customer is the same in
//! all processes of an account, and after a restart (docs/src/decisions/0050).

use std::fmt;

use ring::hmac;

use crate::wire::Redacted;

/// The beginning of each hashed text, so that the hash of a client id is not that of another text.
const PURPOSE: &[u8] = b"omnize client id\0";

/// The length of a hash, in bytes. With 10,000 customers, the probability of two equal hashes is about 1 %.
const HASH_BYTES: usize = 4;

/// Hashes the client ids of one account.
pub struct ClientIdHasher {
    key: hmac::Key,
}

impl ClientIdHasher {
    /// Creates the hasher of a token.
    pub fn new(token: &Redacted) -> Self {
        ClientIdHasher {
            key: hmac::Key::new(hmac::HMAC_SHA256, token.expose().as_bytes()),
        }
    }

    /// Returns eight hexadecimal digits.
    pub fn hash(&self, client_id: &str) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(PURPOSE);
        context.update(client_id.as_bytes());
        let tag = context.sign();
        let bytes = &tag.as_ref()[..HASH_BYTES];
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The key is not printed.
impl fmt::Debug for ClientIdHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdHasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_depends_on_the_client_id_and_on_the_token() {
        let hash = |token: &str, client_id| ClientIdHasher::new(&token.into()).hash(client_id);
        let first = hash("t", "12345678909");
        assert_eq!(first.len(), 8);
        assert!(first.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(first, hash("t", "12345678909"));
        assert_ne!(first, hash("t", "12345678917"));
        assert_ne!(first, hash("u", "12345678909"));
    }

    #[test]
    fn debug_output_contains_no_key() {
        let hasher = ClientIdHasher::new(&"segredo".into());
        assert_eq!(format!("{hasher:?}"), "ClientIdHasher");
    }
}
