//! A connection's bytes, plain or encrypted, which tell the pulse when a request begins.

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

/// How long, and over how many bytes, a peer that is told something while it still sends is listened to. Hanging up on it at
/// once would reset the connection, and what it was told could be lost.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
const FAREWELL_BYTES: u64 = 256 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Stream {
    bytes: Bytes,
    pulse: Arc<ConnectionState>,
    framing: Arc<Framing>,
    ended: bool,
    /// What came already, and is to be read again.
    again: Vec<u8>,
    /// Whether the parser that reads can take a head of many lines.
    takes_many_lines: bool,
}

/// Where the bytes go.
#[derive(Debug)]
pub enum Bytes {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// The connection with these bytes.
    pub fn new(bytes: Bytes, pulse: Arc<ConnectionState>, framing: Arc<Framing>) -> Self {
        Stream {
            bytes,
            pulse,
            framing,
            ended: false,
            again: Vec::new(),
            takes_many_lines: false,
        }
    }

    /// Another parser reads from now on, which can take a head of many lines or not.
    pub fn read_by(&mut self, takes_many_lines: bool) {
        self.takes_many_lines = takes_many_lines;
    }

    /// Says these last words and ends the connection's near side.
    pub async fn say(&mut self, words: &[u8]) {
        let said = async {
            self.bytes.write_all(words).await?;
            self.bytes.shutdown().await
        };
        // A peer that is gone, or that takes longer, misses the end of the answer.
        let _ = tokio::time::timeout(FAREWELL_TIME, said).await;
    }

    /// Gives the peer a moment to read what it was told.
    pub async fn hear_out(&mut self) {
        if self.ended {
            return;
        }
        let mut rest = (&mut self.bytes).take(FAREWELL_BYTES);
        let mut nowhere = tokio::io::sink();
        let heard_out = tokio::io::copy(&mut rest, &mut nowhere);
        let _ = tokio::time::timeout(FAREWELL_TIME, heard_out).await;
    }

    /// Takes what has arrived, so that what the peer was told is not lost in a reset when the connection is dropped.
    pub fn drain(&self) {
        let mut room = [0; 4096];
        let mut socket = &*SockRef::from(self.bytes.socket());
        for _ in 0..FAREWELL_BYTES / room.len() as u64 {
            if !matches!(socket.read(&mut room), Ok(1..)) {
                break;
            }
        }
    }

