//! A local Omnize: the service in its three dialects, its portal's ClientSDK page, scripted agents, triggers posted to
//! the application's webhook, and the service's side of an external bot with scripted customers; for tests and
//! demonstrations. It serves 127.0.0.1 only.
//!
//! It is an independent reading of the service's page and shares no code with this crate's client, so that the two
//! check each other.
//!
//! A request walks through `server` → `door` → its dialect (`rest`, `gateway` or `interactions`) → `reception` →
//! `interaction`, a trigger through `agent` → `service` → its dialect → `webhook`; both end in `transcript`. Where a bot
//! serves, `external_bot` stands in the agent's place, and where a customer is scripted, `visit` in the application's.

mod agents;
mod control;
mod customers;
mod dialects;
mod http;
mod json_object;
mod lifecycle;
mod state;

pub use crate::sandbox::customers::customer_script::Customer;
pub use crate::sandbox::customers::session::Report;
pub use crate::sandbox::dialects::Dialect;
pub use crate::sandbox::http::responses::Answers;
pub use crate::sandbox::state::account::DepartmentList;
pub use crate::sandbox::state::departments::{AgentError, Departments};
pub use crate::sandbox::state::transcript::{Direction, Entry, Watcher};

use crate::sandbox::control::portal::Portal;
use crate::sandbox::http::webhook::Webhook;
use crate::sandbox::state::state::Service;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// How a sandbox is set up.
pub struct Options {
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// The first token; `None` makes one that can't be guessed.
    pub token: Option<String>,
    /// The first token's webhook, an absolute http or https URL.
    pub webhook: Option<String>,
    /// The form of the service's answers.
    pub answers: Answers,
    /// The form of `gateway`'s list of departments.
    pub department_list: DepartmentList,
    /// The departments and their scripted agents.
    pub departments: Departments,
    /// The endpoints of the first token's external bots: `URL` for all departments, `DEPARTMENT=URL` for one.
    pub bots: Vec<String>,
    /// Scripted customers, each of which comes when the bot of its department is known.
    pub customers: Vec<Customer>,
    /// How long a webhook may take for its answer.
    pub trigger_timeout: Duration,
    /// Told of each request and trigger as it happens, on the sandbox's thread, which waits for it. It must not call
    /// the sandbox.
    pub watcher: Option<Watcher>,
}

impl Default for Options {
    /// A free port, a new token, no webhook, no bot, answers as JSON, the echoing agent, 5 seconds for a webhook.
    fn default() -> Options {
        Options {
            port: 0,
            token: None,
            webhook: None,
            answers: Answers::default(),
            department_list: DepartmentList::default(),
            departments: Departments::default(),
            bots: Vec::new(),
            customers: Vec::new(),
            trigger_timeout: Duration::from_secs(5),
            watcher: None,
        }
    }
}

