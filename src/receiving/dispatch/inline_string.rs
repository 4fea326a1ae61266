//! A string that is stored inside its owner if it is short. Comparing it needs no further memory access.

use std::fmt;

/// Longest string that is stored inline, in bytes. Most ids are numbers.
const INLINE_CAPACITY: usize = 30;

/// A string as bytes. It may be a client id, so `Debug` hides it.
#[derive(Clone)]
pub enum InlineString {
    Inline(u8, [u8; INLINE_CAPACITY]),
    Heap(Box<[u8]>),
}

impl InlineString {
    /// Returns the bytes of the string.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            InlineString::Inline(length, bytes) => &bytes[..usize::from(*length)],
            InlineString::Heap(bytes) => bytes,
        }
    }
}

impl From<&str> for InlineString {
    fn from(text: &str) -> Self {
        let mut inline = [0; INLINE_CAPACITY];
        match (inline.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                InlineString::Inline(length, inline)
            }
            _ => InlineString::Heap(text.as_bytes().into()),
        }
    }
}

impl fmt::Debug for InlineString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InlineString").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_any_length_are_preserved() {
        for length in 0..300 {
            let text = "é".repeat(length);
            assert_eq!(
                InlineString::from(text.as_str()).as_bytes(),
                text.as_bytes()
            );
        }
    }

    #[test]
    fn debug_output_hides_the_string() {
        for text in ["5511", &"5511".repeat(20)] {
            assert!(!format!("{:?}", InlineString::from(text)).contains("55"));
        }
    }
}
