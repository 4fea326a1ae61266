//! What the sandbox shows while it runs: its own lines, one for each request and trigger, and between them the lines of
//! the command that it runs, in the order in which things happened.
//!
//! The order holds because whoever writes first passes on what the command has written: a line that was printed before a
//! request was sent is in the pipe when the request arrives.

use crate::sandbox::{Direction, Entry};
use serde_json::Value;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

const WEBHOOK: &[u8] = b"webhook: ";
const BOT: &[u8] = b"bot: ";
/// A command's line that is longer is passed on in pieces.
const LONGEST_LINE: usize = 64 * 1024;
/// Of a message, what is shown.
const SHOWN_CHARS: usize = 120;

pub struct Screen {
    out: Box<dyn Write + Send>,
    coloured: bool,
    id_width: usize,
    command: Option<CommandOutput>,
}

/// The output of the command, read without ever waiting for it.
struct CommandOutput {
    pipe: File,
    partial: Vec<u8>,
    addresses: Vec<Address>,
    found: Arc<Notify>,
}

/// A URL that a command has printed for its operator.
#[derive(Debug, PartialEq, Eq)]
pub enum Address {
    Webhook(String),
    Bot(String),
}

/// The screen, whatever became of the one who used it last.
pub fn locked(screen: &Mutex<Screen>) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    pub fn new() -> Screen {
        let out = io::stdout();
        let coloured =
            out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Screen {
            out: Box::new(out),
            coloured,
            id_width: 4,
            command: None,
        }
    }

    /// Takes the non-blocking read end of a command's standard output. `found` is told when an address came.
    pub fn attach(&mut self, pipe: File, found: Arc<Notify>) {
        self.command = Some(CommandOutput {
            pipe,
            partial: Vec::new(),
            addresses: Vec::new(),
            found,
        });
    }

    pub fn line(&mut self, line: &str) {
        self.pass_on();
        self.write(format!("{line}\n").as_bytes());
    }

    /// Shows a request or trigger; a trigger's result only when it failed.
    pub fn entry(&mut self, entry: &Entry) {
        if entry.direction == Direction::Trigger && entry.status.is_some() && entry.error.is_none()
        {
            return;
        }
        let (direction, colour) = match entry.direction {
            Direction::Request => ("request", "36"),
            Direction::Trigger => ("trigger", "32"),
        };
        let id: String = entry
            .client_id
            .as_deref()
            .or(entry.interaction_hash.as_deref())
            .unwrap_or("-")
            .escape_debug()
            .take(SHOWN_CHARS)
            .collect();
        self.id_width = self.id_width.max(id.chars().count());
        let (kind, detail) = described(entry);
        let mut line = format!(
            "  {direction}  {id:<width$}  {kind:<11}",
            width = self.id_width
        );
        if let Some(detail) = detail {
            line.push_str(&format!("  {detail}"));
        }
        let line = match &entry.error {
            None if self.coloured => format!("\x1b[{colour}m{}\x1b[0m", line.trim_end()),
            None => line.trim_end().to_owned(),
            Some(error) => {
                let status = entry
                    .status
                    .map(|status| format!("{status} "))
                    .unwrap_or_default();
                let whole = format!("{}  -> {status}{error}", line.trim_end());
                if self.coloured {
                    format!("\x1b[31m{whole}\x1b[0m")
                } else {
                    whole
                }
            }
        };
        self.line(&line);
    }

    /// Passes on the whole lines that the command has written. False when no more can come.
    pub fn pass_on(&mut self) -> bool {
        let Some(command) = &mut self.command else {
            return false;
        };
        let (lines, more) = command.read();
        self.write(&lines);
        more
    }

    /// Passes on what is left, a line without an end included.
    pub fn finish(&mut self) {
        self.pass_on();
        if let Some(command) = self.command.take() {
            self.write(&command.partial);
        }
    }

    /// The addresses that came since the last call.
    pub fn take_addresses(&mut self) -> Vec<Address> {
        self.command
            .as_mut()
            .map(|command| std::mem::take(&mut command.addresses))
            .unwrap_or_default()
    }

    fn write(&mut self, bytes: &[u8]) {
        // Who no longer reads has seen enough; the command that runs is more important.
        let _ = self.out.write_all(bytes).and_then(|()| self.out.flush());
    }
}

impl CommandOutput {
    /// The whole lines that are there, and whether more can come.
    fn read(&mut self) -> (Vec<u8>, bool) {
        let mut chunk = [0; 8192];
        let more = loop {
            match self.pipe.read(&mut chunk) {
                Ok(0) => break false,
                Ok(length) => self.partial.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break error.kind() == io::ErrorKind::WouldBlock,
            }
        };
        let end = match self.partial.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => newline + 1,
            None if self.partial.len() > LONGEST_LINE => self.partial.len(),
            None => 0,
        };
        let rest = self.partial.split_off(end);
        let lines = std::mem::replace(&mut self.partial, rest);
        for line in lines.split(|byte| *byte == b'\n') {
            let url = |prefix| {
                let url: &[u8] = line.strip_prefix(prefix)?;
                Some(String::from_utf8_lossy(url).trim().to_owned())
            };
            let address = url(WEBHOOK)
                .map(Address::Webhook)
                .or_else(|| url(BOT).map(Address::Bot));
            if let Some(address) = address {
                self.addresses.push(address);
                self.found.notify_one();
            }
        }
        (lines, more)
    }
}

