//! Writes the C header from src/capi/ into the output folder of the build. `make header` copies it to include/, and a test
//! fails if the two differ.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "capi")]
    header::write();
}

#[cfg(feature = "capi")]
mod header {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};

    use cbindgen::{
        Builder, Config, DocumentationLength, DocumentationStyle, Language, SortKey, Style,
    };

    /// In the order of the header.
    const SOURCES: [&str; 27] = [
        "library/version",
        "abi/status_code",
        "library/status",
        "abi/error_handle",
        "library/error",
        "config",
        "client",
        "requests/conversation",
        "requests/conversation_requests",
        "requests/request",
        "outbox_control",
        "lists/outbox",
        "lists/interactions",
        "events/event",
        "requests/conversation_events",
        "requests/media",
        "events/event_details",
        "lists/departments",
        "lists/agents",
        "requests/history",
        "requests/bot",
        "callback",
        "listener",
        "library/statistic",
        "library/snapshot",
        "library/log",
        "library/enumeration",
    ];

    pub fn write() {
        let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let narrative = root.join("src/capi/header.h.in");
        let mut builder = Builder::new().with_config(config(&narrative));
        for name in SOURCES {
            let source = root.join(format!("src/capi/{name}.rs"));
            println!("cargo::rerun-if-changed={}", source.display());
            builder = builder.with_src(source);
        }
        println!("cargo::rerun-if-changed={}", narrative.display());
        let mut header = Vec::new();
        builder
            .generate()
            .expect("cbindgen reads src/capi")
            .write(&mut header);
        // C90 has no line comments, but cbindgen writes these two in any style.
        let header = String::from_utf8(header)
            .expect("the sources are UTF-8")
            .replace("// __cplusplus", "/* __cplusplus */")
            .replace("// extern \"C\"", "/* extern \"C\" */");
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
        fs::write(out.join("omnize.h"), header).expect("the output folder is writable");
    }

    fn config(narrative: &Path) -> Config {
        let narrative = fs::read_to_string(narrative).expect("the narrative is in src/capi");
        let version = |name| env::var(name).expect("cargo sets it");
        let versions = format!(
            "#define OMNIZE_VERSION \"{}\"\n#define OMNIZE_VERSION_MAJOR {}\n#define OMNIZE_VERSION_MINOR {}\n\
             #define OMNIZE_VERSION_PATCH {}",
            version("CARGO_PKG_VERSION"),
            version("CARGO_PKG_VERSION_MAJOR"),
            version("CARGO_PKG_VERSION_MINOR"),
            version("CARGO_PKG_VERSION_PATCH"),
        );
        Config {
            language: Language::C,
            header: Some(narrative.trim_end().to_owned()),
            after_includes: Some(format!(
                "\n/** The version of the library that this header belongs to. */\n{versions}"
            )),
            include_guard: Some("OMNIZE_H".to_owned()),
            no_includes: true,
            sys_includes: vec!["stdint.h".to_owned()],
            cpp_compat: true,
            documentation_style: DocumentationStyle::Doxy,
            documentation_length: DocumentationLength::Full,
            style: Style::Type,
            line_length: 110,
            function: cbindgen::FunctionConfig {
                sort_by: Some(SortKey::None),
                ..Default::default()
            },
            constant: cbindgen::ConstantConfig {
                sort_by: Some(SortKey::None),
                ..Default::default()
            },
            ..Default::default()
        }
    }
}
