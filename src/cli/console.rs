//! The output of `omnize sandbox`: its own lines, one line for each request and trigger, and the output of the command.
//!
//! The lines are in the order of the events. Before each own line, the console forwards what the command has written. The
//! command writes a line before it sends its next request, so the line is in the pipe when the request arrives.

use crate::cli::platform;
use crate::sandbox::{Direction, Entry};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

const WEBHOOK_PREFIX: &[u8] = b"webhook: ";
const BOT_PREFIX: &[u8] = b"bot: ";
/// A longer line of the command is forwarded in parts.
const MAX_LINE_BYTES: usize = 64 * 1024;
/// The number of characters of a text that are printed.
const MAX_SHOWN_CHARS: usize = 120;

pub struct Console {
    out: Box<dyn Write + Send>,
    coloured: bool,
    id_width: usize,
    command: Option<CommandOutput>,
}

/// The output of the command. Reading never blocks.
struct CommandOutput {
    pipe: Box<dyn Read + Send>,
    partial: Vec<u8>,
    urls: Vec<PrintedUrl>,
    found: Arc<Notify>,
}

/// A URL that the command has printed.
#[derive(Debug, PartialEq, Eq)]
pub enum PrintedUrl {
    Webhook(String),
    Bot(String),
}

/// Locks the console. Poisoning is ignored, because each line is written whole.
pub fn lock_console(console: &Mutex<Console>) -> MutexGuard<'_, Console> {
    console.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Console {
    pub fn new() -> Console {
        let (out, has_colours) = platform::open_output();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Console {
            out,
            coloured: has_colours && !no_colour,
            id_width: 4,
            command: None,
        }
    }

    /// Sets the read end of the command's standard output, which must be non-blocking. `found` is notified of each URL.
    pub fn attach(&mut self, pipe: Box<dyn Read + Send>, found: Arc<Notify>) {
        self.command = Some(CommandOutput {
            pipe,
            partial: Vec::new(),
            urls: Vec::new(),
            found,
        });
    }

    pub fn line(&mut self, line: &str) {
        self.forward_lines();
        self.write(format!("{line}\n").as_bytes());
    }

    /// Prints a request or trigger. The result of a trigger is printed only if it failed.
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
            .take(MAX_SHOWN_CHARS)
            .collect();
        self.id_width = self.id_width.max(id.chars().count());
        let (kind, detail) = entry_summary(entry);
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

    /// Forwards the complete lines of the command. Returns false at the end of its output.
    pub fn forward_lines(&mut self) -> bool {
        let Some(command) = &mut self.command else {
            return false;
        };
        let (lines, more) = command.read();
        self.write(&lines);
        more
    }

    /// Forwards the remaining output, including an incomplete line.
    pub fn flush(&mut self) {
        self.forward_lines();
        if let Some(command) = self.command.take() {
            self.write(&command.partial);
        }
    }

    /// Returns the URLs since the previous call.
    pub fn take_urls(&mut self) -> Vec<PrintedUrl> {
        self.command
            .as_mut()
            .map(|command| std::mem::take(&mut command.urls))
            .unwrap_or_default()
    }

    fn write(&mut self, bytes: &[u8]) {
        // Output errors are ignored, because the command must continue without a reader.
        let _ = self.out.write_all(bytes).and_then(|()| self.out.flush());
    }
}

impl CommandOutput {
    /// Returns the complete lines, and whether more output may follow.
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
            None if self.partial.len() > MAX_LINE_BYTES => self.partial.len(),
            None => 0,
        };
        let rest = self.partial.split_off(end);
        let lines = std::mem::replace(&mut self.partial, rest);
        for line in lines.split(|byte| *byte == b'\n') {
            let url = |prefix| {
                let url: &[u8] = line.strip_prefix(prefix)?;
                Some(String::from_utf8_lossy(url).trim().to_owned())
            };
            let printed_url = url(WEBHOOK_PREFIX)
                .map(PrintedUrl::Webhook)
                .or_else(|| url(BOT_PREFIX).map(PrintedUrl::Bot));
            if let Some(printed_url) = printed_url {
                self.urls.push(printed_url);
                self.found.notify_one();
            }
        }
        (lines, more)
    }
}

