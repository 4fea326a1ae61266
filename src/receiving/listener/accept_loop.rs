//! The accept loop: accepts connections, starts a task for each, and ends them all on close.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::os_error;
use crate::receiving::listener::server::Server;
use crate::receiving::rate_limited_log;

impl Server {
    /// Accepts and serves connections until `stop` contains the deadline of the close.
    pub async fn run(
        self: Arc<Self>,
        socket: TcpListener,
        mut stop: watch::Receiver<Option<Instant>>,
    ) {
        let socket = match tokio::net::TcpListener::from_std(socket) {
            Ok(socket) => socket,
            Err(error) => {
                return log::error!("the listener cannot start: {}", os_error::describe(&error));
            }
        };
        if let Some(tls) = &self.tls {
            tokio::spawn(tls.clone().watch());
        }
        tokio::spawn(self.handler.commit_waiters.clone().forward());
        loop {
            let next = poll_fn(|cx| {
                let accepted = socket.poll_accept(cx);
                if accepted.is_pending() {
                    self.connections.reset_pressure();
                }
                accepted
            });
            let accepted = tokio::select! {
                accepted = next => accepted,
                _ = stop.changed() => break,
            };
            // While a connection waits for a permit, the next ones wait in the system's queue.
            let handling = async {
                match accepted {
                    Ok((stream, peer)) => self.spawn_connection(stream, peer.ip()).await,
                    Err(error) if is_connection_error(&error) => {}
                    Err(error) => {
                        if let Some(suppressed) = self.accept_failures.check() {
                            let more = rate_limited_log::suppressed_suffix(suppressed);
                            let error = os_error::describe(&error);
                            log::warn!("the listener cannot accept connections: {error}{more}");
                        }
                        self.connections.evict().await;
                    }
                }
            };
            tokio::select! {
                () = handling => {}
                _ = stop.changed() => break,
            }
        }
        drop(socket);
        self.closing.store(true, Ordering::Relaxed);
        self.connections.abort_all_except_storing();
        let deadline = stop.borrow().unwrap_or_else(Instant::now);
        // Connections whose trigger is still being stored then get no response.
        let _ = tokio::time::timeout_at(deadline.into(), self.connections.wait_idle()).await;
        self.handler.rejections.flush();
    }

    async fn spawn_connection(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let trusted = self.handler.trusted_proxies.contains(peer);
        let permit = self.connections.acquire(peer, trusted).await;
        // Responses are small and must not be delayed.
        let _ = stream.set_nodelay(true);
        let id = permit.id();
        let task = tokio::spawn(self.clone().serve_connection(stream, peer, permit));
        self.connections.set_task(id, task.abort_handle());
    }
}

/// Returns whether the error concerns only the connection that was being accepted.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
