//! The pool of idle connections.
//!
//! The library has its own pool instead of ureq's, so that the fast path can use a connection without ureq.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sending::connections::connection::Connection;
use crate::sending::deadlines;
use crate::sending::deadlines::Stage;

/// The largest number of idle connections.
const MAX_IDLE: usize = 64;

/// How long a connection may be idle. Servers commonly close idle connections later (Apache 5 s, Node 5 s, nginx 75 s), so
/// that the library closes first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Idle connections, all to the same host.
#[derive(Debug, Default)]
pub struct IdlePool {
    state: Mutex<PoolState>,
}

#[derive(Debug, Default)]
struct PoolState {
    /// The longest idle connection first.
    idle: VecDeque<(Instant, Connection)>,
    closed: bool,
}

impl IdlePool {
    /// Adds a connection whose last response was read completely.
    pub fn checkin(&self, connection: Connection) {
        let now = Instant::now();
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.idle.push_back((now, connection));
        let too_many = state.idle.len().saturating_sub(MAX_IDLE);
        let too_old = state
            .idle
            .partition_point(|(since, _)| now.duration_since(*since) >= IDLE_TIMEOUT);
        if too_many.max(too_old) > 0 {
            let remaining = state.idle.split_off(too_many.max(too_old));
            let dropped = std::mem::replace(&mut state.idle, remaining);
            // Closing takes time, so the lock is released first.
            drop(state);
            drop(dropped);
        }
    }

    /// Returns the most recently used connection, if it is still usable, and records the stage [`Stage::Ready`].
    pub fn checkout(&self) -> Option<Connection> {
        loop {
            let (since, mut connection) = self.lock().idle.pop_back()?;
            if since.elapsed() >= IDLE_TIMEOUT {
                // The other connections have been idle for longer.
                let _dropped = std::mem::take(&mut self.lock().idle);
                return None;
            }
            if connection.is_quiet() {
                deadlines::set_stage(Stage::Ready);
                return Some(connection);
            }
        }
    }

    /// Closes all connections. Later ones are closed instead of added.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::*;
    use crate::host::sockets::AbortableStream;
    use crate::sending::connections::connection::ConnectionStream;
    use crate::sending::connections::socket::Socket;

    /// Returns a connection and its peer.
    fn connection(listener: &TcpListener) -> (Connection, TcpStream) {
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let far = listener.accept().unwrap().0;
        (
            Connection::new(ConnectionStream::Plain(Socket::new(
                Arc::new(AbortableStream::new(near).unwrap()),
                Arc::default(),
            ))),
            far,
        )
    }

    fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    /// Waits until the peer sees that the connection was closed.
    fn wait_for_close(far: &TcpStream) {
        far.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(far.peek(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn number_of_idle_connections_is_limited() {
        let (listener, pool) = (listener(), IdlePool::default());
        let others: Vec<_> = (0..=MAX_IDLE)
            .map(|_| {
                let (near, far) = connection(&listener);
                pool.checkin(near);
                far
            })
            .collect();
        wait_for_close(&others[0]);
        assert_eq!(pool.lock().idle.len(), MAX_IDLE);
    }

    #[test]
    fn old_connections_are_closed_and_not_reused() {
        let (listener, pool) = (listener(), IdlePool::default());
        let (old, old_end) = connection(&listener);
        let (older, older_end) = connection(&listener);
        let then = Instant::now().checked_sub(IDLE_TIMEOUT).unwrap();
        pool.lock().idle.extend([(then, older), (then, old)]);
        let (young, _far) = connection(&listener);
        pool.checkin(young);
        wait_for_close(&older_end);
        wait_for_close(&old_end);
        assert!(pool.checkout().is_some());
        assert!(pool.checkout().is_none());

        let (old, old_end) = connection(&listener);
        pool.lock().idle.push_back((then, old));
        assert!(pool.checkout().is_none());
        wait_for_close(&old_end);
    }

    #[test]
    fn connection_closed_by_the_peer_is_not_reused() {
        let (listener, pool) = (listener(), IdlePool::default());
        let (good, _far) = connection(&listener);
        let (closed, far) = connection(&listener);
        pool.checkin(good);
        pool.checkin(closed);
        far.shutdown(std::net::Shutdown::Both).unwrap();
        drop(far);
        while pool.lock().idle[1].1.is_quiet() {}
        assert!(pool.checkout().is_some());
        assert!(pool.checkout().is_none());
    }

    #[test]
    fn close_closes_present_and_later_connections() {
        let (listener, pool) = (listener(), IdlePool::default());
        let (idle, idle_end) = connection(&listener);
        let (used, used_end) = connection(&listener);
        pool.checkin(idle);
        pool.close();
        wait_for_close(&idle_end);
        pool.checkin(used);
        wait_for_close(&used_end);
        assert!(pool.checkout().is_none());
    }
}
