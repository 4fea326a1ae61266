//! The URL of an application's webhook or of a bot.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;

/// The URL that receives triggers, with its credentials.
#[derive(Clone)]
pub(crate) struct WebhookUrl {
    text: String,
    pub uri: Uri,
    /// The `Authorization` header, if the URL contains user and password.
    pub authorization: Option<HeaderValue>,
}

impl WebhookUrl {
    /// Parses an absolute http or https URL. User and password in the URL become Basic credentials.
    pub fn parse(text: &str) -> Result<WebhookUrl, String> {
        let invalid = || "url is not an absolute http or https URL".to_owned();
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(invalid());
        }
        let authority = uri.authority().ok_or_else(invalid)?;
        if authority.host().is_empty() {
            return Err(invalid());
        }
        let authorization = match authority.as_str().rsplit_once('@') {
            None => None,
            Some((user_info, _)) => Some(basic_credentials(user_info).ok_or_else(invalid)?),
        };
        Ok(WebhookUrl {
            text: text.to_owned(),
            uri,
            authorization,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn basic_credentials(user_info: &str) -> Option<HeaderValue> {
    let decoded: Vec<u8> = percent_decode_str(user_info).collect();
    let mut value =
        HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(decoded))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_and_https_urls_are_valid() {
        for url in [
            "http://127.0.0.1:8080/hook?x=1",
            "https://example.com",
            "http://[::1]:80/",
        ] {
            assert_eq!(
                WebhookUrl::parse(url).ok().map(|webhook| webhook.text),
                Some(url.to_owned())
            );
        }
        for url in [
            "",
            "/hook",
            "example.com/hook",
            "ftp://example.com/",
            "http://",
            "http:///hook",
            "http://a b/",
            "http://@/",
        ] {
            assert!(WebhookUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn user_and_password_become_basic_credentials() {
        let webhook = WebhookUrl::parse("http://ana:s%40l@127.0.0.1:1/")
            .ok()
            .unwrap();
        assert_eq!(
            webhook.authorization.unwrap(),
            format!("Basic {}", BASE64_STANDARD.encode("ana:s@l"))
        );
        assert_eq!(webhook.uri.host(), Some("127.0.0.1"));
    }
}
