//! Sends a request over an idle or a new connection, and reads the response.

use std::sync::Arc;
use std::time::Instant;

use ureq::Error as HttpError;

use crate::config::Settings;
use crate::detached_calls::DetachedCalls;
use crate::error::Result;
use crate::interrupt;
use crate::sending::deadlines;
use crate::sending::deadlines::{Progress, Stage, TimeBudget, Timeouts};
use crate::sending::http::destination::Destination;
use crate::sending::http::fast_path;
use crate::sending::http::response::http_response::HttpResponse;
use crate::sending::http::response::response_reader;
use crate::sending::http::route::{Route, RouteSettings};
use crate::sending::http::routes::Routes;
use crate::sending::http::transport_error::TransportError;
use crate::statistics::{Counters, Statistic};
use crate::wire::HttpRequest;

/// Sends requests below one URL over persistent connections. Any number of threads may send at the same time.
#[derive(Debug)]
pub struct HttpClient {
    routes: Routes,
    calls: Arc<DetachedCalls>,
    url: ureq::http::Uri,
    timeouts: Timeouts,
    max_bytes: u64,
    counters: Arc<Counters>,
}

/// A response, with the last stage of its request.
#[derive(Debug)]
pub struct ReceivedResponse {
    /// The response.
    pub response: HttpResponse,
    /// The last stage.
    pub progress: Progress,
    /// The route of the request.
    pub route: Arc<Route>,
}

impl HttpClient {
    /// Creates a client with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`Status::File`](crate::status::Status::File): a file for TLS can't be used.
    pub fn new(settings: &Settings, counters: Arc<Counters>) -> Result<Self> {
        let parts = RouteSettings::new(settings, counters.clone())?;
        Ok(HttpClient {
            calls: parts.calls.clone(),
            url: parts.url.clone(),
            routes: Routes::new(parts, settings.proxy.clone()),
            timeouts: Timeouts {
                total: TimeBudget {
                    remaining: settings.timeout,
                    total: settings.timeout,
                },
                connect: settings.connect_timeout,
                tls: settings.tls_timeout,
                send: settings.send_timeout,
                response: settings.answer_timeout,
            },
            max_bytes: settings.answer_max_bytes,
            counters,
        })
    }

    /// Sends a request exactly once, and blocks until the response or the end of `timeout` (default: the option `timeout`).
    pub fn send(
        &self,
        request: &HttpRequest,
        timeout: Option<TimeBudget>,
    ) -> std::result::Result<ReceivedResponse, TransportError> {
        let mut route = self.routes.current();
        let (response, progress) = self.run(timeout, &mut route, |route| {
            let idle = if fast_path::is_usable(request) {
                route.idle_pool.checkout()
            } else {
                None
            };
            let connection = match idle {
                Some(mut connection) => {
                    self.counters.count(Statistic::ConnectionsReused);
                    fast_path::send(&mut connection, &route.request_head, request)?;
                    connection
                }
                None => {
                    *route = self.routes.select()?;
                    route.send_by_ureq(request)?
                }
            };
            let (response, connection) = response_reader::read(connection, self.max_bytes)?;
            if let Some(connection) = connection {
                route.idle_pool.checkin(connection);
            }
            Ok(response)
        })?;
        Ok(ReceivedResponse {
            response,
            progress,
            route,
        })
    }

    /// Checks out an idle connection, or opens one, and adds it to the pool. Blocks until the end of `timeout`. Sends no
    /// request.
    pub fn connect(&self, timeout: TimeBudget) -> std::result::Result<(), TransportError> {
        let mut route = self.routes.current();
        let connected = self.run(Some(timeout), &mut route, |route| {
            let connection = match route.idle_pool.checkout() {
                Some(connection) => connection,
                None => {
                    *route = self.routes.select()?;
                    route.open_connection()?
                }
            };
            route.idle_pool.checkin(connection);
            Ok(())
        });
        connected.map(|_| ())
    }

    /// Runs an exchange on this thread with its deadlines. The exchange may change the route. Returns its result, and the last
    /// stage.
    fn run<T>(
        &self,
        timeout: Option<TimeBudget>,
        route: &mut Arc<Route>,
        exchange: impl FnOnce(&mut Arc<Route>) -> std::result::Result<T, HttpError>,
    ) -> std::result::Result<(T, Progress), TransportError> {
        let timeouts = Timeouts {
            total: timeout.unwrap_or(self.timeouts.total),
            ..self.timeouts
        };
        let begun = Instant::now();
        let (result, progress) = deadlines::run(timeouts, || exchange(route));
        if progress.stage >= Stage::Written {
            self.counters.count_sent(begun.elapsed());
        }
        match result {
            Ok(result) => Ok((result, progress)),
            Err(error) => {
                if is_unreachable(&error, progress.stage) {
                    self.routes.report_failure(route);
                }
                Err(TransportError {
                    error,
                    progress,
                    route: route.clone(),
                })
            }
        }
    }

    /// Returns the host of the service, for messages.
    pub fn authority(&self) -> &str {
        Destination::without_proxy(&self.url).authority
    }

    /// Closes every connection, so that waiting requests fail now. Opens no new connection.
    pub fn shut_down(&self) {
        self.calls.shut_down();
        self.routes.shut_down();
    }
}

/// Returns whether the host or the proxy could not be connected to.
fn is_unreachable(error: &HttpError, stage: Stage) -> bool {
    match stage {
        // Other errors of this stage concern the search for the proxy.
        Stage::Resolving => matches!(error, HttpError::HostNotFound | HttpError::Timeout(_)),
        Stage::Connecting => !interrupt::is_interrupted(),
        _ => false,
    }
}
