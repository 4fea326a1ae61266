//! A TCP stream of Windows. Its socket does not block. A thread waits for an event of the socket and for the event of an abort.
//!
//! A shutdown of the socket would not do: wine does not end a blocked read then, and neither system ends a connect.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::windows::io::AsRawSocket;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use windows_sys::Win32::Foundation::{HANDLE, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::Networking::WinSock::{
    FD_CLOSE, FD_CONNECT, FD_CONNECT_BIT, FD_READ, FD_WRITE, SOCKET, WSAEVENT,
    WSAEnumNetworkEvents, WSAEventSelect, WSANETWORKEVENTS,
};
use windows_sys::Win32::System::Threading::WaitForMultipleObjects;

use crate::host::wake::Wake;
use crate::interrupt;

/// The events that end a wait.
const EVENTS: u32 = FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE;

/// A TCP stream with timeouts, which another thread can abort.
#[derive(Debug)]
pub struct AbortableStream {
    stream: TcpStream,
    /// Signalled by the system when the socket can be read or written again.
    ready: Wake,
    /// Signalled after an abort.
    aborted: Wake,
    is_aborted: AtomicBool,
    is_connected: AtomicBool,
}

/// The end of a wait.
enum Waited {
    /// The operation must be repeated. Contains the result of a connect that ended.
    Ready(Option<io::Result<()>>),
    TimedOut,
    Aborted,
}

impl AbortableStream {
    /// Starts to connect.
    ///
    /// # Errors
    /// The error of the system, for example of an address without a route.
    pub fn begin(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // The events must be selected before the connection exists.
        let stream = Self::new(socket.into())?;
        match socket2::SockRef::from(&stream.stream).connect(&address.into()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.is_connected.store(false, Ordering::Relaxed);
            }
            Err(error) => return Err(error),
        }
        Ok(stream)
    }

    /// Wraps a stream, which does not block afterwards.
    ///
    /// # Errors
    /// The process can't have more handles.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        let stream = AbortableStream {
            stream,
            ready: Wake::new()?,
            aborted: Wake::new()?,
            is_aborted: AtomicBool::new(false),
            is_connected: AtomicBool::new(true),
        };
        // SAFETY: the socket and the event are open. The system forgets the event when the socket is closed.
        let failed = unsafe {
            WSAEventSelect(
                stream.socket(),
                handle(&stream.ready) as WSAEVENT,
                EVENTS as i32,
            )
        };
        if failed != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(stream)
    }

    /// Waits for the connection, for at most `timeout`, until it is aborted, or until the interrupt hook ends the wait.
    ///
    /// # Errors
    /// The error of the connection; [`io::ErrorKind::TimedOut`].
    pub fn finish(&self, timeout: Duration) -> io::Result<()> {
        let deadline = Instant::now() + timeout;
        while !self.is_connected.load(Ordering::Relaxed) {
            let remaining = deadline.saturating_duration_since(Instant::now());
            match self.wait(interrupt::wait_slice(remaining))? {
                Waited::Ready(Some(connected)) => {
                    connected?;
                    self.is_connected.store(true, Ordering::Relaxed);
                }
                Waited::Aborted => return Err(io::ErrorKind::NotConnected.into()),
                Waited::TimedOut if remaining.is_zero() => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Waited::Ready(None) | Waited::TimedOut => {}
            }
            if interrupt::should_interrupt() {
                return Err(interrupt::interrupted_error());
            }
        }
        Ok(())
    }

    /// Reads bytes, and blocks at most for `timeout`. Returns 0 at the end of the stream, or after it was aborted.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] after the timeout; [`io::ErrorKind::ConnectionReset`].
    pub fn read(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        match self.repeat(timeout, || (&self.stream).read(buffer)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
            Ok(0) if !buffer.is_empty() => self.fail_if_reset().map(|()| 0),
            result => result,
        }
    }

    /// Fails if the peer has reset the connection. Wine reports a reset to `WSAEnumNetworkEvents` only, and then reads the end
    /// of the stream. Writing nothing sends nothing, and fails after a reset.
    fn fail_if_reset(&self) -> io::Result<()> {
        match (&self.stream).write(&[]) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
                ) =>
            {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Writes bytes, and blocks at most for `timeout`.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`io::ErrorKind::BrokenPipe`] after it was aborted.
    pub fn write(&self, bytes: &[u8], timeout: Duration) -> io::Result<usize> {
        self.repeat(timeout, || (&self.stream).write(bytes))
    }

    /// Aborts what other threads do with the stream, now and later.
    pub fn abort(&self) {
        self.is_aborted.store(true, Ordering::SeqCst);
        self.aborted.set();
        // For the peer. It fails if the peer has reset the connection.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Returns the stream.
    pub fn tcp(&self) -> &TcpStream {
        &self.stream
    }

    /// Tries an operation until it does not block.
    fn repeat(
        &self,
        timeout: Duration,
        mut operation: impl FnMut() -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut deadline = None;
        loop {
            if self.is_aborted.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            let now = Instant::now();
            let remaining = deadline
                .get_or_insert(now + timeout)
                .saturating_duration_since(now);
            if let Waited::TimedOut = self.wait(remaining)? {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
    }

    /// Waits for an event of the socket, for an abort, or for the end of `timeout`, rounded up to milliseconds.
    fn wait(&self, timeout: Duration) -> io::Result<Waited> {
        const READY: u32 = WAIT_OBJECT_0 + 1;
        let handles = [handle(&self.aborted), handle(&self.ready)];
        let milliseconds =
            i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
        // SAFETY: two open handles, as the count says.
        match unsafe { WaitForMultipleObjects(2, handles.as_ptr(), 0, milliseconds as u32) } {
            WAIT_OBJECT_0 => Ok(Waited::Aborted),
            READY => self.take_events().map(Waited::Ready),
            WAIT_TIMEOUT => Ok(Waited::TimedOut),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Resets the event of the socket. Returns the result of a connect that ended.
    fn take_events(&self) -> io::Result<Option<io::Result<()>>> {
        let mut events = WSANETWORKEVENTS::default();
        // SAFETY: the socket and the event are open, and `events` has the type of the result.
        let failed = unsafe {
            WSAEnumNetworkEvents(
                self.socket(),
                handle(&self.ready) as WSAEVENT,
                &raw mut events,
            )
        };
        if failed != 0 {
            return Err(io::Error::last_os_error());
        }
        if events.lNetworkEvents as u32 & FD_CONNECT == 0 {
            return Ok(None);
        }
        Ok(Some(match events.iErrorCode[FD_CONNECT_BIT as usize] {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }))
    }

    fn socket(&self) -> SOCKET {
        self.stream.as_raw_socket() as SOCKET
    }
}

fn handle(wake: &Wake) -> HANDLE {
    wake.handle().map_or(ptr::null_mut(), NonNull::as_ptr)
}
