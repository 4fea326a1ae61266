//! Whether a customer's fields have the form that they should.
//!
//! The service's own page shows a CPF whose check digits are wrong, so nobody is held to this who does not ask for it.

use std::fmt;

use crate::wire::{Customer, Redacted};

/// A field that is not of the form that it should have. Tells nothing of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field's name.
    pub field: &'static str,
    /// What is expected.
    pub expected: &'static str,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the customer's {} can't be right; expected {}",
            self.field, self.expected
        )
    }
}

/// Checks the fields that were given.
///
/// # Errors
/// The first field that is not of the right form.
pub fn validate(customer: &Customer) -> Result<(), Invalid> {
    let check = |value: &Option<Redacted>, is_right: fn(&str) -> bool, field, expected| match value
    {
        Some(value) if !is_right(value.expose()) => Err(Invalid { field, expected }),
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
        "11 digits of which the last two are the right check digits, with or without punctuation",
    )
}

/// Eleven digits, alone or as `123.456.789-09`, of which the last two check the others.
fn is_cpf(cpf: &str) -> bool {
    let punctuated = cpf.len() == 14
        && cpf
            .bytes()
            .zip("000.000.000-00".bytes())
            .all(|(byte, place)| place == b'0' || byte == place);
    let digits: Vec<u32> = match digits_of(cpf, if punctuated { ".-" } else { "" }) {
        Some(digits) if digits.len() == 11 => digits,
        _ => return false,
    };
    // Equal digits pass the sum, but no such number is given out.
    if digits.iter().all(|digit| *digit == digits[0]) {
        return false;
    }
    (9..=10).all(|place| {
        let weights = (2..).take(place).collect::<Vec<u32>>();
        let sum: u32 = digits[..place]
            .iter()
            .zip(weights.iter().rev())
            .map(|(digit, weight)| digit * weight)
            .sum();
        sum * 10 % 11 % 10 == digits[place]
    })
}

/// A name, an at sign and a domain with a dot: what no mail system could deliver to is refused, and nothing else.
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

/// Area code and 8 or 9 digits, perhaps after 55 or a 0, with the punctuation that people use.
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
    // Area codes have no zero; a mobile number has nine digits, the first of them a 9.
    match national {
        [1..=9, 1..=9, 9, rest @ ..] if rest.len() == 8 => true,
        [1..=9, 1..=9, 2..=9, rest @ ..] => rest.len() == 7,
        _ => false,
    }
}

/// The digits of a text that holds nothing but ASCII digits and these other characters.
fn digits_of(text: &str, others: &str) -> Option<Vec<u32>> {
    text.chars()
        .filter(|c| !others.contains(*c))
        .map(|c| c.to_digit(10))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(is_right: fn(&str) -> bool, right: &[&str], wrong: &[&str]) {
        for value in right {
            assert!(is_right(value), "{value:?}");
        }
        for value in wrong {
            assert!(!is_right(value), "{value:?}");
        }
    }

    #[test]
    fn a_cpf_has_two_check_digits() {
        holds(
            is_cpf,
            &[
                "123.456.789-09",
                "12345678909",
                "52998224725",
                "000.000.001-91",
            ],
            &[
                // The page's own.
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
        holds(
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
        holds(
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
    fn the_field_is_named_and_its_value_is_not() {
        let mut customer = Customer {
            name: Some("X".into()),
            email: Some("joao@example.com".into()),
            phone: Some("11988776655".into()),
            cpf: Some("123.456.789-09".into()),
        };
        assert_eq!(validate(&customer), Ok(()));
        assert_eq!(validate(&Customer::default()), Ok(()));
        customer.cpf = Some("123.456.789-00".into());
        let told = validate(&customer).unwrap_err().to_string();
        assert!(told.contains("CPF") && !told.contains("123"), "{told}");
        customer.phone = Some("55".into());
        assert_eq!(validate(&customer).unwrap_err().field, "phone");
        customer.email = Some("x".into());
        assert_eq!(validate(&customer).unwrap_err().field, "e-mail address");
    }
}
