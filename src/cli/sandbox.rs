//! `omnize sandbox`: a local Omnize, alone or around a command that is to talk to it.

use crate::cli::Failure;
#[cfg(unix)]
use crate::cli::child_process::run as run_command;
use crate::cli::console::{Screen, locked};
use crate::cli::signals::Signals;
use crate::sandbox::{
    Answers, Customer, DepartmentList, Departments, Dialect, Options, Sandbox, Watcher,
};
use clap::Args;
use serde_json::json;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// Run a local Omnize, with scripted agents, for tests and demonstrations
///
/// It serves 127.0.0.1 only, until SIGINT or SIGTERM.
#[derive(Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,

    /// The first token; one that can't be guessed is made when it is not given
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// The first token's webhook
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,

    /// The form of the service's answers: json, empty, text, success-false or status-inside
    #[arg(long, value_name = "FORM", default_value = "json")]
    answers: Answers,

    /// The dialect of the program to be: rest, gateway or interactions. The base URL that is told is that dialect's, and
    /// a command gets OMNIZE_DIALECT set. The sandbox itself speaks all of them at once [default: what OMNIZE_DIALECT says;
    /// without it rest, or interactions with --bot or --customer, which are of no other]
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,

    /// A department's name; may be repeated [default: 1=Support, 2=Sales]
    #[arg(long = "department", value_name = "ID=NAME")]
    departments: Vec<String>,

    /// The form of gateway's list of departments: array, departments or data, the last two inside an object
    #[arg(long, value_name = "FORM", default_value = "array")]
    department_list: DepartmentList,

    /// An agent: echo, silent, unavailable, closed or a scenario file, for all departments or, as DEPARTMENT=AGENT, for one;
    /// may be repeated [default: echo]
    #[arg(long = "agent", value_name = "AGENT")]
    agents: Vec<String>,

    /// An external bot's endpoint, for all departments or, as DEPARTMENT=URL, for one; may be repeated
    #[arg(long = "bot", value_name = "URL")]
    bots: Vec<String>,

    /// A scripted customer, who comes when the bot of its department is known; may be repeated
    #[arg(long = "customer", value_name = "FILE")]
    customers: Vec<PathBuf>,

    /// How long a webhook may take for its answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    trigger_timeout: u64,

    /// Print one line of JSON, once it is ready, and nothing else
    #[arg(long, conflicts_with = "command")]
    json: bool,

    /// End when standard input does, so that a test that dies leaves no sandbox behind
    #[arg(long, conflicts_with = "command")]
    until_stdin_closes: bool,

    /// Do not show the requests and triggers as they happen
    #[arg(long)]
    quiet: bool,

    /// At the end, write the transcript to this file, as JSON
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,

    /// A command to run with OMNIZE_TOKEN, OMNIZE_BASE_URL and OMNIZE_SANDBOX_URL set. When it prints a line
    /// "webhook: URL", that webhook is set and it is sent a newline, as if an operator had pasted the URL into the
    /// portal and pressed Enter; with "bot: URL" the same for an external bot. Its exit status is the sandbox's. With
    /// customers, it is ended when they have gone, and the status is 0 when each got what the script says
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub fn run(mut arguments: Arguments) -> Result<u8, Failure> {
    if arguments.dialect.is_none() {
        arguments.dialect = dialect_of_environment()?;
    }
    arguments.check()?;
    let screen = Arc::new(Mutex::new(Screen::new()));
    let shown = !arguments.quiet && !arguments.json;
    let sandbox = start(&arguments, shown.then(|| Arc::clone(&screen)))?;
    let status = if arguments.command.is_empty() {
        stand_alone(&sandbox, &arguments, &screen)
            .map_err(|error| Failure::Run(error.to_string()))?;
        0
    } else {
        if shown {
            locked(&screen).line(&format!("Omnize sandbox at {}", sandbox.url()));
        }
        run_command(&sandbox, &screen, &arguments.command, arguments.dialect())?
    };
    if let Some(path) = &arguments.transcript {
        write_transcript(&sandbox, path)?;
    }
    Ok(status)
}

