//! Every binding behaves as the C programs do. Its `chat` waits for each response, and its `posting` does not. Run
//! against the sandbox, both send the same requests with the same fields in the same order, receive the same triggers,
//! and print the same texts and outcomes. The binding's own tests pass.
//!
//! This test compiles the programs against the installed library: the environment variable OMNIZE_STAGE contains the
//! prefix of `make stage`. Each language has one entry at the end of this file.
//!
//! With OMNIZE_WINE=wine32 or wine64, it does the same with programs for Windows, under wine and against the sandbox of this
//! machine. `make cross` builds their library. tests/run.d/slow/42-wine-conformance.sh does that.

#![cfg(all(feature = "cli", unix))]

use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// The transcript of `chat`: `request` or `trigger`, the client id, the HTTP status of the response, and the body.
const CHAT_TRANSCRIPT: &str = include_str!("conformance/chat_transcript.txt");
/// The lines that `chat` prints for its triggers.
const CHAT_OUTPUT: &str = include_str!("conformance/chat_output.txt");
/// The transcript of `posting`, in the same form.
const POSTING_TRANSCRIPT: &str = include_str!("conformance/posting_transcript.txt");
/// The lines that `posting` prints: the agent's actions, and then the outcomes.
const POSTING_OUTPUT: &str = include_str!("conformance/posting_output.txt");

/// The agents of `chat` and of the tests, by department.
const SUPPORT_AGENTS: &[&str] = &["1=examples/agents/support.json", "2=unavailable"];
/// The agent of `posting`: it repeats each message.
const ECHO_AGENTS: &[&str] = &["echo"];

/// The time limit of a program. A program itself stops after 20 seconds without a trigger.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The commands that compile and run the programs of a language. `{folder}` is the folder of the language's sources, and
/// `{program}` is `chat`, `posting` or a test. `{out}` is an empty folder, and `{stage}` is the prefix of the library.
struct Language {
    folder: &'static str,
    compile: &'static str,
    run: &'static str,
    /// The command that compiles for Windows. `{mingw}` is the prefix of the compiler's name, and `{bits}` is 32 or 64.
    compile_for_windows: &'static str,
}

/// The platform of the programs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Platform {
    ThisMachine,
    Wine32,
    Wine64,
}

impl Platform {
    fn selected() -> Platform {
        match env::var("OMNIZE_WINE").as_deref() {
            Err(_) => Platform::ThisMachine,
            Ok("wine32") => Platform::Wine32,
            Ok("wine64") => Platform::Wine64,
            Ok(other) => panic!("OMNIZE_WINE is {other:?}; expected wine32 or wine64"),
        }
    }

    /// Returns the number of bits, the prefix of the compiler's name, and the platform's name in Rust. Windows only.
    fn names(self) -> [&'static str; 3] {
        match self {
            Platform::Wine32 => ["32", "i686-w64-mingw32", "i686-win7-windows-gnu"],
            _ => ["64", "x86_64-w64-mingw32", "x86_64-win7-windows-gnu"],
        }
    }

    /// Returns the prefix of the library for this platform.
    fn installed(self, stage: &Path) -> PathBuf {
        if self == Platform::ThisMachine {
            return stage.to_owned();
        }
        let output = env::var_os("OUTPUT")
            .map(PathBuf::from)
            .expect("OUTPUT is the folder of all build output");
        output.join("cross").join(self.names()[2])
    }
}

impl Language {
    fn chat(&self) {
        let stage = stage();
        let out = self.compile("chat", &stage);
        let transcript = out.join("transcript.json");
        let output = self.run_in_sandbox(("chat", SUPPORT_AGENTS), &stage, &out, &transcript);
        assert_eq!(
            lines_with(": agent ", &output),
            CHAT_OUTPUT,
            "the output of the program"
        );
        let entries = fs::read_to_string(&transcript).unwrap();
        assert_eq!(
            transcript_lines(&entries),
            CHAT_TRANSCRIPT,
            "the transcript"
        );
    }

    fn posting(&self) {
        let stage = stage();
        let out = self.compile("posting", &stage);
        let transcript = out.join("transcript.json");
        let output = self.run_in_sandbox(("posting", ECHO_AGENTS), &stage, &out, &transcript);
        // An outcome and the agent's actions may come in either order.
        let printed = lines_with("agent: ", &output) + &lines_with("outcome: ", &output);
        assert_eq!(printed, POSTING_OUTPUT, "the output of the program");
        let entries = fs::read_to_string(&transcript).unwrap();
        assert_eq!(
            transcript_lines(&entries),
            POSTING_TRANSCRIPT,
            "the transcript"
        );
    }