/// Returns the kind of an entry, and its most important data. Texts are quoted and escaped.
fn entry_summary(entry: &Entry) -> (String, Option<String>) {
    let object: Value = entry
        .body
        .as_ref()
        .and_then(|body| serde_json::from_str(body.get()).ok())
        .unwrap_or_default();
    let kind = entry.kind.map(str::to_owned);
    match (entry.direction, entry.kind) {
        (Direction::Request, None) => ("unreadable".to_owned(), None),
        (Direction::Request, Some("message")) => {
            ("message".to_owned(), Some(message_text(&object)))
        }
        (Direction::Request, Some("start")) => {
            let department = [&object["departmentId"], &object["department_id"]]
                .into_iter()
                .find(|id| !id.is_null())
                .map(|id| format!("department {}", json_text(id)));
            let customer = [&object["customerName"], &object["customer"]["name"]]
                .into_iter()
                .find_map(Value::as_str)
                .map(quote);
            let detail = [department, customer]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ");
            ("start".to_owned(), Some(detail))
        }
        (Direction::Trigger, Some("newMessage")) => {
            ("newMessage".to_owned(), Some(message_text(&object)))
        }
        (Direction::Trigger, Some("message")) => {
            let message = &object["message"];
            let text = message.as_str().map(quote);
            (
                "message".to_owned(),
                text.or_else(|| Some(message_text(message))),
            )
        }
        (Direction::Trigger, Some("queued")) => {
            ("queued".to_owned(), Some(json_text(&object["position"])))
        }
        (Direction::Trigger, Some("transferred")) => {
            let department = format!("department {}", json_text(&object["department_id"]));
            ("transferred".to_owned(), Some(department))
        }
        (Direction::Trigger, None) => (
            "other".to_owned(),
            entry.body.as_ref().map(|body| escape(body.get())),
        ),
        _ => (kind.unwrap_or_default(), None),
    }
}

/// Returns the text of a message, and the URL of a medium.
fn message_text(message: &Value) -> String {
    let content = message["content"].as_str().map(quote);
    let url = message["url"].as_str().map(escape);
    [content, url]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

fn json_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| escape(&value.to_string()), escape)
}

fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

fn escape(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_SHOWN_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::cli::platform::OutputPipe;
    use std::os::fd::OwnedFd;

    /// The output of the console under test.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Output {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn console() -> (Console, Output, io::PipeWriter) {
        let (reader, writer) = io::pipe().unwrap();
        let reader = OutputPipe::from_descriptor(OwnedFd::from(reader)).unwrap();
        let shown = Output::default();
        let mut console = Console {
            out: Box::new(shown.clone()),
            coloured: false,
            id_width: 4,
            command: None,
        };
        console.attach(Box::new(reader), Arc::new(Notify::new()));
        (console, shown, writer)
    }

    #[test]
    fn earlier_output_of_the_command_is_printed_first() {
        let (mut console, shown, mut command) = console();
        command.write_all(b"one\ntwo\nhal").unwrap();
        console.line("own");
        assert_eq!(shown.take(), "one\ntwo\nown\n");
        command.write_all(b"f\nlast").unwrap();
        drop(command);
        assert!(!console.forward_lines());
        assert_eq!(shown.take(), "half\n");
        console.flush();
        assert_eq!(shown.take(), "last");
    }

    #[test]
    fn a_webhook_line_is_found_when_it_is_complete() {
        let (mut console, shown, mut command) = console();
        command
            .write_all(b"my webhook: http://no/\nwebhook: http://yes/")
            .unwrap();
        assert!(console.forward_lines());
        assert!(console.take_urls().is_empty());
        command.write_all(b" \r\n").unwrap();
        assert!(console.forward_lines());
        assert_eq!(
            console.take_urls(),
            [PrintedUrl::Webhook("http://yes/".to_owned())]
        );
        assert!(console.take_urls().is_empty());
        assert_eq!(
            shown.take(),
            "my webhook: http://no/\nwebhook: http://yes/ \r\n"
        );
    }

    #[test]
    fn texts_are_escaped_and_truncated() {
        assert_eq!(quote("a\u{1b}[2J\n\"é"), r#""a\u{1b}[2J\n\"é""#);
        assert_eq!(
            escape(&"é".repeat(200)),
            format!("{}…", "é".repeat(MAX_SHOWN_CHARS))
        );
    }
}
