//! A running sandbox: starts the server on its own thread, and stops it.

use crate::sandbox::customers::customer_report::CustomerReport;
use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::model::ids::new_token;
use crate::sandbox::options::Options;
use crate::sandbox::server::http_server::serve;
use crate::sandbox::state::portal_settings::PortalSettings;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use crate::sandbox::state::transcript::Entry;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// A running local Omnize, on its own thread. Dropping it stops the thread.
pub struct Sandbox {
    url: String,
    token: String,
    trigger_timeout: Duration,
    has_customers: bool,
    service: Arc<SimulatedService>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox. It accepts requests when this function returns.
    ///
    /// Fails with `InvalidInput` if the token is empty, or if a URL is not an absolute http or https URL. Also fails with
    /// `InvalidInput` if the department of a customer is unknown or closed. Fails with the operating system's error if the
    /// port is in use or if it can't start a thread.
    pub fn start(options: Options) -> io::Result<Sandbox> {
        let token = match options.token {
            Some(token) if token.is_empty() => {
                return Err(invalid_input("the token is empty".to_owned()));
            }
            Some(token) => token,
            None => new_token()?,
        };
        let mut portal = PortalSettings::default();
        let first_token = portal.add_token(token.clone());
        if let Some(url) = options.webhook {
            portal.set_webhook(first_token, parse_url(&url)?);
        }
        let bots: Vec<_> = options
            .bots
            .iter()
            .map(|bot| parse_bot(bot))
            .collect::<io::Result<_>>()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let service = Arc::new(SimulatedService::new(
            options.response_format,
            options.department_list_format,
            options.departments,
            options.customers,
            options.trigger_timeout,
            SandboxState::new(portal, options.watcher),
        ));
        let has_customers = !service.pending_customers().is_empty();
        check_customer_departments(&service)?;
        let listener = {
            let _entered = runtime.enter();
            for (department_id, bot) in bots {
                service.register_bot(first_token, department_id, Some(bot));
            }
            service.save_initial_portal();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread_service = Arc::clone(&service);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("omnize-sandbox".to_owned())
            .spawn(move || run(runtime, listener, thread_service, stopped))?;
        Ok(Sandbox {
            url,
            token,
            trigger_timeout: options.trigger_timeout,
            has_customers,
            service,
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns `http://127.0.0.1:PORT`, the base of the paths of the portal and of the control API.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the base URL for a client of this dialect.
    pub fn base_url(&self, dialect: Dialect) -> String {
        format!("{}{}", self.url, dialect.base_path())
    }

    /// Returns the first token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Sets the webhook of the first token, as an operator does in the portal. Fails with `InvalidInput` if the URL is not
    /// an absolute http or https URL.
    pub fn set_webhook(&self, url: &str) -> io::Result<()> {
        let webhook = parse_url(url)?;
        self.service.lock().portal.set_webhook(0, webhook);
        Ok(())
    }

    /// Registers a bot of the first token for all departments. Fails with `InvalidInput` if the URL is not an absolute http
    /// or https URL.
    pub fn set_bot(&self, url: &str) -> io::Result<()> {
        let bot = parse_url(url)?;
        let _entered = self.runtime.enter();
        self.service.register_bot(0, None, Some(bot));
        Ok(())
    }

    /// Returns a report for each scripted customer, in the order of their starts.
    pub fn customer_reports(&self) -> Vec<CustomerReport> {
        self.service.customer_reports()
    }

    /// Returns the number of customers in the options whose department has no bot yet.
    pub fn pending_customers(&self) -> usize {
        self.service.pending_customers().len()
    }

    /// Waits until the script of every customer in the options has ended. Waits forever if the options have no customers.
    pub async fn wait_for_customers(&self) {
        if !self.has_customers {
            return std::future::pending().await;
        }
        let mut changes = self.service.lock().transcript.subscribe();
        loop {
            changes.mark_unchanged();
            let all_started = self.pending_customers() == 0;
            let reports = self.service.customer_reports();
            if all_started && !reports.iter().any(CustomerReport::is_running) {
                return;
            }
            if changes.changed().await.is_err() {
                // The transcript exists as long as `self`, so this does not happen.
                return;
            }
        }
    }

    /// Returns the transcript. Blocks until every sent trigger has its result, which takes at most the trigger timeout.
    /// Must not be called on a thread that runs a tokio runtime.
    pub fn transcript(&self) -> Vec<Entry> {
        let mut changes = self.service.lock().transcript.subscribe();
        self.runtime.block_on(async {
            let deadline = Instant::now() + self.trigger_timeout + Duration::from_secs(1);
            loop {
                {
                    let state = self.service.lock();
                    if state.transcript.is_complete(0) || Instant::now() >= deadline {
                        return state.transcript.entries_after(0).to_vec();
                    }
                }
                // The loop checks both results: a change and the timeout.
                let _ = timeout_at(deadline, changes.changed()).await;
            }
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Both fail only if the thread has panicked; the panic message was already printed.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(JoinHandle::join);
    }
}

fn invalid_input(error: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

fn parse_url(url: &str) -> io::Result<WebhookUrl> {
    WebhookUrl::parse(url).map_err(invalid_input)
}

/// Parses `URL` or `DEPARTMENT=URL`.
fn parse_bot(text: &str) -> io::Result<(Option<String>, WebhookUrl)> {
    let (department_id, url) = match text.split_once('=') {
        Some((id, url)) if id.parse::<u64>().is_ok() => (Some(id.to_owned()), url),
        _ => (None, text),
    };
    match WebhookUrl::parse(url) {
        Ok(bot) => Ok((department_id, bot)),
        Err(_) => Err(invalid_input(format!(
            "bot {text:?}: expected an absolute http or https URL, or DEPARTMENT=URL"
        ))),
    }
}

fn check_customer_departments(service: &SimulatedService) -> io::Result<()> {
    for customer in service.pending_customers().iter() {
        let id = &customer.0.department_id;
        if !service.has_department(id) || !service.agent(id).open {
            return Err(invalid_input(format!(
                "the department {id} of a customer is unknown or closed; expected an open department"
            )));
        }
    }
    Ok(())
}

fn run(
    runtime: Runtime,
    listener: tokio::net::TcpListener,
    service: Arc<SimulatedService>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        tokio::select! {
            () = serve(listener, service) => {}
            _ = stopped => {}
        }
    });
    // In the background, because a name lookup in progress must not delay the stop.
    runtime.shutdown_background();
}
