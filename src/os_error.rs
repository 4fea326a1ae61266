//! The text of an error of the operating system, for messages.
//!
//! Windows would write it in the user's language. Messages are English and stable, so there a text contains the number and
//! English words.

use std::io;

/// Returns the text of an error.
#[cfg(not(windows))]
pub(crate) fn describe(error: &io::Error) -> String {
    error.to_string()
}

/// Returns the text of an error.
#[cfg(windows)]
pub(crate) fn describe(error: &io::Error) -> String {
    describe_windows(error)
}

/// Returns the text of an error of Windows. An error of the library has its own text.
#[cfg(any(windows, test))]
fn describe_windows(error: &io::Error) -> String {
    let Some(number) = error.raw_os_error() else {
        return error.to_string();
    };
    match words(number) {
        Some(words) => format!("{words} (Windows error {number})"),
        None => format!("Windows error {number}"),
    }
}

/// Returns the meaning of the numbers that files and sockets report, by winerror.h.
#[cfg(any(windows, test))]
fn words(number: i32) -> Option<&'static str> {
    Some(match number {
        2 => "the file does not exist",
        3 => "the folder does not exist",
        4 => "too many open files",
        5 => "access denied",
        8 | 14 => "not enough memory",
        15 => "the drive does not exist",
        19 => "the medium is write-protected",
        32 => "another program uses the file",
        33 => "another program has locked a part of the file",
        39 | 112 => "the disk is full",
        53 => "the network path does not exist",
        64 => "the network name is no longer available",
        80 | 183 => "the file exists already",
        87 => "invalid argument",
        109 | 232 => "the pipe was closed",
        123 => "the file name is invalid",
        145 => "the folder is not empty",
        161 => "the path is invalid",
        206 => "the path is too long",
        267 => "this is not a folder",
        1450 => "not enough system resources",
        1455 => "the paging file is too small",
        10004 => "the call was interrupted",
        10013 => "access denied",
        10024 => "too many open sockets",
        10038 => "not a socket",
        10047 => "the address family is not supported",
        10048 => "the address is in use",
        10049 => "the address does not belong to this machine",
        10050 => "the network is down",
        10051 => "the network is unreachable",
        10053 => "this machine aborted the connection",
        10054 => "the peer reset the connection",
        10055 => "not enough socket buffers, or all ports are in use",
        10057 => "not connected",
        10058 => "the socket was shut down",
        10060 => "the peer did not respond in time",
        10061 => "the peer refused the connection",
        10064 => "the host is down",
        10065 => "the host is unreachable",
        10091 | 10093 => "the network system is not ready",
        11001 => "the host is not known",
        11002 => "the name service did not respond",
        11003 => "the name service failed",
        11004 => "the host has no address",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_windows_has_english_words_and_its_number() {
        for (number, text) in [
            (
                10061,
                "the peer refused the connection (Windows error 10061)",
            ),
            (32, "another program uses the file (Windows error 32)"),
            (12345, "Windows error 12345"),
        ] {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(describe_windows(&error), text);
        }
    }

    #[test]
    fn an_error_of_the_library_has_its_own_text() {
        let error = io::Error::other("its text");
        assert_eq!(describe_windows(&error), "its text");
        assert_eq!(describe(&error), "its text");
    }

    #[test]
    #[cfg(unix)]
    fn other_systems_have_their_own_texts() {
        let error = io::Error::from_raw_os_error(libc::ECONNREFUSED);
        assert_eq!(describe(&error), error.to_string());
    }
}
