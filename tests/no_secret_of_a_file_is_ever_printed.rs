//! The content of a file that an option names is in no log, error, debug output or panic, for any corruption of the
//! file. The files are keys, certificates and authorities (at open and at reload), configuration files, and the store.
//!
//! A single test, because a process has one logger.

#![cfg(all(feature = "listener", feature = "store"))]

#[path = "support/secret_recorder.rs"]
mod secret_recorder;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use omnize::Client;
use omnize::config::Config;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use rustls::pki_types::pem::PemObject;
use secret_recorder::{
    RECEIVED_TEXT, SENT_TEXT, TOKEN, WEBHOOK_PASSWORD, record_debug, record_error, record_output,
    take_recorded,
};
use store_folder::Folder;

/// A comment in a PEM file. Some files contain the passphrase there.
const COMMENT: &str = "frase-secreta-do-arquivo";

fn config(options: &[(&str, &str)]) -> Config {
    let mut config = Config::new();
    config.set("token", TOKEN).unwrap();
    config.set("base_url", "https://127.0.0.1:1/").unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    record_debug(&config);
    config
}

/// Opens a client, and records its debug output or its error.
fn open(options: &[(&str, &str)]) -> Option<Client> {
    let opened = catch_unwind(AssertUnwindSafe(|| Client::open(&config(options))));
    let opened = opened.expect("it panicked");
    match opened {
        Ok(client) => {
            record_debug(&client);
            Some(client)
        }
        Err(error) => {
            record_error::<()>(Err(error));
            None
        }
    }
}

/// A certificate and its key, as PEM.
struct CertificateAndKey {
    certificate: String,
    key: String,
}

impl CertificateAndKey {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        CertificateAndKey {
            certificate: made.cert.pem().replace('\r', ""),
            key: made.signing_key.serialize_pem().replace('\r', ""),
        }
    }
}

