//! With `proxy = system`, the proxy of Windows' settings is used, and changes of the settings apply to the next connection.

#![cfg(windows)]

#[path = "support/forward_proxy.rs"]
mod forward_proxy;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;
#[path = "support/wine.rs"]
mod wine;

use std::process::Command;

use forward_proxy::{Proxy, ProxyOptions};
use http_server::{Server, http};
use omnize::Client;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use test_client::{attach, open_client};

const SERVICE: &str = "http://chat.example.invalid/api/rest/v1";
const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";

/// The user's settings; an empty value is removed.
#[derive(Clone, Copy, Default)]
struct UserSettings<'a> {
    enabled: bool,
    proxies: &'a str,
    bypass: &'a str,
    script_url: &'a str,
}

/// Writes the settings of the user, in the form of the Internet Options.
fn set(settings: UserSettings) {
    const DIRECT: u32 = 1;
    const LIST: u32 = 2;
    const SCRIPT: u32 = 4;
    let mut flags = DIRECT;
    if settings.enabled {
        flags |= LIST;
    }
    if !settings.script_url.is_empty() {
        flags |= SCRIPT;
    }
    let mut bytes = Vec::new();
    let mut push = |number: u32| bytes.extend(number.to_le_bytes());
    const VERSION: u32 = 0x46;
    push(VERSION);
    push(0);
    push(flags);
    for text in [settings.proxies, settings.bypass, settings.script_url] {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend([0; 32]);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let value = "DefaultConnectionSettings";
    reg(&[
        "add",
        KEY,
        "/v",
        value,
        "/t",
        "REG_BINARY",
        "/d",
        &hex,
        "/f",
    ]);
}

fn reg(arguments: &[&str]) {
    let output = Command::new("reg").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Sets only the proxies.
fn lists(proxies: &str) {
    set(UserSettings {
        enabled: true,
        proxies,
        ..UserSettings::default()
    });
}

/// A proxy that responds itself, in the place of a service.
fn responding_proxy() -> Proxy {
    Proxy::start(ProxyOptions {
        response: Some(http("200 OK", "{}")),
        ..ProxyOptions::default()
    })
}

fn system_client(url: &str) -> Client {
    open_client(url, &[("proxy", "system"), ("timeout.connect", "4000")])
}

fn send(client: &Client) -> Result<(), Error> {
    attach(client, "12").send("oi")
}

#[track_caller]
fn assert_failure(result: Result<(), Error>, status: Status, says: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), status, "{error:?}");
    assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error:?}");
    assert!(error.message().contains(says), "{says:?} in {error}");
    assert!(!error.message().contains("segredo"), "{error}");
}

/// One test, because the settings belong to all programs of the user.
#[test]
fn proxy_of_the_users_settings_is_used_and_changes_apply() {
    if !wine::is_wine() {
        println!("skip: this test changes the settings of the user");
        return;
    }
    set(UserSettings::default());
    let (first, second) = (responding_proxy(), responding_proxy());

    // The same client: each change applies to its next connection.
    let client = system_client(SERVICE);
    assert_failure(send(&client), Status::Unreachable, "is not known");
    lists(&first.name);
    send(&client).unwrap();
    assert_eq!(first.requests().len(), 1);
    drop(client);
    lists(&format!(
        "https={};http={};socks=h:1",
        second.name, second.name
    ));
    let client = system_client(SERVICE);
    send(&client).unwrap();
    assert_eq!((first.requests().len(), second.requests().len()), (0, 1));

    // Without a listener at the proxy.
    lists("http=127.0.0.1:9");
    assert_failure(
        send(&system_client(SERVICE)),
        Status::Proxy,
        "Internet Options",
    );
    lists("socks=u:segredo@127.0.0.1:9");
    assert_failure(send(&system_client(SERVICE)), Status::Proxy, "SOCKS");

    // Exceptions, and this machine.
    let server = Server::with_response(http("200 OK", "{}"));
    for (bypass, through_proxy) in [
        ("", 0),
        ("<-loopback>", 1),
        ("<-loopback>;127.*", 0),
        ("<-loopback>;*.example.com", 1),
    ] {
        set(UserSettings {
            enabled: true,
            proxies: &first.name,
            bypass,
            ..UserSettings::default()
        });
        send(&system_client(&server.url)).unwrap();
        assert_eq!(first.requests().len(), through_proxy, "{bypass}");
    }
    set(UserSettings {
        enabled: true,
        proxies: &first.name,
        bypass: "*.example.invalid",
        ..UserSettings::default()
    });
    assert_failure(
        send(&system_client(SERVICE)),
        Status::Unreachable,
        "is not known",
    );

    // A proxy that is switched off.
    set(UserSettings {
        proxies: &first.name,
        ..UserSettings::default()
    });
    assert_failure(
        send(&system_client(SERVICE)),
        Status::Unreachable,
        "is not known",
    );

    // A script has precedence over a list.
    let text = format!(
        "function FindProxyForURL(url, host) {{ return host == 'chat.example.invalid' ? 'PROXY {}' : 'DIRECT'; }}",
        second.name
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-ns-proxy-autoconfig\r\nContent-Length: {}\r\n\r\n",
        text.len()
    );
    let scripts = Server::with_response(format!("{head}{text}"));
    set(UserSettings {
        enabled: true,
        proxies: &first.name,
        script_url: &format!("{}/proxy.pac", scripts.url),
        ..UserSettings::default()
    });
    send(&system_client(SERVICE)).unwrap();
    assert_eq!((first.requests().len(), second.requests().len()), (0, 1));

    // A script that can't be read: no proxy is used, and the error says so.
    set(UserSettings {
        script_url: "http://127.0.0.1:9/segredo.pac",
        ..UserSettings::default()
    });
    assert_failure(
        send(&system_client(SERVICE)),
        Status::Unreachable,
        "(PAC, at 127.0.0.1)",
    );
    set(UserSettings::default());
}
