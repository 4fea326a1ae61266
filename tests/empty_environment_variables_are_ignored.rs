//! An empty environment variable does not override a value of a file, for each option: Docker Compose and other tools
//! pass unset variables that way. The same is true for the proxy variables. This test starts itself with other
//! variables.

use std::path::PathBuf;
use std::process::Command;

use omnize::config::{Config, OPTIONS, Settings};

/// Returns a value for each option, different from its default.
fn value(name: &str, default: &str) -> String {
    let value = match name {
        "token" => "segredo",
        "dialect" => "gateway",
        "encoding" => "windows-1252",
        "encoding.unmappable" => "reference",
        "base_url" => "http://chat.example/x",
        "tls.min_version" => "1.3",
        "proxy" => "http://proxy.example:3128",
        "address_family" => "ipv4",
        "validate" => "lenient",
        "listen" => "127.0.0.1:0",
        "listen.path" | "listen.health" => "/a",
        "listen.public_url" => "https://chat.example",
        "listen.basic" => "ana:segredo",
        "no_proxy" | "listen.allow" | "listen.trusted_proxies" => "192.0.2.1",
        "on_unknown" => "resend",
        "ack" => "manual",
        _ if default == "0" => "1",
        _ if default == "1" => "0",
        // A duration, a number or a file.
        _ => "7",
    };
    value.to_owned()
}

fn variable(name: &str) -> String {
    format!("OMNIZE_{}", name.replace('.', "_").to_ascii_uppercase())
}

fn file_with_every_option() -> (PathBuf, Config) {
    let (mut text, mut config) = (String::new(), Config::new());
    for option in OPTIONS {
        let mut value = value(option.name, option.default);
        if config.set(option.name, &value).is_err() {
            // A choice that is not known here.
            value = option.default.to_owned();
            config.set(option.name, &value).unwrap();
        }
        text += &format!("{} = \"{value}\"\n", option.name);
    }
    let path = std::env::temp_dir().join(format!("omnize-{}-empty.ini", std::process::id()));
    std::fs::write(&path, text).unwrap();
    (path, config)
}

fn all(config: &Config) -> Vec<String> {
    let show = |name| format!("{name} = {}", config.get(name).unwrap());
    OPTIONS.iter().map(|option| show(option.name)).collect()
}

/// Runs in the child process: prints the values from the file and the variables, and the selected proxy.
#[test]
fn print_settings_in_child_process() {
    let Some(path) = std::env::var_os("TEST_FILE") else {
        return;
    };
    let mut config = Config::new();
    if !path.is_empty() {
        config.load_file(path.as_ref()).unwrap();
    }
    config.load_env().unwrap();
    for line in all(&config) {
        println!("is: {line}");
    }
    config.set("token", "t").unwrap();
    let proxied = config.get("proxy").unwrap().is_empty();
    if proxied {
        config.set("base_url", "http://chat.example/").unwrap();
        let proxy = Settings::read(&config).unwrap().proxy;
        println!(
            "proxy: {}",
            proxy.fixed().map_or("none".to_owned(), |proxy| proxy
                .url
                .host()
                .unwrap()
                .to_owned())
        );
    }
}

/// Returns the printed lines of one kind, with these variables and no other OMNIZE_ variables.
fn lines(kind: &str, file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "print_settings_in_child_process", "--nocapture"]);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
    ] {
        command.env_remove(name);
    }
    command.env("TEST_FILE", file);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let of_kind = |line: &str| Some(line.split_once(kind)?.1.to_owned());
    text.lines().filter_map(of_kind).collect()
}

#[test]
fn empty_option_variable_keeps_the_value_of_the_file() {
    let (path, config) = file_with_every_option();
    let names: Vec<_> = OPTIONS.iter().map(|option| variable(option.name)).collect();
    let empty: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let set = lines("is: ", path.to_str().unwrap(), &empty);
    assert_eq!(set, all(&config));
    assert_ne!(set, all(&Config::new()));
    let set = lines(
        "is: ",
        path.to_str().unwrap(),
        &[("OMNIZE_TIMEOUT", "8"), ("OMNIZE_LISTEN_BASIC", "")],
    );
    assert!(set.contains(&"timeout = 8".to_owned()), "{set:?}");
    assert!(
        set.contains(&"listen.basic = [redacted]".to_owned()),
        "{set:?}"
    );
    std::fs::remove_file(path).unwrap();
}

#[test]
fn empty_proxy_variables_are_ignored() {
    for (variables, proxy) in [
        (&[("HTTP_PROXY", ""), ("http_proxy", "")][..], "none"),
        (
            &[("http_proxy", ""), ("HTTP_PROXY", "http://a.example:1")],
            "a.example",
        ),
        (
            &[("HTTP_PROXY", ""), ("ALL_PROXY", "http://b.example:1")],
            "b.example",
        ),
        (
            &[
                ("HTTP_PROXY", "http://a.example:1"),
                ("NO_PROXY", ""),
                ("no_proxy", ""),
            ],
            "a.example",
        ),
        (
            &[
                ("HTTP_PROXY", "http://a.example:1"),
                ("no_proxy", ""),
                ("NO_PROXY", "*"),
            ],
            "none",
        ),
    ] {
        assert_eq!(lines("proxy: ", "", variables), [proxy], "{variables:?}");
    }
}
