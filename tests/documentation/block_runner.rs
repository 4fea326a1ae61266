//! Compiles, runs or loads the blocks of a page, each page in its own folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use omnize::config::Config;
use omnize::sandbox::{Customer, Departments};

use super::code_blocks::Block;
use super::installed_library::Stage;
use super::pages::Page;

const C: &[&str] = &["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];
const CPP: &[&str] = &["-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic"];

/// The time limit of a block, in seconds.
const TIMEOUT_SECONDS: &str = "60";

/// The code around a fragment of C.
const FRAGMENT_FRAME: &str = r#"
#include <omnize.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fragment(omnize_config *config, omnize_client *client, omnize_conversation *chat, omnize_event *event);

int fragment(omnize_config *config, omnize_client *client, omnize_conversation *chat, omnize_event *event) {
    omnize_error *error = NULL;
    {
        FRAGMENT
    }
    return config && client && chat && event && error;
}
"#;

/// The folder and state in which the blocks of one page run.
pub struct BlockRunner<'a> {
    stage: &'a Stage,
    folder: PathBuf,
    /// The output of the last program.
    printed: Option<String>,
    /// Whether another test runs the last program.
    left_to_others: bool,
}

impl<'a> BlockRunner<'a> {
    pub fn new(stage: &'a Stage, page: &Page) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("documentation")
            .join(page.name.replace('/', "-"));
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        BlockRunner {
            stage,
            folder,
            printed: None,
            left_to_others: false,
        }
    }

    /// Skips the block and its output: another test checks them.
    pub fn skip_program(&mut self) {
        self.left_to_others = true;
    }

    /// Compiles a part of a program inside a function.
    pub fn compile_fragment(&self, block: &Block) -> Result<(), String> {
        let source = self.folder.join(format!("fragment-{}.c", block.line));
        fs::write(&source, FRAGMENT_FRAME.replace("FRAGMENT", &block.text)).unwrap();
        let mut compiler = self.compiler("cc", C)?;
        compiler.arg("-c").arg(&source).args(["-o", "fragment.o"]);
        finish(compiler).map(drop)
    }

    pub fn run_c(&mut self, block: &Block) -> Result<(), String> {
        self.compile_and_run(block, "cc", C, "c")
    }

    pub fn run_cpp(&mut self, block: &Block) -> Result<(), String> {
        self.compile_and_run(block, "c++", CPP, "cc")
    }

    fn compile_and_run(
        &mut self,
        block: &Block,
        compiler: &str,
        flags: &[&str],
        suffix: &str,
    ) -> Result<(), String> {
        let source = self.source(block, suffix);
        let program = source.with_extension("");
        let mut compiler = self.compiler(compiler, flags)?;
        compiler.arg(&source).arg("-o").arg(&program);
        compiler.args(self.package("--libs")?);
        finish(compiler)?;
        self.run_program(block, &program)
    }

    pub fn run_pascal(&mut self, block: &Block) -> Result<(), String> {
        let source = self.source(block, "pas");
        let program = source.with_extension("");
        let mut compiler = self.command("fpc");
        let units = self.stage.pascal_units();
        compiler
            .args(["-v0ew", "-Sew", "-Mdelphi"])
            .arg(format!("-Fu{}", units.display()))
            .arg(format!("-Fl{}", self.stage.libraries().display()))
            .arg(format!("-FU{}", self.folder.display()))
            .arg(format!("-o{}", program.display()))
            .arg(&source);
        finish(compiler)?;
        self.run_program(block, &program)
    }

    /// Runs commands in the page's folder, which contains the files of earlier blocks.
    pub fn run_shell(&mut self, block: &Block) -> Result<(), String> {
        let script = self.source(block, "sh");
        let mut words = vec!["sh".into(), "-eu".into(), script.into_os_string()];
        if block.has("sandbox") {
            let mut around = self.sandbox(block);
            around.append(&mut words);
            words = around;
        }
        self.run(&words)
    }

    /// Writes the block to a file, for later blocks with commands.
    pub fn keep(&self, block: &Block) -> Result<(), String> {
        block.value("file")?;
        self.source(block, "");
        Ok(())
    }

