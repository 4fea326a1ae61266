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
const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings";

/// The user's settings; an empty value is removed.
#[derive(Clone, Copy, Default)]
struct UserSettings<'a> {
    enabled: bool,
    proxies: &'a str,
    bypass: &'a str,
    script_url: &'a str,
}

/// Changes the settings of the user, and those that Windows derives from them.
fn set(settings: UserSettings) {
    let enabled = if settings.enabled { "1" } else { "0" };
    reg(&[
        "add",
        KEY,
        "/v",
        "ProxyEnable",
        "/t",
        "REG_DWORD",
        "/d",
        enabled,
        "/f",
    ]);
    for (name, value) in [
        ("ProxyServer", settings.proxies),
        ("ProxyOverride", settings.bypass),
        ("AutoConfigURL", settings.script_url),
    ] {
        // It may not exist.
        let _ = reg_status(&["delete", KEY, "/v", name, "/f"]);
        if !value.is_empty() {
            reg(&["add", KEY, "/v", name, "/t", "REG_SZ", "/d", value, "/f"]);
        }
    }
    // Both are used, and contain a copy of the values above.
    let connections = format!(r"{KEY}\Connections");
    let _ = reg_status(&["delete", &connections, "/f"]);
}

fn reg_status(arguments: &[&str]) -> bool {
    Command::new("reg")
        .args(arguments)
        .output()
        .unwrap()
        .status
        .success()
}

fn reg(arguments: &[&str]) {
    assert!(reg_status(arguments), "{arguments:?}");
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
    let lists = |proxies| {
        set(UserSettings {
            enabled: true,
            proxies,
            ..UserSettings::default()
        });
    };

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