    /// Whether the system holds something that nobody has read, be it the end.
    pub fn has_more(&self) -> bool {
        let mut first = [MaybeUninit::uninit()];
        let peeked = SockRef::from(self.bytes.socket()).peek(&mut first);
        !peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Has these bytes come again, before what is to be read again already.
    pub fn put_back(&mut self, bytes: &[u8]) {
        self.again.splice(..0, bytes.iter().copied());
    }

    /// Waits until something comes, be it the end. Where it is encrypted, more may come than what was sent to us, so it is read.
    pub fn poll_begins(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.again.is_empty() {
            return Poll::Ready(());
        }
        match &mut self.bytes {
            Bytes::Plain(stream) => stream.poll_read_ready(cx).map(|_| ()),
            Bytes::Encrypted(stream) => {
                let mut first = [0; 1024];
                let mut first = ReadBuf::new(&mut first);
                // What goes wrong does so again for who reads.
                let _ = ready!(Pin::new(stream).poll_read(cx, &mut first));
                self.again.extend_from_slice(first.filled());
                Poll::Ready(())
            }
        }
    }

    fn note(&mut self, came: &[u8]) {
        if came.is_empty() {
            self.ended = true;
            return;
        }
        if matches!(self.pulse.phase(), Phase::New | Phase::Idle) {
            self.pulse.enter(Phase::Head);
        }
        self.framing.add(came);
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
        if self.again.is_empty() {
            let came = Pin::new(&mut self.bytes).poll_read(cx, buffer);
            // A task that has done much in one go is told to wait, whatever there is, and is woken at once.
            self.pulse
                .note_drained(came.is_pending() && coop::has_budget_remaining());
            ready!(came)?;
        } else {
            let mut again = std::mem::take(&mut self.again);
            self.again = again.split_off(room.min(again.len()));
            buffer.put_slice(&again);
            self.pulse.note_drained(false);
        }
        if room > 0 {
            self.note(&buffer.filled()[before..]);
        }
        let is_too_much = !self.takes_many_lines && self.framing.has_many_lines();
        if is_too_much && self.pulse.phase() == Phase::Head {
            // Whoever polls the parser looks for that, and goes on with another one.
            let came = buffer.filled()[before..].to_vec();
            self.put_back(&came);
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
        let written = Pin::new(&mut self.bytes).poll_write(cx, bytes);
        self.pulse.note_held_up(written.is_pending());
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.bytes).poll_flush(cx);
        self.pulse.note_held_up(flushed.is_pending());
        flushed
    }

    /// Does nothing: [`say`](Stream::say) ends the connection.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Bytes {
    fn socket(&self) -> &TcpStream {
        match self {
            Bytes::Plain(stream) => stream,
            Bytes::Encrypted(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Bytes {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Bytes {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Bytes::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
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

    /// A connection between two requests, and its peer.
    async fn connected(pulse: &Arc<ConnectionState>) -> (Stream, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = listener.accept().unwrap().0;
        stream.set_nonblocking(true).unwrap();
        let bytes = Bytes::Plain(TcpStream::from_std(stream).unwrap());
        pulse.enter(Phase::Idle);
        let framing = Arc::default();
        (Stream::new(bytes, pulse.clone(), framing), peer)
    }

    fn run(test: impl Future) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(test);
    }

    /// Whether there was something to read.
    async fn reads(stream: &mut Stream, room: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; room];
        let mut buffer = ReadBuf::new(&mut bytes);
        let came = poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut buffer)));
        came.await.is_ready().then(|| buffer.filled().to_vec())
    }

    #[test]
    fn a_connection_is_not_at_rest_while_its_peer_reads_no_answer() {
        run(async {
            let pulse = Arc::new(ConnectionState::new(false));
            let (mut stream, mut peer) = connected(&pulse).await;
            assert!(!pulse.is_at_rest(), "nobody has tried to read");
            assert_eq!(reads(&mut stream, 10).await, None);
            assert!(pulse.is_at_rest());

            let mut sent = 0;
            poll_fn(|cx| {
                while let Poll::Ready(count) = Pin::new(&mut stream).poll_write(cx, &[0; 0x10000]) {
                    sent += count.unwrap();
                }
                Poll::Ready(())
            })
            .await;
            assert!(!pulse.is_at_rest(), "{sent} bytes went");
            peer.read_exact(&mut vec![0; sent]).unwrap();
            stream.write_all(b"the rest").await.unwrap();
            assert!(pulse.is_at_rest());
        });
    }

    #[test]
    fn a_connection_is_not_at_rest_where_the_runtime_alone_lets_it_wait() {
        run(async {
            let pulse = Arc::new(ConnectionState::new(false));
            let (mut stream, mut peer) = connected(&pulse).await;
            assert_eq!(reads(&mut stream, 10).await, None);
            assert!(pulse.is_at_rest());
            peer.write_all(b"POST").unwrap();
            poll_fn(|cx| stream.poll_begins(cx)).await;
            poll_fn(|cx| {
                while coop::has_budget_remaining() {
                    let _ = pin!(coop::consume_budget()).poll(cx);
                }
                Poll::Ready(())
            })
            .await;
            assert_eq!(reads(&mut stream, 10).await, None);
            assert!(!pulse.is_at_rest());
        });
    }

    #[test]
    fn what_is_put_back_comes_first_and_begins_a_head() {
        run(async {
            let pulse = Arc::new(ConnectionState::new(false));
            let (mut stream, _peer) = connected(&pulse).await;
            assert_eq!(reads(&mut stream, 10).await, None);
            stream.put_back(b"POST");
            poll_fn(|cx| stream.poll_begins(cx)).await;
            assert_eq!(reads(&mut stream, 3).await.unwrap(), b"POS");
            assert_eq!(pulse.phase(), Phase::Head);
            assert_eq!(reads(&mut stream, 3).await.unwrap(), b"T");
            assert_eq!(reads(&mut stream, 3).await, None);
        });
    }
}