/// A running local Omnize, on a thread of its own. Dropping it stops it.
pub struct Sandbox {
    url: String,
    token: String,
    trigger_timeout: Duration,
    expects_customers: bool,
    service: Arc<Service>,
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts it. When this returns, requests are taken.
    ///
    /// Fails with `InvalidInput` for an empty token or a webhook that is no absolute http or https URL, and with what
    /// the system says when the port is taken or no thread can be had.
    pub fn start(options: Options) -> io::Result<Sandbox> {
        let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidInput, error);
        let token = match options.token {
            Some(token) if token.is_empty() => {
                return Err(invalid("the token is empty".to_owned()));
            }
            Some(token) => token,
            None => crate::sandbox::state::ids::new_token()?,
        };
        let mut portal = Portal::default();
        let first = portal.add(token.clone());
        if let Some(url) = options.webhook {
            portal.set_webhook(first, Webhook::parse(&url).map_err(invalid)?);
        }
        let bots: Vec<_> = options
            .bots
            .iter()
            .map(|bot| read_bot(bot))
            .collect::<Result<_, String>>()
            .map_err(invalid)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let service = Arc::new(Service::new(
            options.answers,
            options.department_list,
            options.departments,
            options.customers,
            options.trigger_timeout,
            portal,
            options.watcher,
        ));
        let expects_customers = !service.customers().is_empty();
        for customer in service.customers().iter() {
            let id = &customer.0.department_id;
            if !service.has_department(id) || !service.agent(id).open {
                return Err(invalid(format!(
                    "a customer's department {id} is unknown or closed"
                )));
            }
        }
        {
            // A bot's customers come at once.
            let _entered = runtime.enter();
            for (department_id, bot) in bots {
                service.register_bot(first, department_id, Some(bot));
            }
        }
        service.note_start();
        let serving = Arc::clone(&service);
        let (stop, stopped) = oneshot::channel();
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new()
            .name("omnize-sandbox".to_owned())
            .spawn(move || run(runtime, listener, serving, stopped))?;
        Ok(Sandbox {
            url,
            token,
            trigger_timeout: options.trigger_timeout,
            expects_customers,
            service,
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`, where the portal's and the sandbox's own paths begin.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URL of a client that speaks this dialect.
    pub fn base_url(&self, dialect: Dialect) -> String {
        format!("{}{}", self.url, dialect.base_path())
    }

    /// The first token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Sets the first token's webhook, as the operator does in the portal. Fails with `InvalidInput` for anything but
    /// an absolute http or https URL.
    pub fn set_webhook(&self, url: &str) -> io::Result<()> {
        let webhook = Webhook::parse(url)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.service.desk().portal.set_webhook(0, webhook);
        Ok(())
    }

    /// Registers the first token's bot for all departments. Fails with `InvalidInput` for anything but an absolute http
    /// or https URL.
    pub fn set_bot(&self, url: &str) -> io::Result<()> {
        let bot = Webhook::parse(url)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let _entered = self.handle.enter();
        self.service.register_bot(0, None, Some(bot));
        Ok(())
    }

    /// How each scripted customer fares, in the order in which they came.
    pub fn customers(&self) -> Vec<Report> {
        self.service.reports()
    }

    /// How many customers of the options wait for the bot of their department.
    pub fn customers_waiting(&self) -> usize {
        self.service.customers().len()
    }

    /// Waits until every scripted customer of the options has come and gone. Never ends where they have none.
    pub async fn customers_gone(&self) {
        if !self.expects_customers {
            return std::future::pending().await;
        }
        let mut changes = self.service.desk().transcript.changes();
        loop {
            changes.mark_unchanged();
            let all_came = self.customers_waiting() == 0;
            let reports = self.service.reports();
            if all_came && reports.iter().all(|one| one.state != "talking") {
                return;
            }
            if changes.changed().await.is_err() {
                // The transcript lives as long as the sandbox, which lives as long as this borrows it.
                return;
            }
        }
    }

    /// Everything that was said so far. Waits for the results of triggers that are on their way, which come within
    /// the trigger timeout. Must not be called on a thread that drives a tokio runtime.
    pub fn transcript(&self) -> Vec<Entry> {
        let mut changes = self.service.desk().transcript.changes();
        self.handle.block_on(async {
            let deadline = Instant::now() + self.trigger_timeout + Duration::from_secs(1);
            loop {
                {
                    let desk = self.service.desk();
                    if desk.transcript.is_settled(0) || Instant::now() >= deadline {
                        return desk.transcript.since(0).to_vec();
                    }
                }
                // Whether it changed or the time is over is looked at above.
                let _ = timeout_at(deadline, changes.changed()).await;
            }
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Either may be gone already only if the thread panicked, which its own output has told.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(JoinHandle::join);
    }
}

/// `URL`, or `DEPARTMENT=URL`.
fn read_bot(text: &str) -> Result<(Option<String>, Webhook), String> {
    let (department_id, url) = match text.split_once('=') {
        Some((id, url)) if id.parse::<u64>().is_ok() => (Some(id.to_owned()), url),
        _ => (None, text),
    };
    match Webhook::parse(url) {
        Ok(bot) => Ok((department_id, bot)),
        Err(_) => Err(format!(
            "bot {text:?}: expected an absolute http or https URL, or DEPARTMENT= and one"
        )),
    }
}

fn run(
    runtime: Runtime,
    listener: tokio::net::TcpListener,
    service: Arc<Service>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        tokio::select! {
            () = crate::sandbox::http::server::serve(listener, service) => {}
            _ = stopped => {}
        }
    });
    // A name look-up that is under way must not hold up the end.
    runtime.shutdown_background();
}
