//! Texts across the border.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use once_cell::sync::Lazy;

use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::memory;
use crate::status::Status;

/// The text behind a NUL-terminated pointer, in the application's encoding; `None` for NULL.
pub fn optional<'a>(
    name: &str,
    text: *const c_char,
    encoding: TextEncoding,
) -> Result<Option<Cow<'a, str>>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: by the header's rules it points to a NUL-terminated string that lives through this call, and the borrow ends
    // with the call.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    decode(name, bytes, encoding).map(Some)
}

/// The same; NULL is an error.
pub fn required<'a>(
    name: &str,
    text: *const c_char,
    encoding: TextEncoding,
) -> Result<Cow<'a, str>> {
    optional(name, text, encoding)?.ok_or_else(|| null(name))
}

/// `length` bytes of text, or up to the NUL where it is -1.
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

/// `length` bytes, or up to the NUL where it is -1.
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
    // SAFETY: by the header's rules that many bytes stand there and live through this call.
    Ok(unsafe { std::slice::from_raw_parts(bytes.cast(), length) })
}

fn decode<'a>(name: &str, bytes: &'a [u8], encoding: TextEncoding) -> Result<Cow<'a, str>> {
    // What is made of it is as large, or larger.
    memory::check(bytes.len(), Status::System)?;
    encoding.decode(bytes).ok_or_else(|| {
        let place = str::from_utf8(bytes).err().filter(|_| encoding == TextEncoding::UTF_8);
        let place = place.map_or(String::new(), |error| format!(" at byte {}", error.valid_up_to()));
        Error::new(
            Status::Encoding,
            format!(
                "{name} is no {}{place}; convert it, or set the option encoding to what the application uses",
                encoding.name()
            ),
        )
    })
}

fn null(name: &str) -> Error {
    Error::new(Status::Argument, format!("{name} is NULL; it is required"))
}

/// Where a call writes a result to.
pub fn out<'a, T>(name: &str, place: *mut T) -> Result<&'a mut T> {
    // SAFETY: by the header's rules it is NULL or points to writable memory of its type that lives through this call.
    unsafe { place.as_mut() }.ok_or_else(|| null(name))
}

/// Writes a result where somebody asks for it.
pub fn tell<T>(place: *mut T, result: T) {
    // SAFETY: as in `out`.
    if let Some(place) = unsafe { place.as_mut() } {
        *place = result;
    }
}

/// A byte string as C reads it: with a NUL behind it, which its length does not count.
#[derive(Debug)]
pub struct OutText(Box<[u8]>);

impl OutText {
    pub fn new(text: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text);
        bytes.push(0);
        OutText(bytes.into_boxed_slice())
    }

    /// An empty text, for ever.
    pub fn empty() -> &'static OutText {
        static EMPTY: Lazy<OutText> = Lazy::new(|| OutText::new(b""));
        &EMPTY
    }

    /// The text, without the NUL.
    pub fn bytes(&self) -> &[u8] {
        &self.0[..self.0.len() - 1]
    }

    /// The pointer, which lives as long as `self`; and the length, where somebody asks for it.
    pub fn give(&self, length: *mut i64) -> *const c_char {
        // A slice is never longer than isize::MAX.
        tell(length, (self.0.len() - 1) as i64);
        self.0.as_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTF_8: TextEncoding = TextEncoding::UTF_8;

    #[test]
    fn reads_up_to_the_nul_or_the_length() {
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
    fn says_what_is_wrong() {
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