    /// Runs a test program of the binding.
    fn tests(&self, program: &str) {
        let stage = stage();
        let out = self.compile(program, &stage);
        let transcript = out.join("transcript.json");
        let output = self.run_in_sandbox((program, SUPPORT_AGENTS), &stage, &out, &transcript);
        let passed = output
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count();
        assert!(passed >= 5, "only {passed} tests ran:\n{output}");
    }

    /// Compiles a program into a new folder, and returns the folder.
    fn compile(&self, program: &str, stage: &Path) -> PathBuf {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}/{program}", self.folder));
        // The folder does not exist the first time.
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).unwrap();
        let platform = Platform::selected();
        let compile = match platform {
            Platform::ThisMachine => self.compile,
            _ => self.compile_for_windows,
        };
        if !compile.is_empty() {
            let (compiler, mut command) = self.command(compile, program, stage, &out);
            let done = command.output().unwrap_or_else(|error| {
                panic!("{compiler} can't be run ({error}); `make setup` installs what the bindings need")
            });
            assert!(
                done.status.success(),
                "{compiler} failed:\n{}",
                all_output(&done)
            );
        }
        if platform != Platform::ThisMachine {
            let library = platform.installed(stage).join("bin/omnize.dll");
            fs::copy(library, out.join("omnize.dll")).unwrap();
        }
        out
    }

    /// Runs a program against a sandbox with these agents, and returns its output.
    fn run_in_sandbox(
        &self,
        (program, agents): (&str, &[&str]),
        stage: &Path,
        out: &Path,
        transcript: &Path,
    ) -> String {
        let run = match Platform::selected() {
            Platform::ThisMachine => self.run,
            _ => "tests/wine_call.sh wine{bits} {out}/{program}.exe",
        };
        let (first, command) = self.command(run, program, stage, out);
        let mut sandbox = Command::new(stage.join("bin/omnize"));
        sandbox
            .args(["sandbox", "--quiet"])
            .args(agents.iter().flat_map(|agent| ["--agent", agent]))
            .arg("--transcript")
            .arg(transcript)
            .arg("--")
            .arg(first)
            .args(command.get_args());
        let sandbox = without_own_settings(&mut sandbox, stage);
        let done = output_within(TIMEOUT, sandbox, out);
        assert!(
            done.status.success(),
            "{}: {}\n{}",
            program,
            done.status,
            all_output(&done)
        );
        String::from_utf8(done.stdout).unwrap()
    }

    fn command(&self, words: &str, program: &str, stage: &Path, out: &Path) -> (String, Command) {
        let platform = Platform::selected();
        let [bits, mingw, _] = platform.names();
        let library = platform.installed(stage);
        // Placeholders are replaced after the split, so that a path may contain a space.
        let mut words = words.split_whitespace().map(|word| {
            word.replace("{folder}", self.folder)
                .replace("{program}", program)
                .replace("{out}", out.to_str().unwrap())
                .replace("{stage}", library.to_str().unwrap())
                .replace("{mingw}", mingw)
                .replace("{bits}", bits)
        });
        let first = words.next().unwrap();
        let mut command = Command::new(&first);
        command.args(words);
        without_own_settings(&mut command, stage);
        (first, command)
    }
}

/// Sets the working directory and the path of the staged library, and removes the machine's own settings.
fn without_own_settings<'a>(command: &'a mut Command, stage: &Path) -> &'a mut Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("OMNIZE_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LD_LIBRARY_PATH", stage.join("lib"))
        .stdin(Stdio::null())
}

fn stage() -> PathBuf {
    let stage = env::var_os("OMNIZE_STAGE").map(PathBuf::from);
    let stage = stage.filter(|stage| stage.join("include/omnize.h").exists());
    let stage = stage.expect(
        "OMNIZE_STAGE names no prefix with the library in it; `make test` sets it, or run `make stage` and set it to \
         target/stage",
    );
    fs::canonicalize(stage).unwrap()
}

/// Runs a command and collects its output in files, so that a surviving grandchild process cannot block the test.
fn output_within(timeout: Duration, command: &mut Command, out: &Path) -> Output {
    let (stdout, stderr) = (out.join("stdout"), out.join("stderr"));
    let mut child = command
        .stdout(fs::File::create(&stdout).unwrap())
        .stderr(fs::File::create(&stderr).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + timeout;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        thread::sleep(Duration::from_millis(20));
    };
    Output {
        status,
        stdout: fs::read(stdout).unwrap(),
        stderr: fs::read(stderr).unwrap(),
    }
}

