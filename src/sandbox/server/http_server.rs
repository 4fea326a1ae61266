//! The accept loop and the connections of the sandbox.

use crate::sandbox::http::query::Query;
use crate::sandbox::http::request_body::read_body;
use crate::sandbox::http::responses::HttpResponse;
use crate::sandbox::server::{control_router, service_router};
use crate::sandbox::state::simulated_service::SimulatedService;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const ACCEPT_BACKOFF: Duration = Duration::from_millis(20);

/// The connection must be closed without a response.
#[derive(Debug)]
struct ConnectionAborted;

impl fmt::Display for ConnectionAborted {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("the connection was closed without a response")
    }
}

impl Error for ConnectionAborted {}

/// Accepts connections until its task is dropped.
pub(crate) async fn serve(listener: TcpListener, service: Arc<SimulatedService>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Usually the process has no free descriptor, and another connection will release one.
            tokio::time::sleep(ACCEPT_BACKOFF).await;
            continue;
        };
        // Without nodelay a response may be delayed by 40 ms. The connection works even if this fails.
        let _ = stream.set_nodelay(true);
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let handle = service_fn(move |request| {
                let service = Arc::clone(&service);
                async move { respond(&service, request).await }
            });
            // The sandbox ignores errors of a connection.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                // A client may close its writing half after the request and still read the response.
                .half_close(true)
                .serve_connection(TokioIo::new(stream), handle)
                .await;
        });
    }
}

/// Returns the response. Fails if the client closed the connection or if a fault must close it.
async fn respond(
    service: &Arc<SimulatedService>,
    request: Request<Incoming>,
) -> Result<HttpResponse, ConnectionAborted> {
    let (head, body) = request.into_parts();
    let body = read_body(body).await.map_err(|_| ConnectionAborted)?;
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let path = head.uri.path();
    if control_router::owns_path(path) {
        return Ok(control_router::handle(service, path, &head.method, &query, body).await);
    }
    service_router::handle(service, path, &head.method, &head.headers, &query, &body)
        .ok_or(ConnectionAborted)
}
