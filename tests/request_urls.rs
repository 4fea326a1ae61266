//! The destination of a request: the target that the service reads, for the first and for later requests of a
//! connection, and the host that is connected.

#[path = "support/forward_proxy.rs"]
mod forward_proxy;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::env;
use std::fs;
use std::io::Write;
use std::process::Command;

use forward_proxy::{Proxy, ProxyOptions};
use http_server::{Server, http};
use omnize::Client;
use omnize::config::Config;
use omnize::error::Error;
use omnize::status::Status;
use test_client::attach;

/// A response that accepts every request of this test.
const ACCEPTED: &str = r#"{"success":true,"agents":[]}"#;

fn open_client(options: &[(&str, &str)]) -> Result<Client, Error> {
    let mut config = Config::new();
    config.set("token", "tok")?;
    for (name, value) in options {
        config.set(name, value)?;
    }
    Client::open(&config)
}

/// Sends a request.
type SendRequest = fn(&Client) -> Result<(), Error>;

fn message(client: &Client) -> Result<(), Error> {
    attach(client, "12").send("olá")
}

fn agents(client: &Client) -> Result<(), Error> {
    client.online_agents("1").map(|_| ())
}

fn accept(client: &Client) -> Result<(), Error> {
    client.bot_attach("hash")?.bot_accept()
}

/// Returns the first line and the Host of two requests on one connection. Both must be equal.
fn received_targets(
    options: &[(&str, &str)],
    server: &Server,
    make: SendRequest,
) -> (String, String) {
    let client = open_client(options).unwrap();
    let [first, second] = [(); 2].map(|()| {
        make(&client).unwrap();
        let request = server.requests.recv().unwrap();
        let line = request.lines().next().unwrap().to_owned();
        let host = request
            .lines()
            .find_map(|line| Some(line.to_ascii_lowercase().strip_prefix("host: ")?.to_owned()));
        (line, host.unwrap())
    });
    assert_eq!(first, second);
    first
}

#[test]
fn path_precedes_query_on_every_request() {
    let server = Server::with_response(http("200 OK", ACCEPTED));
    let host = server.url.split('/').nth(2).unwrap().to_owned();
    for (below, dialect, make, line) in [
        ("?key=1", "rest", message as SendRequest, "POST /?key=1"),
        ("/?key=1", "gateway", message, "POST /?key=1"),
        ("/?", "rest", message, "POST /"),
        ("", "rest", message, "POST /"),
        ("/x/", "rest", message, "POST /x/"),
        (
            "/x?q=1",
            "interactions",
            accept,
            "PUT /x/core/api/v1/bot/hash/accept?q=1",
        ),
        (
            "?q=1",
            "interactions",
            accept,
            "PUT /core/api/v1/bot/hash/accept?q=1",
        ),
        (
            "/x/?q=1",
            "interactions",
            agents,
            "GET /x/core/api/v1/agents/online?q=1&token=tok&department_id=1",
        ),
        (
            "/olá/a b?ç=\"",
            "rest",
            message,
            "POST /ol%C3%A1/a%20b?%C3%A7=%22",
        ),
        (
            "/%C3%A1%2F%2f/50%",
            "rest",
            message,
            "POST /%C3%A1%2F%2f/50%25",
        ),
        (
            "/é",
            "interactions",
            accept,
            "PUT /%C3%A9/core/api/v1/bot/hash/accept",
        ),
    ] {
        let url = format!("http://{host}{below}");
        let options = [("base_url", &*url), ("dialect", dialect)];
        let expected = (format!("{line} HTTP/1.1"), host.clone());
        assert_eq!(received_targets(&options, &server, make), expected, "{url}");

        // The server acts as a proxy, which reads the whole URL.
        let url = format!("http://Chat.invalid:81{below}");
        let options = [("base_url", &*url), ("dialect", dialect), ("proxy", &host)];
        let (method, target) = line.split_once(' ').unwrap();
        let line = format!("{method} http://chat.invalid:81{target} HTTP/1.1");
        let expected = (line, "chat.invalid:81".to_owned());
        assert_eq!(received_targets(&options, &server, make), expected, "{url}");
    }
}