    /// Compares the output of the previous program with the page, in any order of lines. `…` matches any text.
    pub fn compare_output(&mut self, block: &Block) -> Result<(), String> {
        if std::mem::take(&mut self.left_to_others) {
            return Ok(());
        }
        let printed = self
            .printed
            .as_ref()
            .ok_or("the block before was not run")?;
        let mut left: Vec<&str> = printed.lines().map(str::trim_end).collect();
        for wanted in block.text.lines().map(str::trim_end) {
            let found = left.iter().position(|line| matches(wanted, line));
            left.remove(found.ok_or(format!("{wanted:?} was not printed, but\n{printed}"))?);
        }
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("the page does not show {left:?}"))
        }
    }

    pub fn load_options(&self, block: &Block) -> Result<(), String> {
        let file = self.source(block, "ini");
        let loaded = Config::new().load_file(&file);
        loaded.map_err(|error| error.message().to_owned())
    }

    pub fn load_scenario(&self, block: &Block) -> Result<(), String> {
        let file = self.source(block, "json");
        let added = Departments::default().add(&file.to_string_lossy());
        added.map_err(|error| error.to_string())
    }

    pub fn load_customer(&self, block: &Block) -> Result<(), String> {
        let file = self.source(block, "json");
        let read = Customer::read_file(&file);
        read.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Writes the block to a file with the name that the block has.
    fn source(&self, block: &Block, suffix: &str) -> PathBuf {
        let own = format!("block-{}.{suffix}", block.line);
        let path = self.folder.join(block.get("file").unwrap_or(&own));
        fs::write(&path, &block.text).unwrap();
        path
    }

    fn run_program(&mut self, block: &Block, program: &Path) -> Result<(), String> {
        let mut words = self.sandbox(block);
        words.push(program.as_os_str().to_owned());
        self.run(&words)
    }

    /// Returns the sandbox command for a program, which also sets the webhook URL as an operator does.
    fn sandbox(&self, block: &Block) -> Vec<std::ffi::OsString> {
        let mut words = vec![self.stage.command().into_os_string()];
        words.extend(["sandbox", "--quiet"].map(Into::into));
        let arguments = block.get("sandbox").unwrap_or_default();
        words.extend(arguments.split_whitespace().map(Into::into));
        words.push("--".into());
        words
    }

    fn run(&mut self, words: &[std::ffi::OsString]) -> Result<(), String> {
        self.printed = None;
        self.left_to_others = false;
        let mut command = self.command("timeout");
        command
            .args(["--kill-after=5", TIMEOUT_SECONDS])
            .args(words);
        self.printed = Some(finish(command)?);
        Ok(())
    }

    fn compiler(&self, name: &str, flags: &[&str]) -> Result<Command, String> {
        let mut command = self.command(name);
        command.args(flags).args(self.package("--cflags")?);
        Ok(command)
    }

    /// Returns the flags that pkg-config prints for the library.
    fn package(&self, what: &str) -> Result<Vec<String>, String> {
        let mut command = self.command("pkg-config");
        command.args([what, "omnize"]);
        let flags = finish(command)?;
        Ok(flags.split_whitespace().map(str::to_owned).collect())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env("PATH", self.stage.search_path())
            .env("PKG_CONFIG_PATH", self.stage.package_descriptions())
            .env("CMAKE_PREFIX_PATH", self.stage.prefix())
            .env("LD_LIBRARY_PATH", self.stage.libraries());
        // Settings of the developer must not change the result.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OMNIZE_") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Runs a command to its end, and returns its output. An error contains the whole output.
fn finish(mut command: Command) -> Result<String, String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let line = words.join(" ");
    let output = command
        .output()
        .map_err(|error| format!("{line}\ncan't be run: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{line}\nended with {}\n{printed}{complaint}",
        output.status
    ))
}

/// Returns whether a line matches the page, where `…` matches any text.
fn matches(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[test]
fn ellipsis_matches_any_text() {
    assert!(matches(
        "webhook: http://127.0.0.1:…/omnize/…",
        "webhook: http://127.0.0.1:80/omnize/ab"
    ));
    assert!(matches("… b", "a b"));
    assert!(!matches("webhook: …/x", "webhook: http://127.0.0.1/y"));
    assert!(!matches("agent", "agents"));
    assert!(!matches("a…a", "b"));
}
