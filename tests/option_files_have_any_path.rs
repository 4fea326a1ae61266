//! The files that options name may have any path of the system, a byte-order mark, and line ends of any system.

#![cfg(feature = "listener")]

use std::fs;
use std::path::{Path, PathBuf};

use omnize::Client;
use omnize::config::Config;
use omnize::status::Status;

/// A folder with a long path in several scripts. Drop removes it.
struct Folder {
    root: PathBuf,
    deep: PathBuf,
}

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("omnize-{}-{name}", std::process::id());
        let root = std::path::absolute(std::env::temp_dir())
            .unwrap()
            .join(name);
        let mut deep = root.join("opção ç ã").join("Кириллица").join("𝄞 and 😀");
        for _ in 0..6 {
            deep.push("a long name of a folder, with blanks and commas");
        }
        fs::create_dir_all(&deep).unwrap();
        assert!(deep.to_str().unwrap().len() > 300);
        Folder { root, deep }
    }

    /// Writes a file with a byte-order mark and line ends as on Windows.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.deep.join(name);
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        fs::write(&path, format!("\u{feff}{text}")).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn load(path: &Path) -> Config {
    let mut config = Config::new();
    config.load_file(path).unwrap();
    config
}

#[test]
fn unicode_and_long_paths_are_read() {
    let folder = Folder::new("paths");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = folder.write("certificado ç.pem", &made.cert.pem());
    let key = folder.write("ключ.pem", &made.signing_key.serialize_pem());
    let options = folder.write(
        "opções.ini",
        &format!(
            "; uma opção\ntoken = t\nlisten = 127.0.0.1:0\n[listen.tls]\ncertificate = {}\nkey = {}\n",
            certificate.display(),
            key.display()
        ),
    );
    let client = Client::open(&load(&options)).unwrap();
    assert!(client.webhook_url().unwrap().starts_with("https://"));
}

#[test]
fn utf_16_is_reported() {
    let folder = Folder::new("utf-16");
    let path = folder.deep.join("utf-16");
    let units = "\u{feff}token = t\r\n".encode_utf16();
    fs::write(&path, units.flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    let error = Config::new().load_file(&path).unwrap_err();
    assert_eq!(error.status(), Status::File);
    let expected = "line 1 is not UTF-8, which is required; save the file as UTF-8";
    assert!(error.message().ends_with(expected), "{error}");

    let mut config = Config::new();
    let path = path.to_str().unwrap();
    for (name, value) in [
        ("token", "t"),
        ("listen", "127.0.0.1:0"),
        ("listen.tls.certificate", path),
        ("listen.tls.key", path),
    ] {
        config.set(name, value).unwrap();
    }
    let error = Client::open(&config).unwrap_err();
    assert_eq!(error.status(), Status::File);
    let expected = "it is UTF-16; save it as UTF-8 or ASCII";
    assert!(error.message().ends_with(expected), "{error}");
}
