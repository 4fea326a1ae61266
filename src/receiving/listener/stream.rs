//! A connection's bytes, plain or encrypted, which tell the pulse when a request begins.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::head::Head;
use super::pulse::{Phase, Pulse};

/// How long, and over how many bytes, a peer that is told something while it still sends is listened to. Hanging up on it at
/// once would reset the connection, and what it was told could be lost.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
const FAREWELL_BYTES: u64 = 256 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Stream {
    bytes: Bytes,
    pulse: Arc<Pulse>,
    head: Arc<Head>,
    ended: bool,
}

/// Where the bytes go.
#[derive(Debug)]
pub enum Bytes {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// The connection with these bytes.
    pub fn new(bytes: Bytes, pulse: Arc<Pulse>, head: Arc<Head>) -> Self {
        Stream {
            bytes,
            pulse,
            head,
            ended: false,
        }
    }

    /// Says these last words, ends the connection, and, unless there is a `hurry`, gives the peer a moment to read what it was
    /// told.
    pub async fn farewell(mut self, words: &[u8], hurry: bool) {
        let heard_out = async {
            self.bytes.write_all(words).await?;
            self.bytes.shutdown().await?;
            if !self.ended && !hurry {
                let mut rest = (&mut self.bytes).take(FAREWELL_BYTES);
                tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
            }
            io::Result::Ok(())
        };
        // A peer that is gone, or that takes longer, misses the end of the answer.
        let _ = tokio::time::timeout(FAREWELL_TIME, heard_out).await;
    }

    fn note(&mut self, came: &[u8]) {
        if came.is_empty() {
            self.ended = true;
            return;
        }
        match self.pulse.phase() {
            Phase::New | Phase::Idle => {
                self.pulse.enter(Phase::Head);
                self.head.add(came);
            }
            Phase::Head => self.head.add(came),
            Phase::Body | Phase::Keeping | Phase::Ending => {}
        }
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
        ready!(Pin::new(&mut self.bytes).poll_read(cx, buffer))?;
        if room > 0 {
            self.note(&buffer.filled()[before..]);
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
        Pin::new(&mut self.bytes).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.bytes.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(cx)
    }

    /// Does nothing: [`farewell`](Stream::farewell) ends the connection.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
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

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Bytes::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bytes),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_write_vectored(cx, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Bytes::Plain(stream) => stream.is_write_vectored(),
            Bytes::Encrypted(stream) => stream.is_write_vectored(),
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