#[test]
fn host_with_accents_is_sent_in_ascii() {
    let proxy = Server::with_response(http("200 OK", ACCEPTED));
    let name = proxy.url.split('/').nth(2).unwrap();
    for (url, host) in [
        ("http://café.localhost/", "xn--caf-dma.localhost"),
        ("http://AÇÃO.com.br:81/", "xn--ao-siap.com.br:81"),
        ("http://[2001:DB8:0::1]:81/", "[2001:db8::1]:81"),
    ] {
        let received_targets =
            received_targets(&[("base_url", url), ("proxy", name)], &proxy, message);
        assert_eq!(
            received_targets,
            (format!("POST http://{host}/ HTTP/1.1"), host.to_owned())
        );
    }
    // Without a proxy, the host cannot be resolved; the error contains its ASCII form.
    let client = open_client(&[("base_url", "http://açaí.invalid/x"), ("proxy", "none")]).unwrap();
    let error = message(&client).unwrap_err();
    assert!(error.message().contains("xn--aa-4iaz.invalid"), "{error}");
}

#[test]
fn unencodable_host_is_reported() {
    for (option, value) in [
        ("base_url", "http://例え.jp/x"),
        ("listen.public_url", "https://例え.jp"),
        ("proxy", "http://u:segredo@例え.jp:3128"),
    ] {
        let error = open_client(&[(option, value)]).unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("xn--r8jz45g.jp"), "{error}");
        assert!(!error.message().contains("segredo"), "{error}");
    }
}

#[test]
fn webhook_url_with_accents_is_returned_in_ascii() {
    let client = open_client(&[
        ("listen", "127.0.0.1:0"),
        ("listen.path", "/a"),
        ("listen.public_url", "https://Café.example/olá/"),
    ])
    .unwrap();
    assert_eq!(
        client.webhook_url(),
        Some("https://xn--caf-dma.example/ol%C3%A1/a")
    );
}

/// The environment belongs to the process, so these tests start themselves. Returns whether a message was accepted in
/// the child process.
fn send_in_child_process(
    wrapper: Option<&[&str]>,
    test: &str,
    environment: &[(&str, &str)],
) -> bool {
    let program = env::current_exe().unwrap();
    let mut child = match wrapper {
        Some(wrapper) => {
            let mut child = Command::new(wrapper[0]);
            child.args(&wrapper[1..]).arg(program);
            child
        }
        None => Command::new(program),
    };
    child.args(["--exact", test, "--nocapture"]);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
    ] {
        child.env_remove(name);
    }
    let output = child.envs(environment.iter().copied()).output().unwrap();
    output.status.success()
}

/// Sends a message if the environment of this process requests it; panics on failure.
fn send_if_child_process() -> bool {
    let Ok(url) = env::var("TEST_URL") else {
        return false;
    };
    let require_tls = env::var("TEST_REQUIRE_TLS").unwrap_or("0".into());
    let client = open_client(&[("base_url", &url), ("require_tls", &require_tls)]).unwrap();
    message(&client).unwrap();
    true
}

#[test]
fn no_proxy_accepts_any_white_space() {
    if send_if_child_process() {
        return;
    }
    let server = Server::with_response(http("200 OK", ""));
    let proxy = Proxy::start(ProxyOptions {
        response: Some(http("200 OK", "")),
        ..ProxyOptions::default()
    });
    let through = |no_proxy: &str, url: &str| {
        let accepted = send_in_child_process(
            None,
            "no_proxy_accepts_any_white_space",
            &[
                ("TEST_URL", url),
                ("http_proxy", &proxy.name),
                ("NO_PROXY", no_proxy),
            ],
        );
        // A host that needs no proxy has no address.
        assert_eq!(accepted, !proxy.requests().is_empty());
        accepted
    };
    assert!(through("a.example,\n192.0.2.2", "http://chat.invalid/"));
    for no_proxy in [
        "a.example,\nchat.invalid",
        "a.example\tchat.invalid\r\n",
        "chat.invalid.\n",
    ] {
        assert!(!through(no_proxy, "http://chat.invalid/"), "{no_proxy:?}");
    }
    assert!(!through("café.invalid", "http://xn--caf-dma.invalid/"));
    assert_eq!(server.requests(), 0);
}

