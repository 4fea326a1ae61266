//! The connections that lie idle between two requests.
//!
//! They are ours and not the HTTP client's, so that a request can take one without it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sending::connections::connection::Connection;
use crate::sending::http::deadlines;
use crate::sending::http::deadlines::Stage;

/// How many are kept.
const MAX_IDLE: usize = 64;

/// How long one is kept: less than what servers commonly allow (Apache 5 s, Node 5 s, nginx 75 s), so that it is we who let
/// it go.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Idle connections, all to the same host.
#[derive(Debug, Default)]
pub struct IdlePool {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The one that has been idle for the longest time in front.
    idle: VecDeque<(Instant, Connection)>,
    closed: bool,
}

impl IdlePool {
    /// Keeps a connection whose last answer was read to its end.
    pub fn put(&self, connection: Connection) {
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
            let rest = state.idle.split_off(too_many.max(too_old));
            let dropped = std::mem::replace(&mut state.idle, rest);
            // Closing them takes a while.
            drop(state);
            drop(dropped);
        }
    }

    /// The one that was used last, if it is still good; this thread's request has reached a connection then.
    pub fn take(&self) -> Option<Connection> {
        loop {
            let (since, mut connection) = self.lock().idle.pop_back()?;
            if since.elapsed() >= IDLE_TIMEOUT {
                // The others have been here for longer.
                let _dropped = std::mem::take(&mut self.lock().idle);
                return None;
            }
            if connection.is_quiet() {
                deadlines::reach(Stage::Ready);
                return Some(connection);
            }
        }
    }

    /// Closes all of them, and keeps none any more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::*;
    use crate::sending::connections::connection::Stream;
    use crate::sending::connections::socket::Socket;

    /// A connection, and its other end.
    fn connection(listener: &TcpListener) -> (Connection, TcpStream) {
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let far = listener.accept().unwrap().0;
        (
            Connection::new(Stream::Plain(Socket::new(Arc::new(near)))),
            far,
        )
    }

    fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    /// Waits until the other end has seen that ours was closed.
    fn ends(far: &TcpStream) {
        far.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(far.peek(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn no_more_are_kept_than_there_may_be() {
        let (listener, parked) = (listener(), IdlePool::default());
        let others: Vec<_> = (0..=MAX_IDLE)
            .map(|_| {
                let (near, far) = connection(&listener);
                parked.put(near);
                far
            })
            .collect();
        ends(&others[0]);
        assert_eq!(parked.lock().idle.len(), MAX_IDLE);
    }

    #[test]
    fn what_is_too_old_is_closed_and_not_given() {
        let (listener, parked) = (listener(), IdlePool::default());
        let (old, old_end) = connection(&listener);
        let (older, older_end) = connection(&listener);
        let then = Instant::now().checked_sub(IDLE_TIMEOUT).unwrap();
        parked.lock().idle.extend([(then, older), (then, old)]);
        let (young, _far) = connection(&listener);
        parked.put(young);
        ends(&older_end);
        ends(&old_end);
        assert!(parked.take().is_some());
        assert!(parked.take().is_none());

        let (old, old_end) = connection(&listener);
        parked.lock().idle.push_back((then, old));
        assert!(parked.take().is_none());
        ends(&old_end);
    }

    #[test]
    fn one_that_the_peer_has_left_is_passed_over() {
        let (listener, parked) = (listener(), IdlePool::default());
        let (good, _far) = connection(&listener);
        let (left, far) = connection(&listener);
        parked.put(good);
        parked.put(left);
        far.shutdown(std::net::Shutdown::Both).unwrap();
        drop(far);
        while parked.lock().idle[1].1.is_quiet() {}
        assert!(parked.take().is_some());
        assert!(parked.take().is_none());
    }

    #[test]
    fn closing_closes_what_is_there_and_what_comes_back_later() {
        let (listener, parked) = (listener(), IdlePool::default());
        let (idle, idle_end) = connection(&listener);
        let (used, used_end) = connection(&listener);
        parked.put(idle);
        parked.close();
        ends(&idle_end);
        parked.put(used);
        ends(&used_end);
        assert!(parked.take().is_none());
    }
}
