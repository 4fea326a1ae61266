//! Tokens, passwords, the webhook path, customer data and messages are never printed: in no log of any level, in no
//! error, in no `Debug` output and in no panic. This includes escaped and encoded forms, and every end of a request.
//!
//! A single test, because a process has one logger.

#![cfg(feature = "listener")]

#[path = "support/forward_proxy.rs"]
mod forward_proxy;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/secret_recorder.rs"]
mod secret_recorder;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use forward_proxy::{Proxy, ProxyOptions};
use http_server::{Server, http};
use omnize::config::{Config, Settings};
use omnize::error::{Error, Result};
use omnize::status::Status;
use omnize::wire::{Address, Customer, Redacted, Request};
use omnize::{Client, EventFilter};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::version::{TLS12, TLS13};
use secret_recorder::{
    CPF, EMAIL, NAME, PATH, PHONE, PROXY_PASSWORD, PROXY_PASSWORD_IN_URL, RECEIVED_TEXT, SENT_TEXT,
    TOKEN, WEBHOOK_PASSWORD, record_debug, record_error, record_output, record_text, take_recorded,
};
use tls_server::{CertificateAuthority, TlsServer, server_config, write_pem_file};

fn config(url: &str, options: &[(&str, &str)]) -> Config {
    let mut config = Config::new();
    for (name, value) in [
        ("token", TOKEN),
        ("base_url", url),
        ("proxy", "none"),
        ("timeout", "3000"),
    ] {
        config.set(name, value).unwrap();
    }
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    record_debug(&config);
    config
}

fn open_client(url: &str, options: &[(&str, &str)]) -> Client {
    Client::open(&config(url, options)).unwrap()
}

fn address() -> Address {
    Address {
        department: "1".into(),
        client_id: "12".into(),
    }
}

fn customer() -> Customer {
    Customer {
        name: Some(NAME.into()),
        email: Some(EMAIL.into()),
        phone: Some(PHONE.into()),
        cpf: Some(CPF.into()),
    }
}

/// Starts an interaction and sends a message. Both fail.
fn fail_to_send(url: &str, options: &[(&str, &str)]) -> Error {
    let client = open_client(url, options);
    record_error(client.start(address(), customer()));
    let chat = client.attach(address()).unwrap();
    let error = record_error(chat.send(SENT_TEXT));
    record_debug(&client);
    record_debug(&chat);
    error
}

fn run_conversation(url: &str, options: &[(&str, &str)]) -> Result<()> {
    let client = open_client(url, options);
    let chat = client.start(address(), customer())?;
    chat.typing()?;
    chat.cleared()?;
    chat.send(SENT_TEXT)?;
    chat.finish()?;
    record_debug(&client);
    record_debug(&chat);
    client.close(Duration::from_secs(1)).map(drop)
}

fn secure_service() -> (TlsServer, String) {
    let authority = CertificateAuthority::new();
    let config = server_config(&authority.certify("127.0.0.1"), &[&TLS12, &TLS13], None);
    let server = TlsServer::with_response(config, http("200 OK", "{}"));
    (server, authority.file())
}

fn run_successful_conversations() {
    let plain = Server::start(|mut stream, read| {
        while read(&mut stream).is_some() {
            stream.write_all(http("200 OK", "{}").as_bytes()).unwrap();
            // The server serves one connection at a time; the proxy opens one for each request.
            if stream.peek(&mut [0]).is_ok_and(|read| read == 0) {
                break;
            }
        }
    });
    let (secure, ca) = secure_service();
    let proxy = Proxy::start(ProxyOptions {
        credentials: Some(Box::leak(format!("ana:{PROXY_PASSWORD}").into_boxed_str())),
        ..ProxyOptions::default()
    });
    let through = format!("http://ana:{PROXY_PASSWORD_IN_URL}@{}", proxy.name);
    for url in [&plain.url, &secure.url] {
        run_conversation(url, &[("tls.ca_file", &ca)]).unwrap();
        run_conversation(url, &[("tls.ca_file", &ca), ("proxy", &through)]).unwrap();
    }
    assert!(
        proxy
            .requests()
            .iter()
            .any(|request| request.contains("Basic "))
    );
}

