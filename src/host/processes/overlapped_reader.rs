//! A pipe that is read without blocking.
//!
//! One overlapped read is always in progress. A write to the other end completes it at once, so a later call of `read` has
//! every byte that was written before it. To look into the pipe (`PeekNamedPipe`) would also do that, but nothing could wait
//! for the next byte at the same time.

use crate::host::processes::{owned, succeeded};
use std::io::{self, Read};
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, ERROR_IO_INCOMPLETE, ERROR_IO_PENDING,
    ERROR_OPERATION_ABORTED, WAIT_OBJECT_0,
};
use windows_sys::Win32::Storage::FileSystem::ReadFile;
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, WaitForSingleObject};

const BUFFER_BYTES: usize = 16 * 1024;

/// The read end of a pipe. A read fails with `WouldBlock` if the pipe is empty, and returns 0 at the end of the pipe.
pub struct OverlappedReader {
    pipe: OwnedHandle,
    event: OwnedHandle,
    /// The memory of the read in progress. The system writes to it, so it has a fixed address.
    buffer: Box<[u8; BUFFER_BYTES]>,
    operation: Box<OVERLAPPED>,
    is_reading: bool,
    /// The bytes of `buffer` that the caller has not got yet.
    unread: std::ops::Range<usize>,
}

// SAFETY: the pointers in `operation` are handles and offsets, which are valid on every thread.
unsafe impl Send for OverlappedReader {}

/// The event that is signalled while the pipe has output or has ended.
pub struct ReadinessEvent(OwnedHandle);

impl OverlappedReader {
    /// Takes a handle that was opened for overlapped operations, as the standard library opens its end of a child's pipe.
    pub fn new(pipe: OwnedHandle) -> io::Result<OverlappedReader> {
        // SAFETY: no security attributes; manual reset; not signalled; no name.
        let event = owned(unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) })?;
        let operation = Box::new(OVERLAPPED {
            hEvent: event.as_raw_handle(),
            ..Default::default()
        });
        let mut reader = OverlappedReader {
            pipe,
            event,
            buffer: Box::new([0; BUFFER_BYTES]),
            operation,
            is_reading: false,
            unread: 0..0,
        };
        reader.start()?;
        Ok(reader)
    }

    pub fn readiness(&self) -> io::Result<ReadinessEvent> {
        Ok(ReadinessEvent(self.event.try_clone()?))
    }

    /// Starts the next read.
    fn start(&mut self) -> io::Result<()> {
        // SAFETY: buffer and operation live until the read has ended: `drop` waits for it, and no other read starts before.
        let result = succeeded(unsafe {
            ReadFile(
                self.pipe.as_raw_handle(),
                self.buffer.as_mut_ptr(),
                BUFFER_BYTES as u32,
                std::ptr::null_mut(),
                &mut *self.operation,
            )
        });
        match result {
            // A read that is complete already has set the event too, and its result is fetched in the same way.
            Ok(()) => self.is_reading = true,
            Err(error) if is(&error, ERROR_IO_PENDING) => self.is_reading = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Returns the number of bytes of the read in progress, if it is complete.
    fn finish(&mut self, wait: bool) -> io::Result<usize> {
        let mut length = 0;
        // SAFETY: the operation is that of the last read of this pipe.
        let result = succeeded(unsafe {
            GetOverlappedResult(
                self.pipe.as_raw_handle(),
                &*self.operation,
                &mut length,
                wait.into(),
            )
        });
        match result {
            Err(error) if is(&error, ERROR_IO_INCOMPLETE) => Err(io::ErrorKind::WouldBlock.into()),
            result => {
                self.is_reading = false;
                result.map(|()| length as usize)
            }
        }
    }
}

impl Read for OverlappedReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() {
            let result = if self.is_reading {
                self.finish(false)
            } else {
                self.start().map(|()| 0)
            };
            match result {
                // A write of no bytes completes a read too; it is not the end.
                Ok(length) => self.unread = 0..length,
                Err(error) if is(&error, ERROR_BROKEN_PIPE) || is(&error, ERROR_HANDLE_EOF) => {
                    return Ok(0);
                }
                // The thread that started the read has ended. The read has taken no byte.
                Err(error) if is(&error, ERROR_OPERATION_ABORTED) => {}
                Err(error) => return Err(error),
            }
        }
        let length = self.unread.len().min(bytes.len());
        bytes[..length].copy_from_slice(&self.buffer[self.unread.start..][..length]);
        self.unread.start += length;
        Ok(length)
    }
}

impl Drop for OverlappedReader {
    fn drop(&mut self) {
        if self.is_reading {
            // SAFETY: the operation is that of a read of this pipe. It fails if the read is complete.
            unsafe { CancelIoEx(self.pipe.as_raw_handle(), &*self.operation) };
            // The system must not write to the buffer after this.
            let _ = self.finish(true);
        }
    }
}

impl ReadinessEvent {
    /// Blocks until the pipe has output or has ended.
    pub fn wait(&self) -> io::Result<()> {
        // SAFETY: the event is open.
        match unsafe { WaitForSingleObject(self.0.as_raw_handle(), INFINITE) } {
            WAIT_OBJECT_0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    /// Reads everything that is in the pipe.
    fn available(reader: &mut OverlappedReader) -> (String, bool) {
        let mut read = Vec::new();
        let mut bytes = [0; 3];
        loop {
            match reader.read(&mut bytes) {
                Ok(0) => return (String::from_utf8(read).unwrap(), true),
                Ok(length) => read.extend_from_slice(&bytes[..length]),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "{error}");
                    return (String::from_utf8(read).unwrap(), false);
                }
            }
        }
    }

    /// Reads until the pipe has ended.
    fn rest(reader: &mut OverlappedReader) -> String {
        let readiness = reader.readiness().unwrap();
        let mut all = String::new();
        loop {
            readiness.wait().unwrap();
            let (text, is_end) = available(reader);
            all += &text;
            if is_end {
                return all;
            }
        }
    }

    #[test]
    fn reads_do_not_block_and_survive_the_thread_that_started_them() {
        // The command prints a line when it has got one.
        let mut child = Command::new("cmd")
            .args(["/d", "/v:on", "/c", "set /p line= & echo got !line!"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = OwnedHandle::from(child.stdout.take().unwrap());
        let mut reader = std::thread::spawn(move || OverlappedReader::new(stdout).unwrap())
            .join()
            .unwrap();
        assert_eq!(available(&mut reader), (String::new(), false));
        child.stdin.take().unwrap().write_all(b"one\r\n").unwrap();
        let printed = rest(&mut reader);
        assert!(printed.contains("got one"), "{printed:?}");
        child.wait().unwrap();
    }

    #[test]
    fn a_reader_is_dropped_while_it_reads() {
        let mut child = Command::new("cmd")
            .args(["/d", "/c", "set /p line="])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = OwnedHandle::from(child.stdout.take().unwrap());
        drop(OverlappedReader::new(stdout).unwrap());
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
