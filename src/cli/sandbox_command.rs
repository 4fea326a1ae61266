//! `omnize sandbox`: runs a local Omnize, with or without a command of the user.

use crate::cli::child_process::run as run_command;
use crate::cli::command_error::CommandError;
use crate::cli::console::{Console, lock_console};
use crate::cli::platform::Signals;
use crate::sandbox::{
    Customer, DepartmentListFormat, Departments, Dialect, Options, ResponseFormat, Sandbox, Watcher,
};
use clap::Args;
use serde_json::json;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// Run a local Omnize, with scripted agents, for tests and demonstrations
///
/// It serves 127.0.0.1 only, until SIGINT or SIGTERM, or on Windows until Ctrl-C or Ctrl-Break.
#[derive(Args)]
pub struct Arguments {
    /// The port to listen on; 0 selects a free port
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,

    /// The first token [default: a random token]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// The webhook of the first token
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,

    /// The format of the service's responses: json, empty, text, success-false or status-inside
    #[arg(long, value_name = "FORM", default_value = "json")]
    answers: ResponseFormat,

    /// The dialect of the program: rest, gateway or interactions. It selects the printed base URL, and OMNIZE_DIALECT for a
    /// command. The sandbox accepts requests of all dialects [default: the value of OMNIZE_DIALECT; if it is not set rest, or
    /// interactions with --bot or --customer, which exist only there]
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,

    /// A department and its name; may be repeated [default: 1=Support, 2=Sales]
    #[arg(long = "department", value_name = "ID=NAME")]
    departments: Vec<String>,

    /// The form of gateway's department list: array, departments or data; the last two are objects that contain the array
    #[arg(long, value_name = "FORM", default_value = "array")]
    department_list: DepartmentListFormat,

    /// An agent: echo, silent, unavailable, closed or a scenario file. AGENT is for all departments, DEPARTMENT=AGENT for
    /// one; may be repeated [default: echo]
    #[arg(long = "agent", value_name = "AGENT")]
    agents: Vec<String>,

    /// The endpoint of an external bot. URL is for all departments, DEPARTMENT=URL for one; may be repeated
    #[arg(long = "bot", value_name = "URL")]
    bots: Vec<String>,

    /// The script of a customer, who starts when the department has a bot; may be repeated
    #[arg(long = "customer", value_name = "FILE")]
    customers: Vec<PathBuf>,

    /// The time limit for the response of a webhook
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    trigger_timeout: u64,

    /// Print one line of JSON when the sandbox is ready, and nothing else
    #[arg(long, conflicts_with = "command")]
    json: bool,

    /// End at the end of standard input, so that the sandbox ends with the test that started it
    #[arg(long, conflicts_with = "command")]
    until_stdin_closes: bool,

    /// Do not print requests and triggers
    #[arg(long)]
    quiet: bool,

    /// Write the transcript to this file at the end, as JSON
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,

    /// A command to run with OMNIZE_TOKEN, OMNIZE_BASE_URL, OMNIZE_DIALECT and OMNIZE_SANDBOX_URL set. If it prints a line
    /// "webhook: URL", the sandbox sets this webhook and writes a newline to the command's standard input. "bot: URL"
    /// registers an external bot. The sandbox ends with the command's exit status. With customers, the sandbox ends the
    /// command after their scripts; the status is 0 if all scripts succeeded
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub fn run(mut arguments: Arguments) -> Result<i32, CommandError> {
    if arguments.dialect.is_none() {
        arguments.dialect = dialect_from_environment()?;
    }
    arguments.check()?;
    let console = Arc::new(Mutex::new(Console::new()));
    let is_verbose = !arguments.quiet && !arguments.json;
    let sandbox = start(&arguments, is_verbose.then(|| Arc::clone(&console)))?;
    let status = if arguments.command.is_empty() {
        run_until_signal(&sandbox, &arguments, &console)
            .map_err(|error| CommandError::Run(error.to_string()))?;
        0
    } else {
        if is_verbose {
            lock_console(&console).line(&format!("Omnize sandbox at {}", sandbox.url()));
        }
        run_command(&sandbox, &console, &arguments.command, arguments.dialect())?
    };
    if let Some(path) = &arguments.transcript {
        write_transcript(&sandbox, path)?;
    }
    Ok(status)
}

impl Arguments {
    /// Customers talk to bots. Fails if the dialect of the program has no bots.
    fn check(&self) -> Result<(), CommandError> {
        match self.dialect {
            Some(dialect) if !self.customers.is_empty() && dialect != Dialect::WITH_BOTS => {
                Err(CommandError::Usage(format!(
                    "--customer requires the dialect {}, but --dialect or OMNIZE_DIALECT is {}; remove it",
                    Dialect::WITH_BOTS.name(),
                    dialect.name()
                )))
            }
            _ => Ok(()),
        }
    }

