//! Texts between C and Rust: decodes arguments, and stores texts that C reads.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use crate::allocation_check;
use crate::capi::abi::static_table::StaticTable;
use crate::error::{Error, Result};
use crate::status::Status;
use crate::text_encoding::TextEncoding;

/// Decodes a NUL-terminated text of the application; `None` for NULL.
pub fn optional<'a>(
    name: &str,
    text: *const c_char,
    encoding: TextEncoding,
) -> Result<Option<Cow<'a, str>>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: by the header's rules, it points to a NUL-terminated string that is valid during this call. The borrow
    // ends with the call.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    decode(name, bytes, encoding).map(Some)
}

/// Decodes a NUL-terminated text of the application; fails for NULL.
pub fn required<'a>(
    name: &str,
    text: *const c_char,
    encoding: TextEncoding,
) -> Result<Cow<'a, str>> {
    optional(name, text, encoding)?.ok_or_else(|| null(name))
}

/// Decodes `length` bytes of text, or up to the NUL if `length` is -1.
pub fn with_length<'a>(
    name: &str,
    text: *const c_char,
    length: i64,
    encoding: TextEncoding,
) -> Result<Cow<'a, str>> {
    if length == -1 {
        return required(name, text, encoding);
    }
    decode(name, bytes(name, text, length)?, encoding)
}

/// Returns `length` bytes, or those up to the NUL if `length` is -1.
pub fn bytes<'a>(name: &str, bytes: *const c_char, length: i64) -> Result<&'a [u8]> {
    if bytes.is_null() {
        // An empty array often has no address.
        return if length == 0 {
            Ok(&[])
        } else {
            Err(null(name))
        };
    }
    if length == -1 {
        // SAFETY: as in `optional`.
        return Ok(unsafe { CStr::from_ptr(bytes) }.to_bytes());
    }
    let length = usize::try_from(length)
        .ok()
        .filter(|length| isize::try_from(*length).is_ok())
        .ok_or_else(|| {
            Error::new(
                Status::Argument,
                format!("the length of {name} is {length}; pass the number of bytes, or -1 for a NUL-terminated string"),
            )
        })?;
    // SAFETY: by the header's rules, that many bytes are readable during this call.
    Ok(unsafe { std::slice::from_raw_parts(bytes.cast(), length) })
}

fn decode<'a>(name: &str, bytes: &'a [u8], encoding: TextEncoding) -> Result<Cow<'a, str>> {
    // The decoded text is as large, or larger.
    allocation_check::check(bytes.len(), Status::System)?;
    encoding.decode(bytes).ok_or_else(|| {
        let invalid = str::from_utf8(bytes).err().filter(|_| encoding == TextEncoding::UTF_8);
        let position = invalid.map_or(String::new(), |error| format!(" at byte {}", error.valid_up_to()));
        Error::new(
            Status::Encoding,
            format!(
                "{name} is not valid {}{position}; convert it, or set the option encoding to the application's encoding",
                encoding.name()
            ),
        )
    })
}

fn null(name: &str) -> Error {
    Error::new(Status::Argument, format!("{name} is NULL; it is required"))
}

/// Returns the variable for a result; fails for NULL.
pub fn required_out<'a, T>(name: &str, out: *mut T) -> Result<&'a mut T> {
    // SAFETY: by the header's rules, it is NULL or points to writable memory of its type, valid during this call.
    unsafe { out.as_mut() }.ok_or_else(|| null(name))
}

/// Writes a result, unless the pointer is NULL.
pub fn write_optional<T>(out: *mut T, result: T) {
    // SAFETY: as in `required_out`.
    if let Some(out) = unsafe { out.as_mut() } {
        *out = result;
    }
}

/// A byte string for C. A NUL follows it, which its length does not count.
#[derive(Debug)]
pub struct OutText(Box<[u8]>);

impl OutText {
    /// Copies a text whose size the library knows.
    pub fn new(text: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text);
        bytes.push(0);
        OutText(bytes.into_boxed_slice())
    }

    /// Copies a text whose size the application or the service chose.
    ///
    /// # Errors
    /// [`Status::System`] if there is no memory for it.
    pub fn copy(text: &[u8]) -> Result<Self> {
        allocation_check::check(text.len(), Status::System)?;
        Ok(OutText::new(text))
    }

    /// Copies a text in the application's encoding.
    ///
    /// # Errors
    /// [`Status::System`] if there is no memory for it.
    pub fn encode(text: &str, encoding: TextEncoding) -> Result<Self> {
        Ok(OutText::encode_lossy(text, encoding)?.0)
    }

    /// Copies a text in the application's encoding, and returns whether a character was unmappable.
    ///
    /// # Errors
    /// [`Status::System`] if there is no memory for it.
    pub fn encode_lossy(text: &str, encoding: TextEncoding) -> Result<(Self, bool)> {
        allocation_check::check(text.len(), Status::System)?;
        let (bytes, is_unmappable) = encoding.encode(text);
        Ok((OutText::new(&bytes), is_unmappable))
    }

    /// Returns a static empty text.
    pub fn empty() -> &'static OutText {
        static EMPTY: StaticTable<OutText> = StaticTable::new(|| OutText::new(b""));
        &EMPTY
    }

    /// Returns the text without the NUL.
    pub fn bytes(&self) -> &[u8] {
        &self.0[..self.0.len() - 1]
    }

    /// Returns the pointer, which is valid as long as `self`, and writes the length, unless its pointer is NULL.
    pub fn to_c(&self, length: *mut i64) -> *const c_char {
        // A slice is never longer than isize::MAX.
        write_optional(length, (self.0.len() - 1) as i64);
        self.0.as_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTF_8: TextEncoding = TextEncoding::UTF_8;

    #[test]
    fn texts_end_at_the_nul_or_at_the_length() {
        let text = c"ol\xC3\xA1";
        assert_eq!(
            with_length("text", text.as_ptr(), -1, UTF_8).unwrap(),
            "olá"
        );
        assert_eq!(with_length("text", text.as_ptr(), 2, UTF_8).unwrap(), "ol");
        let with_nul = "a\0b";
        assert_eq!(
            with_length("text", with_nul.as_ptr().cast(), 3, UTF_8).unwrap(),
            "a\0b"
        );
        assert_eq!(with_length("text", std::ptr::null(), 0, UTF_8).unwrap(), "");
        assert_eq!(optional("text", std::ptr::null(), UTF_8).unwrap(), None);
    }

    #[test]
    fn errors_name_the_argument_and_the_position() {
        let fails = |result: Result<Cow<'_, str>>| {
            let error = result.unwrap_err();
            (error.status(), error.message().to_owned())
        };
        let (status, message) = fails(required("name", c"ol\xE1".as_ptr(), UTF_8));
        assert_eq!(status, Status::Encoding);
        assert!(
            message.contains("name") && message.contains("byte 2"),
            "{message}"
        );
        let (status, message) = fails(required("name", std::ptr::null(), UTF_8));
        assert_eq!(status, Status::Argument);
        assert!(message.contains("name"), "{message}");
        assert_eq!(
            fails(with_length("x", c"a".as_ptr(), -2, UTF_8)).0,
            Status::Argument
        );
        assert_eq!(
            fails(with_length("x", std::ptr::null(), 3, UTF_8)).0,
            Status::Argument
        );
    }
}
