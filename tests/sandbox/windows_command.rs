//! `omnize sandbox -- COMMAND` on Windows: the environment and the arguments of the command, the search for it, its exit status,
//! its bytes, and its end. The command is this test program, which does what the variable `ROLE` says.

use crate::running_sandbox::{OMNIZE, TIMEOUT};
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::windows::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use windows_sys::Win32::System::Console::{
    AllocConsole, CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

const ROLE: &str = "OMNIZE_TEST_ROLE";
/// The address to which a command connects. The connection ends with the command.
const ADDRESS: &str = "OMNIZE_TEST_ADDRESS";
/// The exit status of a program that Ctrl-C or Ctrl-Break has ended (STATUS_CONTROL_C_EXIT).
const ENDED_BY_THE_CONSOLE: u32 = 0xC000_013A;

const TEST: &str = "windows_command::application_process";

/// Not a test: the command. Outside the sandbox it does nothing.
#[test]
fn application_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    match &*role {
        "environment" => {
            let [token, url] = ["OMNIZE_TOKEN", "OMNIZE_SANDBOX_URL"].map(variable);
            let (base, dialect) = (variable("OMNIZE_BASE_URL"), variable("OMNIZE_DIALECT"));
            print_line(&format!("{token} {dialect} {url} {base}"));
            std::process::exit(7);
        }
        "arguments" => {
            for argument in std::env::args_os()
                .skip_while(|word| word != "--nocapture")
                .skip(1)
            {
                print_line(&format!("argument {argument:?}"));
            }
        }
        "crash" => std::process::exit(0xC000_0005_u32 as i32),
        "bytes" => {
            io::stdout().write_all(b"\nN\xc6o\n").unwrap();
        }
        "webhook" => {
            print_line("webhook: http://127.0.0.1:1/secret");
            let mut line = String::new();
            io::stdin().read_line(&mut line).unwrap();
            print_line(&format!("entered {line:?}"));
        }
        "parent" => {
            let _child = this_program().env(ROLE, "connected").spawn().unwrap();
            connect_and_wait(|| print_line("webhook: localhost:5"));
        }
        "connected" => connect_and_wait(|| {}),
        _ => unreachable!("{role}"),
    }
}

/// Connects to the test, calls `then` after its first byte, and waits until something ends this process.
fn connect_and_wait(then: impl FnOnce()) {
    let mut connection = TcpStream::connect(std::env::var(ADDRESS).unwrap()).unwrap();
    let mut byte = [0];
    connection.read_exact(&mut byte).unwrap();
    then();
    let _ = connection.read(&mut byte);
}

fn print_line(line: &str) {
    let mut out = io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes())
        .and_then(|()| out.flush())
        .unwrap();
}

/// Returns the command that runs this program directly.
fn this_program() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture"]);
    command
}

/// Returns the command that runs this program in a sandbox.
fn in_sandbox(options: &[&str], role: &str) -> Command {
    let mut command = Command::new(OMNIZE);
    command
        .arg("sandbox")
        .args(options)
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(ROLE, role)
        .stdin(Stdio::null());
    command
}

fn lines_of(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_command_gets_the_environment_and_its_status_is_returned() {
    let ended = in_sandbox(&["--token", "t1"], "environment")
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(7));
    let lines = lines_of(&ended);
    let url = lines[0].strip_prefix("Omnize sandbox at ").unwrap();
    let expected = format!("t1 rest {url} {url}/api/rest/v1");
    assert!(lines.contains(&expected), "{lines:?}");
}

#[test]
fn all_32_bits_of_the_status_are_returned() {
    let ended = in_sandbox(&["--quiet"], "crash").output().unwrap();
    assert_eq!(ended.status.code(), Some(0xC000_0005_u32 as i32));
}

#[test]
fn arguments_arrive_unchanged() {
    let arguments = [
        "",
        "two words",
        "\"quoted\"",
        r"C:\folder\",
        r#"a\\"b"#,
        "%PATH%",
        "a&b|c>d^e",
        "ação 漢字",
    ];
    let ended = in_sandbox(&["--quiet"], "arguments")
        .args(arguments)
        .output()
        .unwrap();
    let lines = lines_of(&ended);
    let printed: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("argument "))
        .collect();
    let expected: Vec<String> = arguments
        .iter()
        .map(|argument| format!("{:?}", OsString::from(argument)))
        .collect();
    assert_eq!(printed, expected, "{lines:?}");
}

