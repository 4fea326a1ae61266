//! Code pages on systems that have none.

/// A code page. This type has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePage {}

impl CodePage {
    /// Returns `None`.
    pub fn ansi() -> Option<Self> {
        None
    }

    /// Returns `None`.
    pub fn oem() -> Option<Self> {
        None
    }

    /// Returns the number.
    pub fn number(self) -> u32 {
        match self {}
    }

    /// Decodes text.
    pub fn decode(self, _bytes: &[u8]) -> Option<String> {
        match self {}
    }

    /// Encodes text.
    pub fn encode(self, _text: &str) -> Option<Vec<u8>> {
        match self {}
    }
}
