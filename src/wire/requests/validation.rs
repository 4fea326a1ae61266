//! Validates a customer's data, if the option `validate` is `strict`.
//!
//! It is off by default, because even the service's own page has an example with an invalid CPF.

use std::fmt;

use crate::wire::{Customer, Redacted};

/// An invalid field. It does not contain the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field's name.
    pub field: &'static str,
    /// The expected format.
    pub expected: &'static str,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the customer's {} is not valid; expected {}",
            self.field, self.expected
        )
    }
}

/// Checks the fields that are set.
///
/// # Errors
/// The first invalid field.
pub fn validate(customer: &Customer) -> Result<(), Invalid> {
    let check = |value: &Option<Redacted>, is_valid: fn(&str) -> bool, field, expected| match value
    {
        Some(value) if !is_valid(value.expose()) => Err(Invalid { field, expected }),
        _ => Ok(()),
    };
    check(
        &customer.email,
        is_email,
        "e-mail address",
        "the form name@domain, such as joao@example.com",
    )?;
    check(
        &customer.phone,
        is_phone,
        "phone",
        "a Brazilian number with its area code, such as 11988776655 or +55 (11) 98877-6655",
    )?;
    check(
        &customer.cpf,
        is_cpf,
        "CPF",
        "11 digits with two valid check digits at the end, with or without punctuation",
    )
}

/// Checks a CPF: eleven digits or `123.456.789-09`. The last two are check digits.
fn is_cpf(cpf: &str) -> bool {
    let punctuated = cpf.len() == 14
        && cpf
            .bytes()
            .zip("000.000.000-00".bytes())
            .all(|(byte, expected)| expected == b'0' || byte == expected);
    let digits: Vec<u32> = match digits_of(cpf, if punctuated { ".-" } else { "" }) {
        Some(digits) if digits.len() == 11 => digits,
        _ => return false,
    };
    // Eleven equal digits have valid check digits, but such numbers are not issued.
    if digits.iter().all(|digit| *digit == digits[0]) {
        return false;
    }
    (9..=10).all(|index| {
        let weights = (2..).take(index).collect::<Vec<u32>>();
        let sum: u32 = digits[..index]
            .iter()
            .zip(weights.iter().rev())
            .map(|(digit, weight)| digit * weight)
            .sum();
        sum * 10 % 11 % 10 == digits[index]
    })
}

/// Checks for a name, an at sign and a domain with a dot. Rejects only addresses that no mail system could deliver to.
fn is_email(email: &str) -> bool {
    let Some((name, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !name.is_empty()
        && name.len() <= 64
        && email.len() <= 254
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name
            .contains(|c: char| c.is_whitespace() || c.is_control() || "@,;:<>()[]\\\"".contains(c))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// Checks for an area code and 8 or 9 digits, optionally after 55 or 0, with common punctuation.
fn is_phone(phone: &str) -> bool {
    let international = phone.trim_start().starts_with('+');
    let Some(digits) = digits_of(phone, " +()-.") else {
        return false;
    };
    if phone.matches('+').count() != usize::from(international) {
        return false;
    }
    let digits = &digits[..];
    let national = match digits {
        [5, 5, rest @ ..] if international || digits.len() >= 12 => rest,
        _ if international => return false,
        [0, rest @ ..] => rest,
        _ => digits,
    };
    // Area codes contain no zero. A mobile number has nine digits and begins with 9.
    match national {
        [1..=9, 1..=9, 9, rest @ ..] if rest.len() == 8 => true,
        [1..=9, 1..=9, 2..=9, rest @ ..] => rest.len() == 7,
        _ => false,
    }
}

/// Returns the digits of a text, or `None` if it contains other characters than ASCII digits and `others`.
fn digits_of(text: &str, others: &str) -> Option<Vec<u32>> {
    text.chars()
        .filter(|c| !others.contains(*c))
        .map(|c| c.to_digit(10))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_values(is_valid: fn(&str) -> bool, valid: &[&str], invalid: &[&str]) {
        for value in valid {
            assert!(is_valid(value), "{value:?}");
        }
        for value in invalid {
            assert!(!is_valid(value), "{value:?}");
        }
    }

    #[test]
    fn a_cpf_has_two_check_digits() {
        check_values(
            is_cpf,
            &[
                "123.456.789-09",
                "12345678909",
                "52998224725",
                "000.000.001-91",
            ],
            &[
                // The example of the service's page.
                "123.456.789-00",
                "123.456.789-08",
                "111.111.111-11",
                "1234567890",
                "123456789090",
                "123-456-789.09",
                "123 456 789 09",
                "１２３４５６７８９０９",
                "123.456.789-0x",
                "",
            ],
        );
    }

    #[test]
    fn an_email_address_has_a_name_and_a_domain() {
        check_values(
            is_email,
            &[
                "joao@example.com",
                "a.b+c@sub.example.com.br",
                "josé@exemplo.com.br",
                "o'neil@a-b.io",
            ],
            &[
                "",
                "joao",
                "@example.com",
                "joao@",
                "joao@example",
                "joao@.com",
                "joao@exa mple.com",
                "a@b@c.com",
                "joao@-a.com",
                "jo ao@example.com",
                ".a@b.co",
                "a..b@c.co",
                "a@b..co",
                "Joao <joao@example.com>",
            ],
        );
    }

    #[test]
    fn a_phone_has_an_area_code() {
        check_values(
            is_phone,
            &[
                "11988776655",
                "1132654321",
                "(11) 98877-6655",
                "+55 11 98877-6655",
                "+55 (11) 3265.4321",
                "5511988776655",
                "551132654321",
                "011 98877-6655",
                // Area code 55 itself.
                "55988776655",
            ],
            &[
                "",
                "988776655",
                "10988776655",
                "119887766554",
                "+1 212 555 0100",
                "11 0265-4321",
                "1198877665a",
                "11+988776655",
                "++5511988776655",
                "００",
            ],
        );
    }

    #[test]
    fn the_error_contains_the_field_and_not_its_value() {
        let mut customer = Customer {
            name: Some("X".into()),
            email: Some("joao@example.com".into()),
            phone: Some("11988776655".into()),
            cpf: Some("123.456.789-09".into()),
        };
        assert_eq!(validate(&customer), Ok(()));
        assert_eq!(validate(&Customer::default()), Ok(()));
        customer.cpf = Some("123.456.789-00".into());
        let message = validate(&customer).unwrap_err().to_string();
        assert!(
            message.contains("CPF") && !message.contains("123"),
            "{message}"
        );
        customer.phone = Some("55".into());
        assert_eq!(validate(&customer).unwrap_err().field, "phone");
        customer.email = Some("x".into());
        assert_eq!(validate(&customer).unwrap_err().field, "e-mail address");
    }
}
