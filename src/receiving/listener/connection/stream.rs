//! The bytes of a connection, plain or encrypted. It records the start of each request in the connection's state.

use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio_rustls::server::TlsStream;

use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};
use crate::receiving::listener::request::framing::Framing;

/// How long, and for how many bytes, a connection lingers after the last response. Closing it while the peer sends
/// would reset it, and the peer might lose the response.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Stream {
    socket: Socket,
    connection: Arc<ConnectionState>,
    framing: Arc<Framing>,
    is_read_closed: bool,
    /// Bytes to read once more.
    rewind_buffer: Vec<u8>,
    /// Whether the parser that reads accepts a head with many headers.
    accepts_many_headers: bool,
}

/// A TCP socket, with or without TLS.
#[derive(Debug)]
pub enum Socket {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Creates the stream of a connection.
    pub fn new(socket: Socket, connection: Arc<ConnectionState>, framing: Arc<Framing>) -> Self {
        Stream {
            socket,
            connection,
            framing,
            is_read_closed: false,
            rewind_buffer: Vec::new(),
            accepts_many_headers: false,
        }
    }

    /// Sets whether the next parser accepts a head with many headers.
    pub fn set_header_limit(&mut self, accepts_many_headers: bool) {
        self.accepts_many_headers = accepts_many_headers;
    }

    /// Sends the last response and closes the write side.
    pub async fn send_final(&mut self, response_bytes: &[u8]) {
        let sending = async {
            self.socket.write_all(response_bytes).await?;
            self.socket.shutdown().await
        };
        // A peer that is gone or too slow misses the end of the response.
        let _ = tokio::time::timeout(LINGER_TIMEOUT, sending).await;
    }

    /// Reads and drops input for a moment, so that the peer can read the last response.
    pub async fn linger(&mut self) {
        if self.is_read_closed {
            return;
        }
        let mut rest = (&mut self.socket).take(LINGER_BYTES);
        let mut sink = tokio::io::sink();
        let draining = tokio::io::copy(&mut rest, &mut sink);
        let _ = tokio::time::timeout(LINGER_TIMEOUT, draining).await;
    }

    /// Reads the input that has arrived. Otherwise the drop resets the connection, and the peer might lose the last
    /// response.
    pub fn drain(&self) {
        let mut room = [0; 4096];
        let mut socket = &*SockRef::from(self.socket.tcp());
        for _ in 0..LINGER_BYTES / room.len() as u64 {
            if !matches!(socket.read(&mut room), Ok(1..)) {
                break;
            }
        }
    }

    /// Returns whether the system has unread bytes or the end of the input.
    pub fn has_unread_bytes(&self) -> bool {
        let mut first = [MaybeUninit::uninit()];
        let peeked = SockRef::from(self.socket.tcp()).peek(&mut first);
        !peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Puts bytes in front of the input, to be read once more.
    pub fn rewind(&mut self, bytes: &[u8]) {
        self.rewind_buffer.splice(..0, bytes.iter().copied());
    }

    /// Completes when bytes or the end of the input arrive. Of an encrypted connection it reads them, because not all
    /// TLS records contain data.
    pub fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.rewind_buffer.is_empty() {
            return Poll::Ready(());
        }
        match &mut self.socket {
            Socket::Plain(stream) => stream.poll_read_ready(cx).map(|_| ()),
            Socket::Encrypted(stream) => {
                let mut first = [0; 1024];
                let mut first = ReadBuf::new(&mut first);
                // The next read returns the error.
                let _ = ready!(Pin::new(stream).poll_read(cx, &mut first));
                self.rewind_buffer.extend_from_slice(first.filled());
                Poll::Ready(())
            }
        }
    }