fn all_output(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

/// Returns the printed lines that contain `part`, without trailing spaces.
fn lines_with(part: &str, output: &str) -> String {
    let lines = output.lines().filter(|line| line.contains(part));
    lines.fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// Returns a transcript in the form of CHAT_TRANSCRIPT, without numbers and times.
fn transcript_lines(transcript: &str) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry {
        direction: String,
        client_id: String,
        status: u16,
        body: Box<RawValue>,
    }
    let entries: Vec<Entry> = serde_json::from_str(transcript).unwrap();
    let mut lines = String::new();
    for entry in entries {
        writeln!(
            lines,
            "{} {} {} {}",
            entry.direction, entry.client_id, entry.status, entry.body
        )
        .unwrap();
    }
    lines
}

#[test]
fn conversation_covers_all_requests_and_triggers() {
    let starting = |start: &str| {
        CHAT_TRANSCRIPT
            .lines()
            .filter(|line| line.starts_with(start))
            .count()
    };
    assert_eq!((starting("request "), starting("trigger ")), (9, 10));
    for request in ["init", "typing", "cleared", "finish"] {
        let content = format!(r#""type":"info","content":"{request}""#);
        assert!(
            CHAT_TRANSCRIPT
                .lines()
                .any(|line| line.starts_with("request ") && line.contains(&content)),
            "{request}"
        );
    }
    assert!(
        CHAT_TRANSCRIPT
            .lines()
            .any(|line| line.starts_with("request ") && line.contains(r#""type":"message""#))
    );
    for status in ["accepted", "unavailable", "finish", "typing", "cleared"] {
        let status = format!(r#"{{"status":"{status}","#);
        assert!(
            CHAT_TRANSCRIPT
                .lines()
                .any(|line| line.starts_with("trigger ") && line.contains(&status)),
            "{status}"
        );
    }
    assert!(
        CHAT_TRANSCRIPT
            .lines()
            .any(|line| line.starts_with("trigger ") && line.contains(r#"{"message":"#))
    );
    assert_eq!(CHAT_OUTPUT.lines().count(), 10);
}

macro_rules! language {
    ($name:ident in $folder:literal, compiled by $compile:literal, run by $run:literal,
        on windows by $for_windows:literal $(, $tests:ident)*) => {
        mod $name {
            const LANGUAGE: super::Language = super::Language {
                folder: $folder,
                compile: $compile,
                run: $run,
                compile_for_windows: $for_windows,
            };

            #[test]
            fn chat() {
                LANGUAGE.chat();
            }

            #[test]
            fn posting() {
                LANGUAGE.posting();
            }

            $(#[test]
            fn $tests() {
                LANGUAGE.tests(stringify!($tests));
            })*
        }
    };
}

language!(c in "examples/c",
    compiled by "cc -std=c99 -Wall -Wextra -Werror -pedantic -I{stage}/include {folder}/{program}.c -o {out}/{program} -L{stage}/lib -lomnize",
    run by "{out}/{program}",
    on windows by "{mingw}-gcc -std=c99 -Wall -Wextra -Werror -pedantic -static-libgcc -I{stage}/include {folder}/{program}.c -o {out}/{program}.exe {stage}/lib/libomnize.dll.a");
language!(cpp in "bindings/cpp",
    compiled by "c++ -std=c++17 -Wall -Wextra -Werror -pedantic -fsanitize=address,undefined -I{stage}/include {folder}/{program}.cpp -o {out}/{program} -L{stage}/lib -lomnize -pthread",
    run by "{out}/{program}",
    on windows by "{mingw}-g++-posix -std=c++17 -Wall -Wextra -Werror -pedantic -static -I{stage}/include {folder}/{program}.cpp -o {out}/{program}.exe {stage}/lib/libomnize.dll.a",
    tests, service_tests, dialect_tests);
language!(pascal in "bindings/pascal",
    compiled by "fpc -v0ew -Sew -Fu{folder} -FU{out} -FE{out} -Fl{stage}/lib {folder}/{program}.pas",
    run by "{out}/{program}",
    on windows by "tests/wine_call.sh pascal{bits} {folder}/{program}.pas {out}",
    tests, service_tests, dialect_tests);
