//! Finds out from a response whether the service rejected the token.

/// Words for a missing permission, in lower case.
const PERMISSION_WORDS: [&str; 5] = [
    "unauthorized",
    "unauthorised",
    "unauthenticated",
    "não autorizado",
    "nao autorizado",
];

/// Returns whether a status means that the token is not accepted.
pub fn is_token_status(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// Returns whether the service's reason for a rejection names the token. Personal data must be removed from it before, because
/// a service may repeat a customer's message.
pub fn names_token(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    // A JSON parser of the service reports an "unexpected token" in the body.
    let is_parser_error = reason.contains("unexpected token") || reason.contains("invalid json");
    let is_word = |word: &str| word == "token" || word == "access_token";
    let has_token = reason
        .split(|character: char| !character.is_alphanumeric() && character != '_')
        .any(is_word);
    !is_parser_error && (has_token || PERMISSION_WORDS.iter().any(|words| reason.contains(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_name_the_token_are_found() {
        for reason in [
            "the token is unknown; expected one that the portal generated",
            "Invalid token",
            "Token inválido.",
            r#"{"token":["is invalid"]}"#,
            "access_token expired",
            "Unauthorized",
            "NÃO AUTORIZADO",
        ] {
            assert!(names_token(reason), "{reason}");
        }
    }

    #[test]
    fn other_reasons_are_not_about_the_token() {
        for reason in [
            "",
            "department_id is unknown",
            "Unexpected token < in JSON at position 0",
            "invalid JSON: unexpected token",
            "the tokenizer failed",
            "tokens per minute",
            "external_token_id is missing",
        ] {
            assert!(!names_token(reason), "{reason}");
        }
    }
}
