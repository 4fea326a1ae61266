//! A client without the option listen logs one warning with the names of its options that have no effect, and no value.

#[path = "support/recording_log.rs"]
mod recording_log;

use log::LevelFilter;
use omnize::Client;
use omnize::config::{Config, OPTIONS};
use recording_log::{record_log, take_lines};

/// Opens a client with these options, and returns its warnings.
fn warnings(options: &[(&str, &str)]) -> Vec<String> {
    let mut config = Config::new();
    for (name, value) in [("token", "t"), ("base_url", "http://127.0.0.1:1/")]
        .iter()
        .chain(options)
    {
        config.set(name, value).unwrap();
    }
    drop(Client::open(&config).unwrap());
    take_lines()
}

#[test]
fn options_without_listen_are_logged() {
    record_log(LevelFilter::Warn);
    assert_eq!(
        warnings(&[
            ("listen.path", "/segredo"),
            ("listen.basic", "user:segredo"),
            ("listen.metrics", "/metrics"),
        ]),
        [
            "without the option listen, these options have no effect: listen.path, listen.metrics, listen.basic; set listen to \
             an address, or unset them"
        ]
    );
    let quiet: [&[(&str, &str)]; 3] = [
        &[],
        // Triggers that the application delivers have this limit too.
        &[("listen.max_body", "100")],
        &[(
            "listen.max_connections",
            default_of("listen.max_connections"),
        )],
    ];
    for options in quiet {
        assert_eq!(warnings(options), [""; 0], "{options:?}");
    }
    #[cfg(feature = "listener")]
    assert_eq!(
        warnings(&[("listen", "127.0.0.1:0"), ("listen.path", "/a")]),
        [""; 0]
    );
}

fn default_of(name: &str) -> &'static str {
    let option = OPTIONS.iter().find(|option| option.name == name);
    option.unwrap().default
}
