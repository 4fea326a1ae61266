//! A variable that begins with OMNIZE_ and sets no option is logged once in a process, with the similar option. Its value is
//! never logged. This test starts itself with other variables.

#[path = "support/recording_log.rs"]
mod recording_log;

use std::process::Command;

use log::LevelFilter;
use omnize::config::Config;
use recording_log::{lines, record_log};

/// Runs in the child process: loads the environment without a log, then twice with it, and prints the log.
#[test]
fn print_log_in_child_process() {
    if std::env::var_os("TEST_CHILD").is_none() {
        return;
    }
    Config::new().load_env().unwrap();
    record_log(LevelFilter::Debug);
    for _ in 0..2 {
        Config::new().load_env().unwrap();
    }
    for line in lines() {
        println!("\nline: {line}");
    }
}

/// Returns the log of a process with these variables.
fn logged(variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "print_log_in_child_process", "--nocapture"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OMNIZE_") {
            command.env_remove(name);
        }
    }
    command
        .env("TEST_CHILD", "1")
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix("line: ")?.to_owned()))
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn unknown_variables_are_logged_once() {
    assert_eq!(
        logged(&[
            ("OMNIZE_TOKN", "segredo"),
            ("OMNIZE_URL", "http://segredo.example/"),
            ("OMNIZE_j4hl2kjh34kh2k3jh4", "x"),
        ]),
        [
            "an environment variable whose name begins with OMNIZE_ sets no option; see the list of options",
            "the environment variable OMNIZE_TOKN sets no option; did you mean OMNIZE_TOKEN?",
            "the environment variable OMNIZE_URL sets no option; did you mean OMNIZE_BASE_URL or OMNIZE_LISTEN_PUBLIC_URL?",
        ]
    );
}

#[test]
fn other_variables_are_not_logged() {
    let none: [&str; 0] = [];
    assert_eq!(
        logged(&[
            ("OMNIZE_TOKEN", "t"),
            ("OMNIZE_TIMEOUT_CONNECT", "5"),
            ("OMNIZE_SANDBOX_URL", "http://127.0.0.1:1"),
            ("OMNIZE_TOKN", ""),
            ("OTHER_TOKEN", "x"),
        ]),
        none
    );
}
