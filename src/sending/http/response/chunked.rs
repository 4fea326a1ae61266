//! Bodies in chunks, RFC 9112 7.1.

use crate::sending::http::response::ResponseError;

/// The most bytes that a chunk's extensions may have, and that all trailers may have.
const MOST_EXTRA: usize = crate::sending::http::response::response_head::MOST_BYTES;

/// Where in a body in chunks the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunked {
    at: At,
    /// Of the chunk that is read, as far as it is known.
    size: u64,
    /// How many bytes of extensions or trailers were skipped.
    skipped: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// The first digit of a size.
    #[default]
    FirstDigit,
    Digit,
    /// Behind the digits, where blanks may stand.
    AfterSize,
    Extension,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    /// The first byte of a line behind the last chunk.
    TrailerBegin,
    Trailer,
    LastLineFeed,
    End,
}

impl Chunked {
    /// Takes bytes of the body as they came and gives those of its chunks to `data`. Returns how many it took, which is all
    /// of them unless the body has ended.
    ///
    /// # Errors
    /// They are no chunks, or `data` failed.
    pub fn take<E: From<ResponseError>>(
        &mut self,
        input: &[u8],
        mut data: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut taken = 0;
        while taken < input.len() && self.at != At::End {
            if self.at == At::Data {
                let rest = &input[taken..];
                let length =
                    usize::try_from(self.size).map_or(rest.len(), |size| size.min(rest.len()));
                data(&rest[..length])?;
                taken += length;
                self.size -= length as u64;
                if self.size == 0 {
                    self.at = At::DataReturn;
                }
            } else {
                self.step(input[taken])?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    fn step(&mut self, byte: u8) -> Result<(), ResponseError> {
        let digit = char::from(byte).to_digit(16);
        self.at = match (self.at, byte) {
            (At::FirstDigit | At::Digit, _) if digit.is_some() => {
                let size = self.size.checked_mul(16).ok_or(ResponseError::NotHttp)?;
                self.size = size + u64::from(digit.unwrap_or_default());
                At::Digit
            }
            (At::Digit | At::AfterSize, b' ' | b'\t') => self.skip(At::AfterSize)?,
            (At::Digit | At::AfterSize, b';') => self.skip(At::Extension)?,
            (At::Digit | At::AfterSize | At::Extension, b'\r') => At::SizeLineFeed,
            (At::Extension, byte) if byte != b'\n' => self.skip(At::Extension)?,
            (At::SizeLineFeed, b'\n') => {
                self.skipped = 0;
                match self.size {
                    0 => At::TrailerBegin,
                    _ => At::Data,
                }
            }
            (At::DataReturn, b'\r') => At::DataLineFeed,
            (At::DataLineFeed, b'\n') => At::FirstDigit,
            (At::TrailerBegin, b'\r') => At::LastLineFeed,
            (At::TrailerBegin | At::Trailer, b'\n') => self.skip(At::TrailerBegin)?,
            (At::TrailerBegin | At::Trailer, _) => self.skip(At::Trailer)?,
            (At::LastLineFeed, b'\n') => At::End,
            _ => return Err(ResponseError::NotHttp),
        };
        Ok(())
    }

    fn skip(&mut self, to: At) -> Result<At, ResponseError> {
        self.skipped += 1;
        if self.skipped > MOST_EXTRA {
            return Err(ResponseError::NotHttp);
        }
        Ok(to)
    }

    /// Whether the body has ended.
    pub fn is_ended(&self) -> bool {
        self.at == At::End
    }

    /// Whether all chunks are there, also if the empty line that ends the body is not: some servers close instead.
    pub fn has_all_chunks(&self) -> bool {
        matches!(self.at, At::TrailerBegin | At::LastLineFeed | At::End)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of these bytes, whether it has ended, and how many were taken.
    fn read(input: &[u8], part: usize) -> Result<(String, bool, usize), ResponseError> {
        let (mut chunked, mut body, mut taken) = (Chunked::default(), Vec::new(), 0);
        for part in input.chunks(part) {
            taken += chunked.take(part, |data| {
                body.extend_from_slice(data);
                Ok::<_, ResponseError>(())
            })?;
        }
        Ok((String::from_utf8(body).unwrap(), chunked.is_ended(), taken))
    }

    #[test]
    fn reads_chunks_however_they_come() {
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
    fn takes_nothing_behind_the_end() {
        let input = "1\r\na\r\n0\r\n\r\nHTTP";
        assert_eq!(
            read(input.as_bytes(), 99),
            Ok(("a".into(), true, input.len() - 4))
        );
    }

    #[test]
    fn what_is_cut_off_has_not_ended() {
        let input = "A\r\n0123456789\r\n0\r\n\r\n";
        for end in 0..input.len() {
            let (_, is_ended, _) = read(&input.as_bytes()[..end], 99).unwrap();
            assert!(!is_ended, "{end}");
        }
    }

    #[test]
    fn refuses_what_is_no_chunk() {
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
        let endless = format!("1;{}", "x".repeat(MOST_EXTRA));
        assert_eq!(read(endless.as_bytes(), 999), Err(ResponseError::NotHttp));
        let trailers = format!("0\r\n{}", "a: b\r\n".repeat(MOST_EXTRA / 6 + 1));
        assert_eq!(read(trailers.as_bytes(), 999), Err(ResponseError::NotHttp));
    }
}
