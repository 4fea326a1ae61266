//! Finds out from a response whether the service rejected the token.

/// Words for what is wrong with a token, in English and Portuguese, in lower case.
const FAULTS: [&str; 32] = [
    "invalid",
    "expired",
    "unknown",
    "missing",
    "incorrect",
    "wrong",
    "revoked",
    "rejected",
    "unrecognized",
    "unauthorized",
    "unauthorised",
    "required",
    "absent",
    "inválido",
    "invalido",
    "expirado",
    "expirou",
    "vencido",
    "desconhecido",
    "ausente",
    "incorreto",
    "errado",
    "revogado",
    "rejeitado",
    "obrigatório",
    "obrigatorio",
    "inexistente",
    "faltando",
    "faltante",
    "inativo",
    "inactive",
    "disabled",
];
/// Words that are a fault after "not" or "não".
const DENIED: [&str; 18] = [
    "found",
    "valid",
    "known",
    "accepted",
    "recognized",
    "authorized",
    "authorised",
    "exist",
    "present",
    "encontrado",
    "válido",
    "valido",
    "reconhecido",
    "autorizado",
    "aceito",
    "informado",
    "existe",
    "confere",
];
const NEGATIONS: [&str; 4] = ["not", "não", "nao", "doesn't"];
/// Words between the token and its fault.
const FILLERS: [&str; 23] = [
    "the", "a", "an", "is", "was", "has", "been", "does", "your", "api", "access", "o", "um", "é",
    "está", "esta", "foi", "seu", "de", "do", "acesso", "or", "redacted",
];
/// Words before a token that is not the one of the option.
const OTHER_TOKENS: [&str; 10] = [
    "unexpected",
    "verification",
    "csrf",
    "xsrf",
    "device",
    "push",
    "customer",
    "customer's",
    "card",
    "payment",
];

/// Returns whether a status means that the token is not accepted.
pub fn is_token_status(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// Returns whether the service's reason for a rejection names the token, with what is wrong with it. Personal data must be removed
/// from it before, because a service may repeat a customer's message.
pub fn names_token(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.split(['.', ';', ',', '!', '?', '\n']).any(|clause| {
        let words: Vec<&str> = clause
            .split(|character: char| !character.is_alphanumeric() && character != '\'')
            .map(|word| word.trim_matches('\''))
            .filter(|word| !word.is_empty())
            .collect();
        (0..words.len()).any(|at| words[at] == "token" && has_fault(&words, at))
    })
}

/// Returns whether the nearest word before or after the token is a fault.
fn has_fault(words: &[&str], at: usize) -> bool {
    let is_content = |word: &&&str| !FILLERS.contains(*word);
    let before: Vec<&str> = words[..at]
        .iter()
        .rev()
        .filter(is_content)
        .copied()
        .collect();
    let after: Vec<&str> = words[at + 1..].iter().filter(is_content).copied().collect();
    if before
        .first()
        .is_some_and(|word| OTHER_TOKENS.contains(word))
    {
        return false;
    }
    let is_denied = |negation: Option<&&str>, word: Option<&&str>| {
        negation.is_some_and(|word| NEGATIONS.contains(word))
            && word.is_some_and(|word| DENIED.contains(word))
    };
    let is_fault = |word: Option<&&str>| word.is_some_and(|word| FAULTS.contains(word));
    is_fault(before.first())
        || is_fault(after.first())
        || is_denied(before.get(1), before.first())
        || is_denied(after.first(), after.get(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_name_the_token_are_found() {
        for reason in [
            "the token is unknown; expected one that the portal generated",
            "Invalid token",
            "Invalid or expired token",
            "Token inválido.",
            "O token de acesso expirou",
            "TOKEN NÃO ENCONTRADO",
            "o token não foi informado",
            "Missing API token",
            "token not found",
            "Your token has been revoked",
            "unauthorized token",
            r#"{"token":["is invalid"]}"#,
            "access_token expired",
            "invalid_token",
            "errors: token: missing",
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
            "Unexpected token: invalid JSON",
            "the tokenizer failed",
            "tokens per minute",
            "external_token_id is missing",
            "Unauthorized",
            "CPF não autorizado",
            "Departamento não autorizado neste canal",
            "unauthorized department",
            "verification token of the customer",
            "the customer's token is invalid",
            "token de verificação inválido",
            "department invalid; token ok",
            "the token's department is unknown",
        ] {
            assert!(!names_token(reason), "{reason}");
        }
    }
}
