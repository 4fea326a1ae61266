//! The code pages of Windows: encodings of programs without Unicode.

use std::ptr;

use windows_sys::Win32::Globalization::{
    GetACP, GetOEMCP, MB_ERR_INVALID_CHARS, MultiByteToWideChar, WC_NO_BEST_FIT_CHARS,
    WideCharToMultiByte,
};

/// A code page that Windows converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePage(u32);

impl CodePage {
    /// Returns the ANSI code page of the process, for example 1252.
    pub fn ansi() -> Option<Self> {
        // SAFETY: it has no preconditions.
        Some(CodePage(unsafe { GetACP() }))
    }

    /// Returns the OEM code page of the process, for example 850.
    pub fn oem() -> Option<Self> {
        // SAFETY: it has no preconditions.
        Some(CodePage(unsafe { GetOEMCP() }))
    }

    /// Returns the code page in which the console shows bytes, for example 850.
    #[cfg(feature = "cli")]
    pub fn of_console() -> Self {
        // SAFETY: it has no preconditions.
        CodePage(unsafe { windows_sys::Win32::System::Console::GetConsoleOutputCP() })
    }

    /// Returns the number.
    pub fn number(self) -> u32 {
        self.0
    }

    /// Decodes text; `None` if bytes are invalid in the code page, or Windows can't convert it.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        if bytes.is_empty() {
            return Some(String::new());
        }
        let length = i32::try_from(bytes.len()).ok()?;
        // No character has more units than bytes.
        let mut units = vec![0; bytes.len()];
        // SAFETY: both buffers have the given lengths.
        let written = unsafe {
            MultiByteToWideChar(
                self.0,
                MB_ERR_INVALID_CHARS,
                bytes.as_ptr(),
                length,
                units.as_mut_ptr(),
                length,
            )
        };
        if written <= 0 {
            return None;
        }
        String::from_utf16(&units[..written as usize]).ok()
    }

    /// Encodes text; `None` if the code page does not have a character.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        if text.is_empty() {
            return Some(Vec::new());
        }
        let units: Vec<u16> = text.encode_utf16().collect();
        let length = i32::try_from(units.len()).ok()?;
        // A unit has at most two bytes in the code pages of Windows that are not in the WHATWG standard.
        let mut bytes = vec![0; units.len() * 2];
        let mut is_replaced = 0;
        // SAFETY: both buffers have the given lengths, and the flag is a variable.
        let written = unsafe {
            WideCharToMultiByte(
                self.0,
                WC_NO_BEST_FIT_CHARS,
                units.as_ptr(),
                length,
                bytes.as_mut_ptr(),
                i32::try_from(bytes.len()).ok()?,
                ptr::null(),
                &raw mut is_replaced,
            )
        };
        if written <= 0 || is_replaced != 0 {
            return None;
        }
        bytes.truncate(written as usize);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_encoding_of_western_europe_is_converted() {
        let page = CodePage(850);
        assert_eq!(page.decode(b"Ol\xA0, Jo\xC6o").unwrap(), "Olá, João");
        assert_eq!(page.encode("Olá, João").unwrap(), b"Ol\xA0, Jo\xC6o");
        assert_eq!(page.encode(""), Some(Vec::new()));
        assert_eq!(page.decode(b"").unwrap(), "");
    }

    #[test]
    fn missing_characters_have_no_similar_replacement() {
        // Best-fit conversion would write "A" for the first, and an infinity sign as "8".
        for missing in ["\u{100}", "\u{221E}", "\u{20AC}", "日", "😀"] {
            assert_eq!(CodePage(850).encode(missing), None, "{missing}");
        }
    }

    #[test]
    fn invalid_bytes_are_rejected() {
        assert_eq!(CodePage(932).decode(b"a\x81"), None);
    }

    #[test]
    fn an_unknown_code_page_converts_nothing() {
        assert_eq!(CodePage(64999).decode(b"a"), None);
        assert_eq!(CodePage(64999).encode("a"), None);
    }

    #[test]
    fn the_process_has_code_pages() {
        assert!(CodePage::ansi().unwrap().number() > 0);
        assert!(CodePage::oem().unwrap().number() > 0);
    }
}