    fn dialect(&self) -> Dialect {
        let has_bots = !self.bots.is_empty() || !self.customers.is_empty();
        let implied = if has_bots {
            Dialect::WITH_BOTS
        } else {
            Dialect::default()
        };
        self.dialect.unwrap_or(implied)
    }
}

/// Reads OMNIZE_DIALECT. An empty variable counts as unset, as in the library.
fn dialect_from_environment() -> Result<Option<Dialect>, CommandError> {
    let value = std::env::var_os("OMNIZE_DIALECT").filter(|value| !value.is_empty());
    let dialect = value.map(|value| value.to_string_lossy().parse());
    dialect.transpose().map_err(|expected| {
        CommandError::Usage(format!(
            "the environment variable OMNIZE_DIALECT: {expected}"
        ))
    })
}

fn start(
    arguments: &Arguments,
    watcher_console: Option<Arc<Mutex<Console>>>,
) -> Result<Sandbox, CommandError> {
    let mut departments = Departments::default();
    for department in &arguments.departments {
        departments
            .name(department)
            .map_err(|error| CommandError::Usage(error.to_string()))?;
    }
    for agent in &arguments.agents {
        departments
            .add(agent)
            .map_err(|error| CommandError::Usage(error.to_string()))?;
    }
    let customers = arguments
        .customers
        .iter()
        .map(|path| Customer::read_file(path));
    let customers = customers
        .collect::<Result<_, _>>()
        .map_err(|error| CommandError::Usage(error.to_string()))?;
    let options = Options {
        port: arguments.port,
        token: arguments.token.clone(),
        webhook: arguments.webhook.clone(),
        response_format: arguments.answers,
        department_list_format: arguments.department_list,
        departments,
        bots: arguments.bots.clone(),
        customers,
        trigger_timeout: Duration::from_millis(arguments.trigger_timeout),
        watcher: watcher_console.map(|console| -> Watcher {
            Box::new(move |entry| lock_console(&console).entry(entry))
        }),
    };
    Sandbox::start(options).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => CommandError::Usage(error.to_string()),
        io::ErrorKind::AddrInUse => CommandError::Run(format!(
            "port {} is already in use; choose another one, or 0",
            arguments.port
        )),
        _ => CommandError::Run(format!("the sandbox failed to start: {error}")),
    })
}

/// Prints that the sandbox is ready, with its URLs and token. Output errors are ignored.
fn print_ready_lines(sandbox: &Sandbox, arguments: &Arguments, console: &Mutex<Console>) {
    let transcript = format!("{}/sandbox/transcript", sandbox.url());
    let base_url = sandbox.base_url(arguments.dialect());
    let mut console = lock_console(console);
    if arguments.json {
        let base_urls: serde_json::Map<_, _> = Dialect::ALL
            .map(|dialect| (dialect.name().to_owned(), json!(sandbox.base_url(dialect))))
            .into_iter()
            .collect();
        let ready = json!({
            "url": sandbox.url(),
            "base_url": base_url,
            "base_urls": base_urls,
            "token": sandbox.token(),
            "transcript": transcript,
        });
        console.line(&ready.to_string());
        return;
    }
    console.line(&format!("Omnize sandbox at {}", sandbox.url()));
    console.line(&format!("  base_url    {base_url}"));
    console.line(&format!("  token       {}", sandbox.token()));
    console.line(&format!("  transcript  {transcript}"));
}

/// Prints that the sandbox is ready. Returns at a signal that ends the command, or at the end of standard input.
fn run_until_signal(
    sandbox: &Sandbox,
    arguments: &Arguments,
    console: &Mutex<Console>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (closed, stdin) = oneshot::channel();
    runtime.block_on(async {
        // Before the output, because a reader may send a signal at once.
        let mut signals = Signals::listen()?;
        print_ready_lines(sandbox, arguments, console);
        if arguments.until_stdin_closes {
            // A separate thread, because reading blocks. It ends with the process.
            std::thread::Builder::new()
                .name("omnize-stdin".to_owned())
                .spawn(move || {
                    // An error counts as the end of standard input. Sending fails only while the sandbox stops.
                    let _ = io::copy(&mut io::stdin(), &mut io::sink());
                    let _ = closed.send(());
                })?;
            tokio::select! {
                _ = signals.next() => {}
                _ = stdin => {}
            }
        } else {
            signals.next().await;
        }
        Ok(())
    })
}

fn write_transcript(sandbox: &Sandbox, path: &Path) -> Result<(), CommandError> {
    let write = || -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&sandbox.transcript())?;
        text.push(b'\n');
        std::fs::File::create(path)?.write_all(&text)
    };
    write().map_err(|error| {
        CommandError::Run(format!(
            "writing the transcript to {path:?} failed: {error}"
        ))
    })
}
