//! A text that stands where it is kept, if it is short: who compares it need not go to another place of the memory first.

use std::fmt;

/// How long a short text is at the most, in bytes. Ids are numbers mostly.
const SHORT: usize = 30;

/// A text, as bytes. It may be a customer's id, so `Debug` does not show it.
#[derive(Clone)]
pub enum InlineString {
    Here(u8, [u8; SHORT]),
    Elsewhere(Box<[u8]>),
}

impl InlineString {
    /// The text.
    pub fn bytes(&self) -> &[u8] {
        match self {
            InlineString::Here(length, bytes) => &bytes[..usize::from(*length)],
            InlineString::Elsewhere(bytes) => bytes,
        }
    }
}

impl From<&str> for InlineString {
    fn from(text: &str) -> Self {
        let mut here = [0; SHORT];
        match (here.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                InlineString::Here(length, here)
            }
            _ => InlineString::Elsewhere(text.as_bytes().into()),
        }
    }
}

impl fmt::Debug for InlineString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NearText").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_length_is_what_it_was() {
        for length in 0..300 {
            let text = "é".repeat(length);
            assert_eq!(InlineString::from(text.as_str()).bytes(), text.as_bytes());
        }
    }

    #[test]
    fn nobody_sees_it() {
        for text in ["5511", &"5511".repeat(20)] {
            assert!(!format!("{:?}", InlineString::from(text)).contains("55"));
        }
    }
}