impl Arguments {
    /// A customer talks with a bot, and a program that was told another dialect could not be one.
    fn check(&self) -> Result<(), Failure> {
        match self.dialect {
            Some(dialect) if !self.customers.is_empty() && dialect != Dialect::OF_BOTS => {
                Err(Failure::Usage(format!(
                    "a customer comes in the dialect {} alone, and --dialect or OMNIZE_DIALECT says {}; leave it out",
                    Dialect::OF_BOTS.name(),
                    dialect.name()
                )))
            }
            _ => Ok(()),
        }
    }

    fn dialect(&self) -> Dialect {
        let has_bots = !self.bots.is_empty() || !self.customers.is_empty();
        let implied = if has_bots {
            Dialect::OF_BOTS
        } else {
            Dialect::default()
        };
        self.dialect.unwrap_or(implied)
    }
}

/// What the environment says. An empty variable counts as not set, as it does for the library.
fn dialect_of_environment() -> Result<Option<Dialect>, Failure> {
    let value = std::env::var_os("OMNIZE_DIALECT").filter(|value| !value.is_empty());
    let dialect = value.map(|value| value.to_string_lossy().parse());
    dialect.transpose().map_err(|expected| {
        Failure::Usage(format!(
            "the environment variable OMNIZE_DIALECT: {expected}"
        ))
    })
}

fn start(arguments: &Arguments, watching: Option<Arc<Mutex<Screen>>>) -> Result<Sandbox, Failure> {
    let mut departments = Departments::default();
    for department in &arguments.departments {
        departments
            .name(department)
            .map_err(|error| Failure::Usage(error.to_string()))?;
    }
    for agent in &arguments.agents {
        departments
            .add(agent)
            .map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let customers = arguments
        .customers
        .iter()
        .map(|path| Customer::read_file(path));
    let customers = customers
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let options = Options {
        port: arguments.port,
        token: arguments.token.clone(),
        webhook: arguments.webhook.clone(),
        answers: arguments.answers,
        department_list: arguments.department_list,
        departments,
        bots: arguments.bots.clone(),
        customers,
        trigger_timeout: Duration::from_millis(arguments.trigger_timeout),
        watcher: watching
            .map(|screen| -> Watcher { Box::new(move |entry| locked(&screen).entry(entry)) }),
    };
    Sandbox::start(options).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Failure::Usage(error.to_string()),
        io::ErrorKind::AddrInUse => Failure::Run(format!("port {} is taken", arguments.port)),
        _ => Failure::Run(format!("the sandbox can't start: {error}")),
    })
}

#[cfg(not(unix))]
fn run_command(
    _: &Sandbox,
    _: &Arc<Mutex<Screen>>,
    _: &[String],
    _: Dialect,
) -> Result<u8, Failure> {
    Err(Failure::Usage(
        "a command can be run on Unix-like systems only".to_owned(),
    ))
}

/// Says that the sandbox is ready, and where. A reader who has hung up is no reason to end.
fn tell(sandbox: &Sandbox, arguments: &Arguments, screen: &Mutex<Screen>) {
    let transcript = format!("{}/sandbox/transcript", sandbox.url());
    let base_url = sandbox.base_url(arguments.dialect());
    let mut screen = locked(screen);
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
        screen.line(&ready.to_string());
        return;
    }
    screen.line(&format!("Omnize sandbox at {}", sandbox.url()));
    screen.line(&format!("  base_url    {base_url}"));
    screen.line(&format!("  token       {}", sandbox.token()));
    screen.line(&format!("  transcript  {transcript}"));
}

/// Says that the sandbox is ready, and returns at SIGINT, at SIGTERM, or when standard input ends.
fn stand_alone(sandbox: &Sandbox, arguments: &Arguments, screen: &Mutex<Screen>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (closed, stdin) = oneshot::channel();
    runtime.block_on(async {
        // Before anyone is told, so that no signal comes too early.
        let mut signals = Signals::listen()?;
        tell(sandbox, arguments, screen);
        if arguments.until_stdin_closes {
            // Reading blocks, so it has a thread, which ends with the process.
            std::thread::Builder::new()
                .name("omnize-stdin".to_owned())
                .spawn(move || {
                    // An error ends standard input as well, and the receiver is gone only when the sandbox ends already.
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

fn write_transcript(sandbox: &Sandbox, path: &Path) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&sandbox.transcript())?;
        text.push(b'\n');
        std::fs::File::create(path)?.write_all(&text)
    };
    write().map_err(|error| {
        Failure::Run(format!(
            "the transcript can't be written to {path:?}: {error}"
        ))
    })
}