/// What an entry is called, and what else is worth a glance. Texts are quoted and escaped: they may hold anything.
fn described(entry: &Entry) -> (String, Option<String>) {
    let object: Value = entry
        .body
        .as_ref()
        .and_then(|body| serde_json::from_str(body.get()).ok())
        .unwrap_or_default();
    let kind = entry.kind.map(str::to_owned);
    match (entry.direction, entry.kind) {
        (Direction::Request, None) => ("unreadable".to_owned(), None),
        (Direction::Request, Some("message")) => ("message".to_owned(), Some(said(&object))),
        (Direction::Request, Some("start")) => {
            let department = [&object["departmentId"], &object["department_id"]]
                .into_iter()
                .find(|id| !id.is_null())
                .map(|id| format!("department {}", shown(id)));
            let customer = [&object["customerName"], &object["customer"]["name"]]
                .into_iter()
                .find_map(Value::as_str)
                .map(quoted);
            let detail = [department, customer]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ");
            ("start".to_owned(), Some(detail))
        }
        (Direction::Trigger, Some("newMessage")) => ("newMessage".to_owned(), Some(said(&object))),
        (Direction::Trigger, Some("message")) => {
            let message = &object["message"];
            let text = message.as_str().map(quoted);
            ("message".to_owned(), text.or_else(|| Some(said(message))))
        }
        (Direction::Trigger, Some("queued")) => {
            ("queued".to_owned(), Some(shown(&object["position"])))
        }
        (Direction::Trigger, Some("transferred")) => {
            let department = format!("department {}", shown(&object["department_id"]));
            ("transferred".to_owned(), Some(department))
        }
        (Direction::Trigger, None) => (
            "other".to_owned(),
            entry.body.as_ref().map(|body| plain(body.get())),
        ),
        _ => (kind.unwrap_or_default(), None),
    }
}

/// A message's text, and of a medium where it is.
fn said(message: &Value) -> String {
    let content = message["content"].as_str().map(quoted);
    let url = message["url"].as_str().map(plain);
    [content, url]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| plain(&value.to_string()), plain)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text))
}

fn plain(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::{OFlags, fcntl_setfl};
    use std::os::fd::OwnedFd;

    /// What was shown, for the test to look at.
    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<u8>>>);

    impl Write for Shown {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Shown {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn screen() -> (Screen, Shown, io::PipeWriter) {
        let (reader, writer) = io::pipe().unwrap();
        fcntl_setfl(&reader, OFlags::NONBLOCK).unwrap();
        let shown = Shown::default();
        let mut screen = Screen {
            out: Box::new(shown.clone()),
            coloured: false,
            id_width: 4,
            command: None,
        };
        screen.attach(File::from(OwnedFd::from(reader)), Arc::new(Notify::new()));
        (screen, shown, writer)
    }

    #[test]
    fn what_the_command_wrote_before_is_shown_before() {
        let (mut screen, shown, mut command) = screen();
        command.write_all(b"one\ntwo\nhal").unwrap();
        screen.line("ours");
        assert_eq!(shown.take(), "one\ntwo\nours\n");
        command.write_all(b"f\nlast").unwrap();
        drop(command);
        assert!(!screen.pass_on());
        assert_eq!(shown.take(), "half\n");
        screen.finish();
        assert_eq!(shown.take(), "last");
    }

    #[test]
    fn a_webhook_line_is_found_once_it_is_whole() {
        let (mut screen, shown, mut command) = screen();
        command
            .write_all(b"my webhook: http://no/\nwebhook: http://yes/")
            .unwrap();
        assert!(screen.pass_on());
        assert!(screen.take_addresses().is_empty());
        command.write_all(b" \r\n").unwrap();
        assert!(screen.pass_on());
        assert_eq!(
            screen.take_addresses(),
            [Address::Webhook("http://yes/".to_owned())]
        );
        assert!(screen.take_addresses().is_empty());
        assert_eq!(
            shown.take(),
            "my webhook: http://no/\nwebhook: http://yes/ \r\n"
        );
    }

    #[test]
    fn texts_are_escaped_and_cut() {
        assert_eq!(quoted("a\u{1b}[2J\n\"é"), r#""a\u{1b}[2J\n\"é""#);
        assert_eq!(
            plain(&"é".repeat(200)),
            format!("{}…", "é".repeat(SHOWN_CHARS))
        );
    }
}