#[test]
fn redirected_output_of_the_command_is_unchanged() {
    let ended = in_sandbox(&["--quiet"], "bytes").output().unwrap();
    let is_there = ended.stdout.windows(4).any(|bytes| bytes == b"N\xc6o\n");
    assert!(is_there, "{:?}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn a_webhook_line_sets_the_webhook_and_sends_an_empty_line() {
    let ended = in_sandbox(&["--quiet"], "webhook").output().unwrap();
    let lines = lines_of(&ended);
    assert!(lines.contains(&r#"entered "\r\n""#.to_owned()), "{lines:?}");
    assert_eq!(ended.status.code(), Some(0));
}

/// A folder with accents and a space in its path.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder =
            std::env::temp_dir().join(format!("omnize ação {name} {}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_batch_file_is_found_in_path_without_its_suffix() {
    let folder = Folder::new("path");
    fs::write(
        folder.0.join("my-chat.cmd"),
        "@echo from the batch file %1\r\n@exit /b 5\r\n",
    )
    .unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::join_paths(
        [folder.0.clone()]
            .into_iter()
            .chain(std::env::split_paths(&path)),
    );
    for program in [OsString::from("my-chat"), folder.0.join("my-chat").into()] {
        let ended = Command::new(OMNIZE)
            .args(["sandbox", "--quiet", "--"])
            .arg(&program)
            .arg("two words")
            .env("PATH", folders.as_ref().unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let lines = lines_of(&ended);
        assert_eq!(
            lines,
            [r#"from the batch file "two words""#],
            "{program:?} {ended:?}"
        );
        assert_eq!(ended.status.code(), Some(5));
    }
}

#[test]
fn a_missing_command_is_an_error() {
    let ended = Command::new(OMNIZE)
        .args(["sandbox", "--quiet", "--", "no-such-command"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    let expected = "omnize: running \"no-such-command\" failed: program not found; expected a path";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn the_transcript_is_written_to_a_long_path_with_accents() {
    let folder = Folder::new("transcript");
    let long = folder
        .0
        .join("ã".repeat(100))
        .join("b".repeat(100))
        .join("c".repeat(100));
    fs::create_dir_all(&long).unwrap();
    let path = long.join("transcrição.json");
    let option = path.to_str().unwrap();
    let ended = in_sandbox(&["--quiet", "--transcript", option], "webhook")
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "[]\n");
}

/// Runs a command that connects back. Calls `end` with the sandbox when all `count` processes are connected, and returns the
/// sandbox when all have ended.
fn run_connected(role: &str, count: usize, end: impl FnOnce(&mut Child)) -> Output {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sandbox = in_sandbox(&["--quiet"], role)
        .env(ADDRESS, listener.local_addr().unwrap().to_string())
        .creation_flags(CREATE_NEW_PROCESS_GROUP)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut connections: Vec<TcpStream> =
        (0..count).map(|_| listener.accept().unwrap().0).collect();
    for connection in &mut connections {
        connection.set_read_timeout(Some(TIMEOUT)).unwrap();
        connection.write_all(b"!").unwrap();
    }
    end(&mut sandbox);
    for mut connection in connections {
        match connection.read(&mut [0]) {
            Ok(read) => assert_eq!(read, 0),
            // The system resets the connections of a process that was ended.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{error}"),
        }
    }
    sandbox.wait_with_output().unwrap()
}

#[test]
fn an_invalid_webhook_line_ends_the_command_and_its_children() {
    let ended = run_connected("parent", 2, |_| {});
    assert_eq!(ended.status.code(), Some(1));
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(error.contains("the command was ended"), "{error}");
}

#[test]
fn a_killed_sandbox_ends_the_command() {
    run_connected("connected", 1, |sandbox| sandbox.kill().unwrap());
}

/// Gives this process a console, which its children inherit. Fails if it has one already.
fn open_console() {
    // SAFETY: the call has no arguments.
    unsafe { AllocConsole() };
}

#[test]
fn control_break_ends_the_command_and_the_sandbox() {
    open_console();
    let ended = run_connected("connected", 1, |sandbox| {
        // SAFETY: the call has no pointers.
        let result = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, sandbox.id()) };
        assert_ne!(result, 0, "{}", io::Error::last_os_error());
    });
    assert_eq!(ended.status.code(), Some(ENDED_BY_THE_CONSOLE as i32));
}

#[test]
fn control_break_ends_a_sandbox_without_a_command() {
    open_console();
    let mut sandbox = Command::new(OMNIZE)
        .args(["sandbox", "--json"])
        .creation_flags(CREATE_NEW_PROCESS_GROUP)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(sandbox.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    // SAFETY: the call has no pointers.
    assert_ne!(
        unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, sandbox.id()) },
        0
    );
    assert_eq!(sandbox.wait().unwrap().code(), Some(0));
}
