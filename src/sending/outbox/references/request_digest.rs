//! Recognizes the same request without its content. A request that has ended is not stored any more, and its content must not
//! be guessed from what is stored.

use ring::hmac;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::{Address, Request};

/// The length of the random salt.
const SALT_LENGTH: usize = 16;
/// The length of the keyed hash.
const HASH_LENGTH: usize = 16;

/// A salt and the keyed hash of a request and its customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDigest([u8; SALT_LENGTH + HASH_LENGTH]);

impl RequestDigest {
    /// Creates the digest of a request, with a new salt.
    ///
    /// # Errors
    /// [`Status::System`]: the operating system has no random numbers.
    pub(crate) fn new(address: &Address, request: &Request) -> Result<Self> {
        let mut salt = [0; SALT_LENGTH];
        getrandom::fill(&mut salt).map_err(|error| {
            Error::new(
                Status::System,
                format!(
                    "the operating system returned no random numbers: {error}; nothing was posted"
                ),
            )
        })?;
        Ok(RequestDigest::with_salt(salt, address, request))
    }

    fn with_salt(salt: [u8; SALT_LENGTH], address: &Address, request: &Request) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &salt);
        let hash = hmac::sign(&key, identity(address, request).as_bytes());
        let mut bytes = [0; SALT_LENGTH + HASH_LENGTH];
        bytes[..SALT_LENGTH].copy_from_slice(&salt);
        bytes[SALT_LENGTH..].copy_from_slice(&hash.as_ref()[..HASH_LENGTH]);
        RequestDigest(bytes)
    }

    /// Returns whether it is the digest of this request.
    pub(crate) fn matches(&self, address: &Address, request: &Request) -> bool {
        let mut salt = [0; SALT_LENGTH];
        salt.copy_from_slice(&self.0[..SALT_LENGTH]);
        *self == RequestDigest::with_salt(salt, address, request)
    }

    /// Returns the bytes for the store.
    #[cfg(feature = "store")]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Creates a digest from bytes of the store; `None` if their number is wrong.
    #[cfg(feature = "store")]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(RequestDigest)
    }
}

/// Returns a text that is equal for equal requests of one customer, also in later versions with more optional fields.
///
/// The department is part of it for a start and for a request of the client. In an interaction it is not: after a transfer,
/// an application may attach with the new department.
fn identity(address: &Address, request: &Request) -> String {
    // Serializing numbers and strings never fails.
    let mut content = serde_json::to_value(request).unwrap_or_default();
    remove_nulls(&mut content);
    let has_department = request.is_start() || !request.needs_client_id();
    let department = has_department.then_some(&address.department);
    serde_json::json!([address.client_id, department, content]).to_string()
}

fn remove_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(remove_nulls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Customer, Message};

    fn address(department: &str, client_id: &str) -> Address {
        Address {
            department: department.into(),
            client_id: client_id.into(),
        }
    }

    #[test]
    fn equal_requests_match() {
        let here = address("1", "12");
        let message = Request::Message("oi".into());
        let digest = RequestDigest::new(&here, &message).unwrap();
        assert!(digest.matches(&here, &message));
        assert!(digest.matches(&address("2", "12"), &message));
        assert!(!digest.matches(&address("1", "13"), &message));
        assert!(!digest.matches(&here, &Request::Message("Oi".into())));
        assert!(!digest.matches(&here, &Request::Finish));
    }

    #[cfg(feature = "store")]
    #[test]
    fn stored_bytes_are_parsed() {
        let digest = RequestDigest::new(&address("1", "12"), &Request::Finish).unwrap();
        assert_eq!(RequestDigest::from_bytes(digest.as_bytes()), Some(digest));
        assert_eq!(RequestDigest::from_bytes(b"short"), None);
    }

    #[test]
    fn starts_in_different_departments_do_not_match() {
        let start = Request::Start(Box::new(Customer::default().into()));
        let digest = RequestDigest::new(&address("1", "12"), &start).unwrap();
        assert!(digest.matches(&address("1", "12"), &start));
        assert!(!digest.matches(&address("2", "12"), &start));
    }

    #[test]
    fn off_hours_contacts_of_different_departments_do_not_match() {
        let contact = Request::OffHours(Box::default());
        let digest = RequestDigest::new(&address("1", ""), &contact).unwrap();
        assert!(digest.matches(&address("1", ""), &contact));
        assert!(!digest.matches(&address("2", ""), &contact));
    }

    #[test]
    fn salts_hide_equal_requests() {
        let here = address("1", "12");
        let message = Request::Message("oi".into());
        let digest = || RequestDigest::new(&here, &message).unwrap();
        assert_ne!(digest(), digest());
    }

    #[test]
    fn unset_fields_do_not_count() {
        let here = address("1", "12");
        let plain = identity(&here, &Request::Message("oi".into()));
        assert!(!plain.contains(":null"), "{plain}");
        let sized = Message {
            size: Some(1),
            ..Message::from("oi")
        };
        assert_ne!(plain, identity(&here, &Request::Message(sized)));
    }
}