#[test]
fn localhost_with_trailing_dot_is_loopback() {
    if send_if_child_process() {
        return;
    }
    let server = Server::with_response(http("200 OK", ""));
    let port = server.url.split([':', '/']).nth(4).unwrap();
    for host in ["localhost", "LocalHost.", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/");
        assert!(
            send_in_child_process(
                None,
                "localhost_with_trailing_dot_is_loopback",
                &[
                    ("TEST_URL", &url),
                    ("TEST_REQUIRE_TLS", "1"),
                    ("http_proxy", "proxy.invalid:3128"),
                ],
            ),
            "{url}"
        );
        assert_eq!(server.requests(), 1);
    }
}

#[test]
fn require_tls_sends_nothing_to_a_remote_proxy() {
    let here = ("base_url", "http://localhost:9/");
    let error =
        open_client(&[here, ("require_tls", "1"), ("proxy", "proxy.invalid:3128")]).unwrap_err();
    assert_eq!(error.status(), Status::Value);
    assert!(error.message().contains("proxy.invalid"), "{error}");
}

/// The hosts file belongs to the machine; a child process can get another one.
#[test]
fn localhost_subdomain_is_loopback_only_if_it_resolves_so() {
    const NAME: &str = "localhost_subdomain_is_loopback_only_if_it_resolves_so";
    if send_if_child_process() {
        return;
    }
    let hosts = format!(
        "{}/hosts-{}",
        env!("CARGO_TARGET_TMPDIR"),
        std::process::id()
    );
    let script = format!("mount --bind '{hosts}' /etc/hosts && exec \"$0\" \"$@\"");
    let wrapper = ["unshare", "-m", "sh", "-c", &script];
    fs::write(&hosts, "").unwrap();
    let may = Command::new("unshare")
        .args(["-m", "mount", "--bind", &hosts, "/etc/hosts"])
        .output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("another hosts file needs the right to mount; this test is left out");
        return;
    }
    let server = Server::with_response(http("200 OK", ""));
    let port = server.url.split([':', '/']).nth(4).unwrap();
    let url = format!("http://a.localhost:{port}/");
    let through_proxy = Proxy::start(ProxyOptions {
        response: Some(http("200 OK", "")),
        ..ProxyOptions::default()
    });
    let accepted = |lines: &str, require_tls, proxy| {
        let mut file = fs::File::create(&hosts).unwrap();
        file.write_all(lines.as_bytes()).unwrap();
        send_in_child_process(
            Some(&wrapper),
            NAME,
            &[
                ("TEST_URL", &url),
                ("TEST_REQUIRE_TLS", require_tls),
                ("http_proxy", proxy),
            ],
        )
    };
    let (here, elsewhere) = ("127.0.0.1 a.localhost\n", "192.0.2.1 a.localhost\n");
    assert!(accepted(here, "1", ""));
    assert!(accepted(here, "0", &through_proxy.name));
    assert_eq!((server.requests(), through_proxy.requests().len()), (2, 0));

    assert!(!accepted(elsewhere, "1", ""));
    assert!(!accepted(&format!("{here}{elsewhere}"), "1", ""));
    assert!(!accepted("", "1", ""));
    assert_eq!(server.requests(), 0);
    assert!(accepted(elsewhere, "0", &through_proxy.name));
    assert_eq!(through_proxy.requests().len(), 1);

    // Even `localhost` must not lead to another host in plain text.
    let url = format!("http://localhost:{port}/");
    fs::write(&hosts, "192.0.2.1 localhost\n").unwrap();
    assert!(!send_in_child_process(
        Some(&wrapper),
        NAME,
        &[("TEST_URL", &url), ("TEST_REQUIRE_TLS", "1")],
    ));
    fs::remove_file(&hosts).unwrap();
}
