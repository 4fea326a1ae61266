//! The secrets of a test, and a recorder for everything that is printed.

use std::fmt::Debug;
use std::sync::{Mutex, Once};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use log::{Level, LevelFilter, Log, Metadata, Record};
use omnize::error::Error;

pub const TOKEN: &str = "tok/segredo+\"portal\"é=";
pub const NAME: &str = "Maria \"Mari\" D'Ávila";
pub const EMAIL: &str = "maria+chat@exemplo.com.br";
pub const PHONE: &str = "+55 (21) 97654-3210";
pub const CPF: &str = "123.456.789-09";
pub const SENT_TEXT: &str = "minha senha é \"1234&5\"\n<b>\u{1F600}/fim";
pub const RECEIVED_TEXT: &str = "seu boleto é R$ \"77\" <ok>\u{1F4B0}/hoje";
pub const PROXY_PASSWORD: &str = "s@nha:do proxy/é";
/// The same password in the form of a URL.
pub const PROXY_PASSWORD_IN_URL: &str = "s%40nha%3Ado%20proxy%2F%C3%A9";
pub const PATH: &str = "/gancho/caminho-que-ninguem-adivinha";
pub const WEBHOOK_PASSWORD: &str = "senha-do-\"gancho\"/é";

const SECRETS: [&str; 11] = [
    TOKEN,
    NAME,
    EMAIL,
    PHONE,
    CPF,
    SENT_TEXT,
    RECEIVED_TEXT,
    PROXY_PASSWORD,
    PROXY_PASSWORD_IN_URL,
    PATH,
    WEBHOOK_PASSWORD,
];

/// Returns each encoded form that would reveal a secret, with the secret.
fn encoded_forms() -> Vec<(&'static str, String)> {
    let mut forms = Vec::new();
    for secret in SECRETS {
        let json = serde_json::to_string(secret).unwrap();
        let json = json[1..json.len() - 1].to_owned();
        let ascii: String = json
            .encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect();
        let percent = |keep: &str| -> String {
            let encode = |byte: u8| match char::from(byte) {
                c if c.is_ascii_alphanumeric() || keep.contains(c) => c.to_string(),
                _ => format!("%{byte:02X}"),
            };
            secret.bytes().map(encode).collect()
        };
        let mut of_this = vec![
            secret.to_owned(),
            json.clone(),
            ascii,
            json.replace('\\', "\\\\").replace('"', "\\\""),
            format!("{secret:?}").trim_matches('"').to_owned(),
            percent(""),
            percent("-_."),
            percent("-_.~!*'()"),
            percent("").replace("%20", "+"),
        ];
        for engine in [&BASE64_STANDARD, &BASE64_URL_SAFE] {
            of_this.push(engine.encode(secret).trim_end_matches('=').to_owned());
            // The characters that the base64 of a longer text certainly contains, at any offset.
            for before in 0..3 {
                for text in [secret, &json] {
                    let padded = [&vec![0; before][..], text.as_bytes()].concat();
                    let whole = engine.encode(&padded);
                    of_this.push(whole[4..(padded.len() / 3) * 4].to_owned());
                }
            }
        }
        forms.extend(of_this.into_iter().map(|form| (secret, form)));
    }
    for form in ["12345678909", "21976543210", "5521976543210"] {
        forms.push(("digits of a customer", form.to_owned()));
    }
    forms
}

static RECORDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    /// Records the library's own messages of every level. Messages of other crates are recorded up to debug: at the
    /// level trace, `ureq-proto` prints the bytes of every request, and no library can prevent that.
    fn log(&self, record: &Record<'_>) {
        if record.level() == Level::Trace && !record.target().starts_with("omnize") {
            return;
        }
        record_text(format!("log of {}: {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Starts to record the log of every level, and panics.
pub fn record_output() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(LevelFilter::Trace);
        std::panic::set_hook(Box::new(|panic| {
            let text = format!("panic: {panic}");
            eprintln!("{text}");
            record_text(text);
        }));
    });
}

/// Records a text.
pub fn record_text(text: String) {
    RECORDED.lock().unwrap().push(text);
}

/// Records the `Debug` output of a value.
pub fn record_debug(value: &impl Debug) {
    record_text(format!("debug: {value:?}\n{value:#?}"));
}

/// Records all texts of an error.
#[track_caller]
pub fn record_error<T>(result: Result<T, Error>) -> Error {
    let Err(error) = result else {
        panic!("it should have failed");
    };
    let body = String::from_utf8_lossy(error.body()).into_owned();
    record_text(format!(
        "error: {error} {} {error:?} {error:#?}",
        error.message()
    ));
    record_text(format!("body: {body}"));
    error
}

/// Returns all texts since the last call, and a description of each secret in them.
pub fn take_recorded() -> (Vec<String>, Vec<String>) {
    let printed = std::mem::take(&mut *RECORDED.lock().unwrap());
    let forms = encoded_forms();
    let leaks = |text: &String| {
        let (secret, form) = forms.iter().find(|(_, form)| text.contains(form))?;
        Some(format!("{secret:?}, as {form:?}, in {text}"))
    };
    let leaks = printed.iter().filter_map(leaks).collect();
    (printed, leaks)
}
