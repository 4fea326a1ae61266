//! Standard output, if it is a console: its code page and its colours.

use crate::host::{CodePage, console_output};
use std::borrow::Cow;
use std::io::{self, BufRead, IsTerminal, Write};

/// Returns standard output, and whether it can show colours. Output to a file or a pipe is UTF-8.
pub fn open_output() -> (Box<dyn Write + Send>, bool) {
    if console_output::is_console() {
        return (Box::new(ConsoleWriter), console_output::enable_colours());
    }
    // The terminals of Cygwin and Git show colours. They are pipes with a name that the standard library knows.
    (Box::new(io::stdout()), io::stdout().is_terminal())
}

/// Waits for Enter if the console window belongs to this process and closes with it, as after a double click.
pub fn hold_own_window() {
    if !console_output::is_console() || !console_output::is_only_process() {
        return;
    }
    eprintln!("This is a program for the command prompt. Press Enter to close this window.");
    // An error counts as Enter.
    let _ = io::stdin().lock().read_line(&mut String::new());
}

/// Writes lines to the console. A line that is not UTF-8 is in the code page of the console, as if the command had written it
/// there itself.
struct ConsoleWriter;

impl Write for ConsoleWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let mut out = io::stdout();
            let text = match std::str::from_utf8(line) {
                Ok(text) => Cow::from(text),
                Err(_) => CodePage::of_console()
                    .decode(line)
                    .map_or_else(|| String::from_utf8_lossy(line), Cow::from),
            };
            out.write_all(text.as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