/// Returns corrupted PEM files, each with the part of the error that names the fault; empty if the file is still valid.
fn broken_files(pem: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let lines: Vec<_> = pem.trim_end().split('\n').collect();
    let (begin, end) = (lines[0], lines[lines.len() - 1]);
    let base64 = lines[1..lines.len() - 1].join("");
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(pem.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let raw: Vec<u8> =
        <(rustls::pki_types::pem::SectionKind, Vec<u8>)>::from_pem_slice(pem.as_bytes())
            .unwrap()
            .1;
    let text = |text: String| text.into_bytes();
    vec![
        (
            "escaped",
            text(pem.replace('\n', "\\n")),
            "line 1 contains line breaks written as \\n",
        ),
        (
            "escaped and quoted",
            text(format!("\"{}\"", pem.replace('\n', "\\n"))),
            "line 1 contains line breaks",
        ),
        (
            "half escaped",
            text(format!("{begin}\n{base64}\\n{end}\\n")),
            "line 2 contains line breaks written as \\n",
        ),
        ("marked", text(format!("\u{feff}{pem}")), ""),
        (
            "marked in the middle",
            text(format!("# {COMMENT}\n\u{feff}{pem}")),
            "",
        ),
        ("of Windows", text(pem.replace('\n', "\r\n")), ""),
        ("of an old Mac", text(pem.replace('\n', "\r")), ""),
        ("indented", text(pem.replace('\n', " \n\t ")), ""),
        ("UTF-16", utf16, "it is UTF-16"),
        (
            "without an end",
            text(pem.replace(end, "")),
            "the section at line 1 has no end",
        ),
        (
            "cut off",
            text(pem[..pem.len() / 2].to_owned()),
            "the section at line 1 has no end",
        ),
        (
            "with another end",
            text(pem.replace(end, "-----END X-----")),
            "is not the end of the section at line 1",
        ),
        (
            "begun twice",
            text(format!("{begin}\n{pem}")),
            "the section at line 1 has no end before line 2",
        ),
        (
            "with an end too many",
            text(format!("{pem}{end}\n")),
            "ends a section, but none has begun",
        ),
        (
            "not base64",
            text(pem.replacen(lines[1], &format!("!*{}", lines[1]), 1)),
            "line 2 is not base64",
        ),
        (
            "no whole base64",
            text(format!(
                "{begin}\n{}\n{end}\n",
                &base64[..base64.len() / 4 * 4 - 7]
            )),
            "the section at line 1",
        ),
        (
            "other bytes",
            text(format!(
                "{COMMENT}\n\n{begin}\nAAAA{}\n{end}\n",
                &base64[4..]
            )),
            "",
        ),
        (
            "on one line",
            text(pem.replace('\n', " ")),
            "line 1 is not a valid beginning of a section",
        ),
        (
            "fewer dashes",
            text(pem.replace(begin, &begin[..begin.len() - 1])),
            "line 1 is not a valid beginning",
        ),
        (
            "of no known kind",
            text(pem.replace("-----BEGIN ", &format!("-----BEGIN {COMMENT} "))),
            "has an unknown kind",
        ),
        (
            "with a passphrase",
            text(pem.replacen(
                '\n',
                &format!("\nProc-Type: 4,ENCRYPTED\nDEK-Info: {COMMENT}\n\n"),
                1,
            )),
            "line 1 is a private key with a passphrase",
        ),
        ("DER", raw, "it looks like DER"),
        ("empty", Vec::new(), "it is empty"),
        ("a comment", text(format!("{COMMENT}\n")), "it contains no"),
        (
            "not text",
            [b"\xff\x00", pem.as_bytes()].concat(),
            "line 1 is not a valid beginning",
        ),
    ]
}

/// Returns all strings that reveal these files: parts of their text and of the encoded data, as text, as numbers and in
/// base 16.
fn secret_pieces(files: &[&str]) -> Vec<String> {
    let mut secret_pieces = vec![COMMENT.to_owned()];
    for file in files {
        let base64: String = file.lines().filter(|line| !line.starts_with('-')).collect();
        let der = <(rustls::pki_types::pem::SectionKind, Vec<u8>)>::from_pem_slice(file.as_bytes())
            .unwrap()
            .1;
        secret_pieces.extend(
            base64
                .as_bytes()
                .chunks_exact(8)
                .map(|piece| String::from_utf8(piece.to_vec()).unwrap()),
        );
        for bytes in [base64.as_bytes(), &der] {
            for piece in bytes.windows(6).step_by(11) {
                let numbers: Vec<_> = piece.iter().map(u8::to_string).collect();
                let digits: Vec<_> = piece.iter().map(|byte| format!("{byte:02x}")).collect();
                secret_pieces.extend([
                    numbers.join(", "),
                    digits.concat(),
                    digits.concat().to_uppercase(),
                    digits.join(", 0x"),
                ]);
            }
        }
    }
    secret_pieces
}

/// Panics if a recorded text contains one of these pieces. Returns all recorded texts except debug output.
#[track_caller]
fn printed_without_pieces(pieces: &[String]) -> Vec<String> {
    let (mut printed, leaks) = take_recorded();
    assert_eq!(leaks, Vec::<String>::new());
    for text in &printed {
        if let Some(piece) = pieces.iter().find(|piece| text.contains(piece.as_str())) {
            panic!("{piece} of a file is in {text}");
        }
    }
    printed.retain(|text| !text.starts_with("debug"));
    printed
}

fn open_with_broken_certificates(folder: &Folder) {
    let pair = CertificateAndKey::new();
    let pieces = secret_pieces(&[&pair.certificate, &pair.key]);
    let certificate = folder.write("certificate.pem", &pair.certificate);
    let key = folder.write("key.pem", &pair.key);
    for option in [
        "tls.key",
        "tls.certificate",
        "tls.ca_file",
        "listen.tls.key",
        "listen.tls.certificate",
    ] {
        let content = if option.ends_with("key") {
            &pair.key
        } else {
            &pair.certificate
        };
        for (how, bytes, expected) in broken_files(content) {
            let file = folder.write("broken.pem", bytes);
            let mut options = vec![(option, &*file)];
            match option {
                "tls.key" => options.push(("tls.certificate", &certificate)),
                "tls.certificate" => options.push(("tls.key", &key)),
                "listen.tls.key" => options.extend([
                    ("listen.tls.certificate", &*certificate),
                    ("listen", "127.0.0.1:0"),
                ]),
                "listen.tls.certificate" => {
                    options.extend([("listen.tls.key", &*key), ("listen", "127.0.0.1:0")])
                }
                _ => {}
            }
            let client = open(&options);
            let printed = printed_without_pieces(&pieces).join("\n");
            if how == "with a passphrase" && content == &pair.certificate {
                // An invalid key is not a valid certificate either.
                assert!(
                    printed.contains("it contains no certificate"),
                    "{option}: {printed}"
                );
            } else if how == "other bytes" {
                assert!(client.is_none(), "{option}, {how}");
                assert!(printed.contains("can't be"), "{option}, {how}: {printed}");
            } else {
                assert_eq!(
                    client.is_some(),
                    expected.is_empty(),
                    "{option}, {how}: {printed}"
                );
                assert!(printed.contains(expected), "{option}, {how}: {printed}");
                assert!(
                    expected.is_empty() || printed.contains(&format!("option {option}: ")),
                    "{printed}"
                );
            }
        }
    }
    // Each file in the place of the other, and the file's content in the place of its path.
    open(&[("tls.key", &certificate), ("tls.certificate", &key)]);
    open(&[("tls.ca_file", &key)]);
    for option in [
        "tls.key",
        "tls.certificate",
        "tls.ca_file",
        "listen.tls.key",
        "listen.tls.certificate",
        "store",
    ] {
        for value in [&pair.key, &pair.certificate] {
            let error = record_error(Config::new().set(option, value));
            assert_eq!(error.status(), Status::Value);
        }
    }
    printed_without_pieces(&pieces);
}

fn renew_with_broken_certificates(folder: &Folder) {
    let (good, next) = (CertificateAndKey::new(), CertificateAndKey::new());
    let pieces = secret_pieces(&[&good.certificate, &good.key, &next.certificate, &next.key]);
    let mut files = Vec::new();
    let mut clients = Vec::new();
    for (at, (how, bytes, expected)) in broken_files(&next.key).into_iter().enumerate() {
        if expected.is_empty() && how != "other bytes" {
            continue;
        }
        let certificate = folder.write(&format!("{at}.certificate.pem"), &good.certificate);
        let key = folder.write(&format!("{at}.key.pem"), &good.key);
        clients.push(
            open(&[
                ("listen", "127.0.0.1:0"),
                ("listen.tls.certificate", &certificate),
                ("listen.tls.key", &key),
            ])
            .unwrap(),
        );
        files.push((how, key, bytes));
    }
    for (_, key, bytes) in &files {
        fs::write(key, bytes).unwrap();
    }
    let mut printed = String::new();
    let begun = Instant::now();
    while !files.iter().all(|(_, key, _)| {
        printed.contains(&format!(
            "the listener keeps its certificate: option listen.tls.key: the file {key} "
        ))
    }) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "a reload was not logged"
        );
        thread::sleep(Duration::from_millis(250));
        printed += &printed_without_pieces(&pieces).join("\n");
    }
}

