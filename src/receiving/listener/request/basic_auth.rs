//! HTTP Basic authentication of requests.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq};

use crate::wire::Redacted;

/// Decodes base64 with and without padding, because clients send both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// User name and password, separated by a colon.
#[derive(Debug)]
pub struct Credentials(Redacted);

impl Credentials {
    /// Creates the expected credentials.
    pub fn new(user_and_password: Redacted) -> Self {
        Credentials(user_and_password)
    }

    /// Returns whether the request has these credentials. The time does not depend on them.
    pub fn matches(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.as_bytes().split_at_checked(6)?;
            let token = scheme
                .eq_ignore_ascii_case(b"basic ")
                .then(|| token.trim_ascii())?;
            BASE64.decode(token).ok()
        });
        given.is_some_and(|given| constant_time_eq(self.0.expose().as_bytes(), &given).into())
    }
}

/// Compares in a time that depends only on the length of `given`.
fn constant_time_eq(secret: &[u8], given: &[u8]) -> Choice {
    let mut same = (secret.len() as u64).ct_eq(&(given.len() as u64));
    for (byte, expected) in given.iter().zip(secret.iter().cycle()) {
        same &= byte.ct_eq(expected);
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(header: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        Credentials::new("joão:a:b".into()).matches(&headers)
    }

    #[test]
    fn correct_credentials_are_accepted_in_any_form() {
        for header in [
            "Basic am/Do286YTpi",
            "basic am/Do286YTpi",
            "BASIC  am/Do286YTpi ",
        ] {
            assert!(is_accepted(header), "{header}");
        }
    }

    #[test]
    fn other_or_missing_credentials_are_rejected() {
        let others = [
            "Basic",
            "Basic ",
            "Basic !",
            "Bearer am/Do286YTpi",
            "am/Do286YTpi",
            "Basic am/Do286YTpiYg==",
            "Basic am/Do286YTo=",
            "Basic am9hbzphOmI=",
        ];
        for header in others {
            assert!(!is_accepted(header), "{header}");
        }
        assert!(!Credentials::new("a:b".into()).matches(&HeaderMap::new()));
    }
}