    fn record_read(&mut self, received: &[u8]) {
        if received.is_empty() {
            self.is_read_closed = true;
            return;
        }
        if matches!(self.connection.phase(), Phase::New | Phase::Idle) {
            self.connection.enter(Phase::Head);
        }
        self.framing.feed(received);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let room = buffer.remaining();
        if self.rewind_buffer.is_empty() {
            let received = Pin::new(&mut self.socket).poll_read(cx, buffer);
            // `Pending` can also mean that the task has used up its budget of the runtime.
            self.connection
                .set_read_empty(received.is_pending() && coop::has_budget_remaining());
            ready!(received)?;
        } else {
            let mut rewind_buffer = std::mem::take(&mut self.rewind_buffer);
            self.rewind_buffer = rewind_buffer.split_off(room.min(rewind_buffer.len()));
            buffer.put_slice(&rewind_buffer);
            self.connection.set_read_empty(false);
        }
        if room > 0 {
            self.record_read(&buffer.filled()[before..]);
        }
        let has_too_many_headers = !self.accepts_many_headers && self.framing.has_many_headers();
        if has_too_many_headers && self.connection.phase() == Phase::Head {
            // The caller that polls the parser checks for this and continues with another parser.
            let received = buffer.filled()[before..].to_vec();
            self.rewind(&received);
            buffer.set_filled(before);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.connection.set_write_blocked(written.is_pending());
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.connection.set_write_blocked(flushed.is_pending());
        flushed
    }

    /// Does nothing: [`send_final`](Stream::send_final) closes the connection.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Socket {
    fn tcp(&self) -> &TcpStream {
        match self {
            Socket::Plain(stream) => stream,
            Socket::Encrypted(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Socket::Encrypted(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Socket::Encrypted(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;
    use std::net::TcpListener;
    use std::pin::pin;

    use super::*;

    /// Returns an idle connection and its peer.
    async fn connect(connection: &Arc<ConnectionState>) -> (Stream, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = listener.accept().unwrap().0;
        stream.set_nonblocking(true).unwrap();
        let socket = Socket::Plain(TcpStream::from_std(stream).unwrap());
        connection.enter(Phase::Idle);
        let framing = Arc::default();
        (Stream::new(socket, connection.clone(), framing), peer)
    }

    fn run(test: impl Future) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(test);
    }

    /// Returns the bytes of a read; `None` if it is pending.
    async fn try_read(stream: &mut Stream, room: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; room];
        let mut buffer = ReadBuf::new(&mut bytes);
        let received = poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut buffer)));
        received.await.is_ready().then(|| buffer.filled().to_vec())
    }

    #[test]
    fn a_connection_is_not_idle_while_its_write_is_blocked() {
        run(async {
            let connection = Arc::new(ConnectionState::new(false));
            let (mut stream, mut peer) = connect(&connection).await;
            assert!(!connection.is_idle(), "no read was tried");
            assert_eq!(try_read(&mut stream, 10).await, None);
            assert!(connection.is_idle());

            let mut sent = 0;
            poll_fn(|cx| {
                while let Poll::Ready(count) = Pin::new(&mut stream).poll_write(cx, &[0; 0x10000]) {
                    sent += count.unwrap();
                }
                Poll::Ready(())
            })
            .await;
            assert!(!connection.is_idle(), "{sent} bytes were sent");
            peer.read_exact(&mut vec![0; sent]).unwrap();
            stream.write_all(b"the rest").await.unwrap();
            assert!(connection.is_idle());
        });
    }

    #[test]
    fn a_connection_is_not_idle_if_only_the_runtime_budget_stops_a_read() {
        run(async {
            let connection = Arc::new(ConnectionState::new(false));
            let (mut stream, mut peer) = connect(&connection).await;
            assert_eq!(try_read(&mut stream, 10).await, None);
            assert!(connection.is_idle());
            peer.write_all(b"POST").unwrap();
            poll_fn(|cx| stream.poll_read_ready(cx)).await;
            poll_fn(|cx| {
                while coop::has_budget_remaining() {
                    let _ = pin!(coop::consume_budget()).poll(cx);
                }
                Poll::Ready(())
            })
            .await;
            assert_eq!(try_read(&mut stream, 10).await, None);
            assert!(!connection.is_idle());
        });
    }

    #[test]
    fn rewound_bytes_are_read_first_and_start_a_head() {
        run(async {
            let connection = Arc::new(ConnectionState::new(false));
            let (mut stream, _peer) = connect(&connection).await;
            assert_eq!(try_read(&mut stream, 10).await, None);
            stream.rewind(b"POST");
            poll_fn(|cx| stream.poll_read_ready(cx)).await;
            assert_eq!(try_read(&mut stream, 3).await.unwrap(), b"POS");
            assert_eq!(connection.phase(), Phase::Head);
            assert_eq!(try_read(&mut stream, 3).await.unwrap(), b"T");
            assert_eq!(try_read(&mut stream, 3).await, None);
        });
    }
}