/// A service that echoes the whole request, as `encode` returns it.
fn echo_server(encode: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Server {
    Server::start(move |mut stream, read| {
        while let Some(request) = read(&mut stream) {
            if stream.write_all(&encode(&request)).is_err() {
                break;
            }
            let _ = stream.shutdown(Shutdown::Write);
        }
    })
}

fn body_of(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

fn run_against_echoing_services() {
    let forms: [fn(&str) -> String; 7] = [
        |body| body.to_owned(),
        |body| serde_json::json!({ "message": body, "errors": [body] }).to_string(),
        |body| {
            let fields: serde_json::Value = serde_json::from_str(body).unwrap();
            serde_json::json!({ "success": false, "errors": fields }).to_string()
        },
        |body| {
            let fields: serde_json::Value = serde_json::from_str(body).unwrap();
            let texts: Vec<_> = fields.as_object().unwrap().values().collect();
            let texts = texts.into_iter().filter_map(|text| text.as_str());
            let texts: String = texts.map(|text| format!("<{text}> ")).collect();
            let encoded = utf8_percent_encode(&texts, NON_ALPHANUMERIC).to_string();
            let small = encoded.to_lowercase();
            format!(
                "{texts} {encoded} {} {small}",
                BASE64_STANDARD.encode(&texts)
            )
        },
        |body| BASE64_STANDARD.encode(body),
        |body| format!("ab{}", BASE64_STANDARD.encode(format!("xy{body}"))),
        |body| {
            let ascii: String = body
                .encode_utf16()
                .map(|unit| match u8::try_from(unit) {
                    Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                    _ => format!("\\u{unit:04x}"),
                })
                .collect();
            format!(r#"{{"status":422,"message":{ascii}}}"#)
        },
    ];
    for form in forms {
        for status in [
            "200 OK",
            "302 Found",
            "400 Bad Request",
            "401 No",
            "422 No",
            "429 Slow",
            "500 Oops",
            "503 Busy",
        ] {
            let server = echo_server(move |request| {
                let body = form(body_of(request));
                match status {
                    "200 OK" => http(
                        status,
                        &format!(r#"{{"success":false,"errors":[{body:?}]}}"#),
                    ),
                    status => http(status, &body),
                }
                .into()
            });
            fail_to_send(&server.url, &[]);
        }
    }
    // In the fields of HTTP, and in place of HTTP.
    for before in [
        "HTTP/1.1 400 ",
        "HTTP/1.1 200 OK\r\nX-Was: ",
        "HTTP/1.1 302 Found\r\nLocation: http://",
        "",
        "HTTP/9 ",
    ] {
        let server = echo_server(move |request| {
            let line = body_of(request).replace(['\r', '\n'], " ");
            let more = format!("{before}{line}\r\nContent-Length: x{line}\r\n\r\n{line}");
            more.into_bytes()
        });
        fail_to_send(&server.url, &[]);
    }
    // Incomplete, endless, too large.
    let server = echo_server(|request| {
        format!(
            "HTTP/1.1 500 Oops\r\nContent-Length: 99999\r\n\r\n{}",
            body_of(request)
        )
        .into()
    });
    fail_to_send(&server.url, &[]);
    let server = echo_server(|request| http("200 OK", &body_of(request).repeat(50)).into());
    fail_to_send(&server.url, &[("response.max_bytes", "100")]);
}

fn run_requests_without_response() {
    fail_to_send("http://nobody.invalid/", &[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = listener.local_addr().unwrap().to_string();
    drop(listener);
    let through = format!("http://ana:{PROXY_PASSWORD_IN_URL}@{name}");
    assert_eq!(
        fail_to_send(&format!("http://{name}/"), &[]).status(),
        Status::Refused
    );
    for url in ["http://127.0.0.1:9/", "https://127.0.0.1:9/"] {
        assert_eq!(
            fail_to_send(url, &[("proxy", &through)]).status(),
            Status::Proxy
        );
    }
    let gone = Server::start(|mut stream, read| drop(read(&mut stream)));
    assert_eq!(fail_to_send(&gone.url, &[]).status(), Status::Lost);
    let silent = Server::start(|mut stream, read| {
        read(&mut stream);
        let _ = stream.read(&mut [0]);
    });
    assert_eq!(
        fail_to_send(&silent.url, &[("timeout.response", "100")]).status(),
        Status::Timeout
    );
    let (secure, _) = secure_service();
    assert_eq!(fail_to_send(&secure.url, &[]).status(), Status::Tls);
    for response in [
        http("403 No", TOKEN),
        http("407 Who", PROXY_PASSWORD),
        http("502 Oops", SENT_TEXT),
    ] {
        let proxy = Proxy::start(ProxyOptions {
            response: Some(response),
            ..ProxyOptions::default()
        });
        let through = format!("http://ana:{PROXY_PASSWORD_IN_URL}@{}", proxy.name);
        fail_to_send(&secure.url, &[("proxy", &through)]);
        let client = open_client(&gone.url, &[("proxy", &through)]);
        record_error(client.attach(address()).unwrap().send(SENT_TEXT));
    }
}

fn make_invalid_calls() {
    let mut config = Config::new();
    for (name, value) in [
        ("token", format!("{TOKEN}\n")),
        (
            "proxy",
            format!("socks5://ana:{PROXY_PASSWORD_IN_URL}@proxy"),
        ),
        ("proxy", format!("http://ana:{PROXY_PASSWORD}@pro xy")),
        ("listen.path", format!("{PATH}?")),
        ("listen.basic", format!("{WEBHOOK_PASSWORD}:\n")),
    ] {
        record_error(config.set(name, &value));
    }
    record_error(Client::open(&config));
    config.set("token", TOKEN).unwrap();
    config.set("listen.path", PATH).unwrap();
    config.set("listen", "127.0.0.1:0").unwrap();
    config
        .set("listen.basic", &format!("omnize:{WEBHOOK_PASSWORD}"))
        .unwrap();
    record_debug(&config);
    record_debug(&Client::open(&config).unwrap());
    record_debug(&Settings::read(&config).unwrap());
    for file in [
        format!("[a\ntoken = {TOKEN}\n"),
        format!("{TOKEN}\n"),
        format!("token = \"{TOKEN}\nproxy = socks5://ana:{PROXY_PASSWORD_IN_URL}@h\n"),
        format!("timeout = 5\ntokn = {TOKEN}\n"),
    ] {
        let path = write_pem_file("options", &file);
        record_error(config.load_file(path.as_ref()));
    }
    let client = open_client("http://127.0.0.1:9/", &[("validate", "customer")]);
    for wrong in [
        Customer {
            cpf: Some("123.456.789-09 ".into()),
            ..customer()
        },
        Customer {
            phone: Some(format!("{PHONE}x").into()),
            ..customer()
        },
        Customer {
            email: Some(format!("{EMAIL} ").into()),
            ..customer()
        },
    ] {
        assert_eq!(
            record_error(client.start(address(), wrong)).status(),
            Status::Customer
        );
    }
    client.close(Duration::ZERO).unwrap();
    record_error(client.start(address(), customer()));
}

/// Posts a trigger to the webhook, and returns the response.
fn post(url: &str, path: &str, body: &str) -> String {
    let host = url.strip_prefix("http://").unwrap().split('/').next();
    let host = host.unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

fn post_triggers() {
    let text = serde_json::to_string(RECEIVED_TEXT).unwrap();
    let message = format!(r#"{{"message":{text},"clientId":"12","cpf":"{CPF}"}}"#);
    let client = open_client(
        "http://127.0.0.1:9/",
        &[
            ("listen", "127.0.0.1:0"),
            ("listen.path", PATH),
            ("listen.max_body", "500"),
        ],
    );
    let url = client.webhook_url().unwrap().to_owned();
    for (path, body, status) in [
        (PATH, &message, "200"),
        (PATH, &format!("{{\"message\":{text}}}"), "400"),
        (PATH, &format!("{{\"message\":{text},"), "400"),
        (PATH, &text, "400"),
        (
            PATH,
            &format!("{{\"status\":{text},\"clientId\":\"12\"}}"),
            "200",
        ),
        (PATH, &message.repeat(9), "413"),
        (&format!("{PATH}/x"), &message, "404"),
        (&format!("{PATH} \u{1}"), &message, "400"),
    ] {
        let response = post(&url, path, body);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}")),
            "{path} {body}: {response}"
        );
        record_text(response);
    }
    for bad in [
        format!("{{\"message\":{text}}}"),
        format!("{text}}}"),
        format!("{{{text}: 1e999,"),
    ] {
        record_error(client.deliver(bad.as_bytes(), None));
    }
    client.deliver(message.as_bytes(), None).unwrap();
    record_debug(&client);
    let kept = client.next(Duration::from_secs(1)).unwrap().unwrap();
    assert_eq!(kept.trigger().unwrap().text.as_deref(), Some(RECEIVED_TEXT));
    record_debug(&kept);
    record_debug(kept.trigger().unwrap());
    client.close(Duration::from_secs(1)).unwrap();

    let polled = open_client("http://127.0.0.1:9/", &[]);
    polled.deliver(message.as_bytes(), None).unwrap();
    let handler = |event: &std::sync::Arc<omnize::Event>| {
        record_debug(event);
        panic!("a handler's own panic");
    };
    polled
        .subscribe(EventFilter::default(), Box::new(handler))
        .unwrap();
    let _ = catch_unwind(AssertUnwindSafe(|| polled.poll(Duration::from_secs(1))));
    record_debug(&polled);
}

#[test]
fn no_secret_is_ever_printed() {
    record_output();
    record_debug(&customer());
    record_debug(&Request::Start(Box::new(customer().into())));
    record_debug(&Request::Message(SENT_TEXT.into()));
    record_debug(&Redacted::from(TOKEN));
    run_successful_conversations();
    run_against_echoing_services();
    run_requests_without_response();
    make_invalid_calls();
    post_triggers();
    // Aborted threads may still write to the log.
    thread::sleep(Duration::from_millis(100));
    let (printed, leaks) = take_recorded();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    for kind in [
        "log of omnize",
        "error: ",
        "body: ",
        "debug: ",
        "a handler's own panic",
        "[redacted]",
    ] {
        let count = printed.iter().filter(|text| text.contains(kind)).count();
        assert!(count > 0, "{kind} was never printed, so nothing was tested");
    }

    // The recorder itself detects a secret.
    for leaks in [
        format!("a {TOKEN} b"),
        BASE64_STANDARD.encode(format!("xyz {SENT_TEXT}")),
        utf8_percent_encode(NAME, NON_ALPHANUMERIC).to_string(),
        serde_json::to_string(RECEIVED_TEXT).unwrap(),
        format!("{PROXY_PASSWORD:?}"),
        "12345678909".to_owned(),
    ] {
        secret_recorder::record_text(leaks.clone());
        assert_eq!(take_recorded().1.len(), 1, "{leaks}");
    }
}
