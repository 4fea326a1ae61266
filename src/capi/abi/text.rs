//! Texts between C and Rust: decodes arguments, and stores texts that C reads.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use crate::allocation_check;
use crate::capi::abi::static_table::StaticTable;
use crate::error::{Error, Result};
use crate::status::Status;
use crate::text_encoding::TextEncoding;

/// Decodes a NUL-terminated text of the application; `None` for NULL. In UTF-16, the NUL has 16 bits.
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
    let bytes = unsafe {
        if encoding.is_utf_16() {
            units_before_nul(text.cast())
        } else {
            CStr::from_ptr(text).to_bytes()
        }
    };
    decode(name, bytes, encoding).map(Some)
}

/// Returns the bytes of the UTF-16 units before the NUL unit.
///
/// # Safety
/// `text` points to units that end with a NUL unit. It need not be aligned.
unsafe fn units_before_nul<'a>(text: *const u8) -> &'a [u8] {
    let mut length = 0;
    // SAFETY: no unit before the NUL was NUL, so this unit is readable.
    while unsafe { text.add(length).cast::<[u8; 2]>().read() } != [0, 0] {
        length += 2;
    }
    // SAFETY: these bytes were read above.
    unsafe { std::slice::from_raw_parts(text, length) }
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
        Error::new(
            Status::Encoding,
            format!(
                "{name} is not valid {}{}; convert it, or set the option encoding to the application's encoding",
                encoding.name(),
                invalid_position(bytes, encoding)
            ),
        )
    })
}

/// Returns the position of the first invalid byte for an error message, if it is known.
fn invalid_position(bytes: &[u8], encoding: TextEncoding) -> String {
    let position = if encoding.is_utf_16() {
        if !bytes.len().is_multiple_of(2) {
            return format!(": its length is {}, an odd number of bytes", bytes.len());
        }
        let pairs = bytes.chunks_exact(2);
        let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let valid = char::decode_utf16(units).map_while(std::result::Result::ok);
        Some(2 * valid.map(char::len_utf16).sum::<usize>())
    } else {
        let is_utf_8 = encoding.name() == TextEncoding::UTF_8.name();
        let error = str::from_utf8(bytes).err().filter(|_| is_utf_8);
        error.map(|error| error.valid_up_to())
    };
    position.map_or(String::new(), |position| format!(" at byte {position}"))
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

/// A text for C. A NUL follows it, which its length does not count.
#[derive(Debug)]
pub enum OutText {
    /// Bytes, and a NUL byte.
    Bytes(Box<[u8]>),
    /// Units of UTF-16LE, aligned, and a NUL unit.
    Units(Box<[u16]>),
}

impl OutText {
    /// Copies a text whose size the library knows.
    pub fn new(text: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text);
        bytes.push(0);
        OutText::Bytes(bytes.into_boxed_slice())
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
        if encoding.is_utf_16() {
            let units = text.encode_utf16().chain([0]).map(u16::to_le);
            return Ok((OutText::Units(units.collect()), false));
        }
        let (bytes, is_unmappable) = encoding.encode(text);
        Ok((OutText::new(&bytes), is_unmappable))
    }

    /// Returns a static empty text, which is valid in each encoding.
    pub fn empty() -> &'static OutText {
        static EMPTY: StaticTable<OutText> = StaticTable::new(|| OutText::Units(Box::new([0])));
        &EMPTY
    }

    /// Returns the text without the NUL.
    pub fn bytes(&self) -> &[u8] {
        match self {
            OutText::Bytes(bytes) => &bytes[..bytes.len() - 1],
            OutText::Units(units) => {
                // SAFETY: each byte of the units is readable and initialized.
                unsafe { std::slice::from_raw_parts(units.as_ptr().cast(), units.len() * 2 - 2) }
            }
        }
    }

    /// Returns the pointer, which is valid as long as `self`, and writes the length, unless its pointer is NULL.
    pub fn to_c(&self, length: *mut i64) -> *const c_char {
        // A slice is never longer than isize::MAX.
        write_optional(length, self.bytes().len() as i64);
        match self {
            OutText::Bytes(bytes) => bytes.as_ptr().cast(),
            OutText::Units(units) => units.as_ptr().cast(),
        }
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

    #[test]
    fn utf_16_ends_at_the_nul_unit_or_at_the_length() {
        let utf_16 = TextEncoding::by_name("utf-16le").unwrap();
        // The first byte is skipped, so the text is not aligned. U+0100 has a zero byte before another byte.
        let bytes = b"-a\0\0\x01\xE9\0\0\0b\0";
        let text: *const c_char = bytes[1..].as_ptr().cast();
        assert_eq!(required("text", text, utf_16).unwrap(), "aĀé");
        assert_eq!(with_length("text", text, -1, utf_16).unwrap(), "aĀé");
        assert_eq!(with_length("text", text, 4, utf_16).unwrap(), "aĀ");
        assert_eq!(with_length("text", text, 10, utf_16).unwrap(), "aĀé\0b");
        assert_eq!(optional("text", std::ptr::null(), utf_16).unwrap(), None);
        let message = |bytes: &[u8]| {
            let error = decode("text", bytes, utf_16).unwrap_err();
            assert_eq!(error.status(), Status::Encoding);
            error.message().to_owned()
        };
        assert!(message(b"a\0b").contains("3, an odd number"));
        assert!(message(b"a\0\x3D\xD8\0\xDE\0\xDE").contains("at byte 6"));
    }

    #[test]
    fn output_in_utf_16_is_aligned_and_ends_with_a_nul_unit() {
        let utf_16 = TextEncoding::by_name("utf-16le").unwrap();
        for (text, bytes) in [("", &b""[..]), ("é😀", b"\xE9\0\x3D\xD8\0\xDE")] {
            let out = OutText::encode(text, utf_16).unwrap();
            assert_eq!(out.bytes(), bytes);
            let mut length = -1;
            let units: *const u16 = out.to_c(&raw mut length).cast();
            assert_eq!(length, bytes.len() as i64);
            assert!(units.is_aligned());
            // SAFETY: the NUL follows the text.
            assert_eq!(unsafe { units.add(bytes.len() / 2).read() }, 0);
        }
        assert_eq!(OutText::empty().bytes(), b"");
    }
}
