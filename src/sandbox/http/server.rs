//! The sandbox's web server: takes connections, reads bodies within a bound, and knows which path is whose.

use crate::sandbox::agents::manual;
use crate::sandbox::control::{control_api, faults, portal};
use crate::sandbox::http::responses::{HttpAnswer, refusal};
use crate::sandbox::http::router;
use crate::sandbox::state::state::Service;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The largest body that is taken.
pub(crate) const BODY_BYTES: usize = 1024 * 1024;
/// Of a larger one, what is read and thrown away: a client that is still writing would else see its connection
/// reset and never the 413.
const DISCARDED_BYTES: usize = 64 * BODY_BYTES;
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

pub(crate) enum Body {
    Whole(Bytes),
    TooLarge,
}

/// There is nobody to answer, or nobody is to be answered.
#[derive(Debug)]
struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("hung up")
    }
}

impl Error for HungUp {}

/// Serves until its task is dropped.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: others will be given back.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Without it answers may wait for 40 ms; a connection that can't have it still works.
        let _ = stream.set_nodelay(true);
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let handle = service_fn(move |request| {
                let service = Arc::clone(&service);
                async move { respond(&service, request).await }
            });
            // A client that hangs up in the middle is no matter of the sandbox.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                // Who has said everything may close that half of the connection, and is answered still.
                .half_close(true)
                .serve_connection(TokioIo::new(stream), handle)
                .await;
        });
    }
}

/// An error, which means that the client went away or that a fault hangs up, closes the connection.
async fn respond(service: &Arc<Service>, request: Request<Incoming>) -> Result<HttpAnswer, HungUp> {
    let (head, body) = request.into_parts();
    let body = read(body).await.map_err(|_| HungUp)?;
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let path = head.uri.path();
    if !path.starts_with("/portal/") && !path.starts_with("/sandbox/") {
        let answer = router::answer(service, path, &head.method, &head.headers, &query, &body);
        return answer.ok_or(HungUp);
    }
    let Body::Whole(body) = body else {
        return Ok(refusal(413, "the body is too large"));
    };
    let answer = match (path, &head.method) {
        (portal::TOKENS, &Method::POST) => portal::generate_token(service),
        (portal::WEBHOOK, &Method::PUT) => portal::set_webhook(service, &body),
        (portal::BOT, &Method::PUT) => portal::set_bot(service, &body),
        (portal::WEBHOOK, &Method::GET) => portal::show_webhook(service, &query),
        (control_api::HEALTH, &Method::GET) => control_api::health(),
        (control_api::TRANSCRIPT, &Method::GET) => {
            control_api::show_transcript(service, &query).await
        }
        (control_api::TRANSCRIPT, &Method::DELETE) => control_api::forget(service),
        (control_api::RESET, &Method::POST) => control_api::restart(service),
        (control_api::INTERACTIONS, &Method::GET) => control_api::show_interactions(service),
        (control_api::AGENTS, &Method::PUT) => control_api::set_agents(service, &body),
        (control_api::AGENTS, &Method::DELETE) => control_api::first_agents(service),
        (control_api::CUSTOMERS, &Method::POST) => control_api::admit_customer(service, &body),
        (control_api::CUSTOMERS, &Method::GET) => {
            control_api::show_customers(service, &query).await
        }
        (faults::FAULTS, &Method::PUT) => faults::set(service, &body),
        (faults::FAULTS, &Method::GET) => faults::show(service),
        (faults::FAULTS, &Method::DELETE) => faults::take_away(service),
        (manual::STEPS, &Method::POST) => manual::steps(service, &body).await,
        (manual::TRIGGER, &Method::POST) => manual::trigger(service, &body).await,
        (path, _) => no_such(path),
    };
    Ok(answer)
}

fn no_such(path: &str) -> HttpAnswer {
    let allow = match path {
        portal::TOKENS | control_api::RESET | manual::STEPS | manual::TRIGGER => "POST",
        portal::WEBHOOK => "GET, PUT",
        portal::BOT => "PUT",
        control_api::HEALTH | control_api::INTERACTIONS => "GET",
        control_api::TRANSCRIPT => "GET, DELETE",
        control_api::CUSTOMERS => "GET, POST",
        control_api::AGENTS => "PUT, DELETE",
        faults::FAULTS => "GET, PUT, DELETE",
        _ => return refusal(404, "there is nothing at this path"),
    };
    let mut answer = refusal(405, &format!("the method is not taken; expected {allow}"));
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allow));
    answer
}

async fn read(mut body: Incoming) -> Result<Body, hyper::Error> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= BODY_BYTES {
            bytes.extend_from_slice(&data);
        } else if length > DISCARDED_BYTES {
            break;
        }
    }
    Ok(if length <= BODY_BYTES {
        Body::Whole(Bytes::from(bytes))
    } else {
        Body::TooLarge
    })
}

/// What follows the `?` of a path.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn parse(query: &str) -> Query {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| match pair.split_once('=') {
                Some((name, value)) => (decode(name), decode(value)),
                None => (decode(pair), String::new()),
            });
        Query(pairs.collect())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("{name} is no number; expected 0 or more"))
        };
        self.get(name).map(parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_query() {
        let query = Query::parse("after=12&token=a%2Bb+c&wait=soon&&flag");
        assert_eq!(query.number("after"), Ok(Some(12)));
        assert_eq!(query.number("none"), Ok(None));
        assert_eq!(
            query.number("wait"),
            Err("wait is no number; expected 0 or more".to_owned())
        );
        assert_eq!(query.get("token"), Some("a+b c"));
        assert_eq!(query.get("flag"), Some(""));
    }
}
