//! Decodes chunked bodies (RFC 9112 7.1).

use crate::sending::http::response::response_error::ResponseError;

/// The limit for the extensions of one chunk, and for all trailers, in bytes.
const MAX_SKIPPED_BYTES: usize = ResponseError::MAX_HEAD_BYTES;

/// An incremental decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkedDecoder {
    position: Position,
    /// The remaining size of the current chunk.
    size: u64,
    /// The number of skipped bytes of extensions or trailers.
    skipped: usize,
}

/// The meaning of the next byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    /// The first digit of a size.
    #[default]
    FirstDigit,
    Digit,
    /// After the digits, where blanks are allowed.
    AfterSize,
    Extension,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    /// The first byte of a line after the last chunk.
    TrailerBegin,
    Trailer,
    LastLineFeed,
    End,
}

impl ChunkedDecoder {
    /// Decodes received bytes and passes the data of the chunks to `data`. Returns how many bytes belong to the body: all,
    /// unless the body has ended.
    ///
    /// # Errors
    /// The bytes are not chunks, or `data` failed.
    pub fn decode<E: From<ResponseError>>(
        &mut self,
        input: &[u8],
        mut data: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut decoded = 0;
        while decoded < input.len() && self.position != Position::End {
            if self.position == Position::Data {
                let rest = &input[decoded..];
                let length =
                    usize::try_from(self.size).map_or(rest.len(), |size| size.min(rest.len()));
                data(&rest[..length])?;
                decoded += length;
                self.size -= length as u64;
                if self.size == 0 {
                    self.position = Position::DataReturn;
                }
            } else {
                self.step(input[decoded])?;
                decoded += 1;
            }
        }
        Ok(decoded)
    }

    fn step(&mut self, byte: u8) -> Result<(), ResponseError> {
        let digit = char::from(byte).to_digit(16);
        self.position = match (self.position, byte) {
            (Position::FirstDigit | Position::Digit, _) if digit.is_some() => {
                let size = self.size.checked_mul(16).ok_or(ResponseError::NotHttp)?;
                self.size = size + u64::from(digit.unwrap_or_default());
                Position::Digit
            }
            (Position::Digit | Position::AfterSize, b' ' | b'\t') => {
                self.skip(Position::AfterSize)?
            }
            (Position::Digit | Position::AfterSize, b';') => self.skip(Position::Extension)?,
            (Position::Digit | Position::AfterSize | Position::Extension, b'\r') => {
                Position::SizeLineFeed
            }
            (Position::Extension, byte) if byte != b'\n' => self.skip(Position::Extension)?,
            (Position::SizeLineFeed, b'\n') => {
                self.skipped = 0;
                match self.size {
                    0 => Position::TrailerBegin,
                    _ => Position::Data,
                }
            }
            (Position::DataReturn, b'\r') => Position::DataLineFeed,
            (Position::DataLineFeed, b'\n') => Position::FirstDigit,
            (Position::TrailerBegin, b'\r') => Position::LastLineFeed,
            (Position::TrailerBegin | Position::Trailer, b'\n') => {
                self.skip(Position::TrailerBegin)?
            }
            (Position::TrailerBegin | Position::Trailer, _) => self.skip(Position::Trailer)?,
            (Position::LastLineFeed, b'\n') => Position::End,
            _ => return Err(ResponseError::NotHttp),
        };
        Ok(())
    }

    fn skip(&mut self, to: Position) -> Result<Position, ResponseError> {
        self.skipped += 1;
        if self.skipped > MAX_SKIPPED_BYTES {
            return Err(ResponseError::NotHttp);
        }
        Ok(to)
    }

    /// Returns whether the body has ended.
    pub fn is_complete(&self) -> bool {
        self.position == Position::End
    }

    /// Returns whether all chunks were received. The final empty line may be missing: some servers close instead.
    pub fn has_all_chunks(&self) -> bool {
        matches!(
            self.position,
            Position::TrailerBegin | Position::LastLineFeed | Position::End
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the decoded body, whether it has ended, and its number of bytes.
    fn read(input: &[u8], part: usize) -> Result<(String, bool, usize), ResponseError> {
        let (mut chunked, mut body, mut decoded) = (ChunkedDecoder::default(), Vec::new(), 0);
        for part in input.chunks(part) {
            decoded += chunked.decode(part, |data| {
                body.extend_from_slice(data);
                Ok::<_, ResponseError>(())
            })?;
        }
        Ok((
            String::from_utf8(body).unwrap(),
            chunked.is_complete(),
            decoded,
        ))
    }

    #[test]
    fn chunks_are_decoded_in_parts_of_any_size() {
        for input in [
            "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            "02;signature=\"0123456789abcdef0123\"\r\nab\r\n1;x\r\nc\r\n0;y=\"a;b\"\r\n\r\n",
            "2                         \r\nab\r\n1 \t; z = 7\r\nc\r\n000\r\nT: x\r\nU: y\r\n\r\n",
            "000000000000000000000003\r\nabc\r\n0\r\n\r\n",
        ] {
            for part in 1..=input.len() {
                let whole = ("abc".to_owned(), true, input.len());
                assert_eq!(read(input.as_bytes(), part), Ok(whole), "{input:?} {part}");
            }
        }
    }

    #[test]
    fn bytes_after_the_end_are_not_decoded() {
        let input = "1\r\na\r\n0\r\n\r\nHTTP";
        assert_eq!(
            read(input.as_bytes(), 99),
            Ok(("a".into(), true, input.len() - 4))
        );
    }

    #[test]
    fn truncated_body_is_not_complete() {
        let input = "A\r\n0123456789\r\n0\r\n\r\n";
        for end in 0..input.len() {
            let (_, is_complete, _) = read(&input.as_bytes()[..end], 99).unwrap();
            assert!(!is_complete, "{end}");
        }
    }

    #[test]
    fn invalid_chunks_are_rejected() {
        for input in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x1\r\n",
            " 1\r\n",
            "1 1\r\n",
            "1\na",
            "1;\n",
            "1\r\nab",
            "1\r\na\n",
            "1\rx",
            "10000000000000000\r\n",
            "0\r\n\rx",
        ] {
            assert_eq!(
                read(input.as_bytes(), 99),
                Err(ResponseError::NotHttp),
                "{input:?}"
            );
        }
        let endless = format!("1;{}", "x".repeat(MAX_SKIPPED_BYTES));
        assert_eq!(read(endless.as_bytes(), 999), Err(ResponseError::NotHttp));
        let trailers = format!("0\r\n{}", "a: b\r\n".repeat(MAX_SKIPPED_BYTES / 6 + 1));
        assert_eq!(read(trailers.as_bytes(), 999), Err(ResponseError::NotHttp));
    }
}