fn load_broken_configurations(folder: &Folder) {
    let good = format!(
        "token = \"{0}\"\n[listen]\nbasic = \"ana:{0}\"\n",
        WEBHOOK_PASSWORD.replace('"', "")
    );
    let secret = WEBHOOK_PASSWORD.replace('"', "");
    let broken: [(&str, Vec<u8>); 14] = [
        ("no end of a quote", format!("token = \"{secret}\n").into()),
        (
            "junk after a quote",
            format!("token = \"{secret}\" {secret}\n").into(),
        ),
        (
            "a quote in the middle",
            format!("token = {secret}\" x\"\"{secret}\n[").into(),
        ),
        ("no sign", format!("token {secret}\n").into()),
        ("no name", format!("= {secret}\n").into()),
        ("the secret alone", format!("{secret}\n").into()),
        ("the secret as a name", format!("{secret} = token\n").into()),
        (
            "the secret as a group",
            format!("[{secret}]\na = b\n").into(),
        ),
        ("an open group", format!("[{secret}\n").into()),
        ("junk after a group", format!("[listen] {secret}\n").into()),
        (
            "UTF-16",
            good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("Latin-1", [b"token = \xe7", good.as_bytes()].concat()),
        ("no user", format!("listen.basic = {secret}\n").into()),
        (
            "a control character",
            format!("token = {secret}\u{7}\n").into(),
        ),
    ];
    let pieces = [secret, "senha-do-".to_owned()];
    for (how, bytes) in broken {
        let file = folder.write("omnize.ini", bytes);
        let mut config = Config::new();
        let error = record_error(config.load_file(Path::new(&file)));
        record_debug(&config);
        assert!(error.message().contains("line "), "{how}: {error}");
        printed_without_pieces(&pieces);
    }
}

/// Returns a store with an event and a posted request.
fn create_store(folder: &Folder) -> Vec<u8> {
    let path = folder.0.join("good.db");
    let client = open(&[("store", path.to_str().unwrap())]).unwrap();
    let body = serde_json::json!({"message": RECEIVED_TEXT, "clientId": "12"}).to_string();
    client.deliver(body.as_bytes(), None).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    client
        .attach(address)
        .unwrap()
        .post(Request::Message(SENT_TEXT.into()))
        .unwrap();
    client.close(Duration::from_millis(100)).unwrap();
    drop(client);
    fs::read(path).unwrap()
}

fn open_broken_stores(folder: &Folder) {
    let good = create_store(folder);
    let page = 4096.min(good.len() / 2);
    let mut broken: Vec<Vec<u8>> = vec![
        RECEIVED_TEXT.into(),
        format!("SQLite format 3\0{RECEIVED_TEXT}{SENT_TEXT}").into(),
        good[..good.len() / 2].to_vec(),
        good[..page].to_vec(),
        good[..page - 7].to_vec(),
        good[1..].to_vec(),
        [&good[..], RECEIVED_TEXT.as_bytes()].concat(),
    ];
    // Any wrong byte in a page's head, and message text in the place of the file's own data.
    for at in [16, 18, 24, 28, 56, 100, 105, page, page + 3, page + 8] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x5a;
        broken.push(bytes);
    }
    let text = String::from_utf8_lossy(&good).into_owned();
    assert!(text.contains("fim"), "what was posted stands in the store");
    for (from, to) in [
        (&b"\"message\":"[..], &b"\"message\";"[..]),
        (b"\"address\":", b"\"xddress\":"),
        (b"CREATE TABLE", b"CREATE XABLE"),
    ] {
        let mut bytes = good.clone();
        let found: Vec<_> = (0..bytes.len() - from.len())
            .filter(|at| bytes[*at..].starts_with(from))
            .collect();
        for at in found {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        broken.push(bytes);
    }
    for bytes in broken {
        let path = folder.write("broken.db", bytes);
        for suffix in ["-wal", "-shm", "-lock"] {
            let _ = fs::remove_file(format!("{path}{suffix}"));
        }
        if let Some(client) = open(&[("store", &path), ("timeout", "100")]) {
            while let Ok(Some(event)) = client.next(Duration::ZERO) {
                record_debug(&event);
            }
            let _ = client.close(Duration::ZERO);
        }
        printed_without_pieces(&[]);
    }
}

#[test]
fn contents_of_files_are_never_printed() {
    record_output();
    let folder = Folder::new();
    open_with_broken_certificates(&folder);
    renew_with_broken_certificates(&folder);
    load_broken_configurations(&folder);
    open_broken_stores(&folder);
}
