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
        Builder, Config, DocumentationLength, DocumentationStyle, Language, Layout, SortKey, Style,
    };

    /// In the order of the header.
    const SOURCES: [&str; 28] = [
        "library/version",
        "abi/status_code",
        "library/status",
        "abi/error_handle",
        "library/error",
        "config",
        "client",
        "wake",
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

    /// The width of the declarations.
    const COLUMNS: usize = 120;

    pub fn write() {
        let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let narrative = root.join("src/capi/header.h.in");
        let platform = root.join("src/capi/platform.h.in");
        let mut builder = Builder::new().with_config(config(&narrative, &platform));
        for name in SOURCES {
            let source = root.join(format!("src/capi/{name}.rs"));
            println!("cargo::rerun-if-changed={}", source.display());
            builder = builder.with_src(source);
        }
        for text in [&narrative, &platform] {
            println!("cargo::rerun-if-changed={}", text.display());
        }
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
        fs::write(out.join("omnize.h"), with_platform_macros(&header))
            .expect("the output folder is writable");
    }

    /// Inserts OMNIZE_API and OMNIZE_CALL into the functions and the callback types. cbindgen can't write a macro between
    /// the result type and the name.
    fn with_platform_macros(header: &str) -> String {
        let (types, functions) = header
            .split_once("extern \"C\" {")
            .expect("cbindgen writes it before the functions");
        let types = types.replace("typedef void (*", "typedef void (OMNIZE_CALL *");
        let functions = functions.lines().map(|line| {
            // Of the other lines, only those of comments contain a parenthesis, and they begin with a space.
            if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                function(line) + "\n"
            } else {
                line.to_owned() + "\n"
            }
        });
        types + "extern \"C\" {" + &functions.collect::<String>()
    }

    /// Writes the declaration of a function in lines of at most 120 columns.
    fn function(declaration: &str) -> String {
        let (result_and_name, parameters) = declaration.split_once('(').expect("a function");
        let before_name = result_and_name.rfind([' ', '*']).expect("a result type");
        let (result, name) = result_and_name.split_at(before_name + 1);
        let head = format!("OMNIZE_API {result}OMNIZE_CALL {name}(");
        if head.len() + parameters.len() <= COLUMNS {
            return head + parameters;
        }
        let mut lines = head;
        let mut line = String::new();
        for parameter in parameters.split_inclusive(", ") {
            if line.is_empty() || line.len() + parameter.trim_end().len() > COLUMNS {
                lines = format!("{lines}{}\n", line.trim_end());
                line = "    ".to_owned();
            }
            line += parameter;
        }
        lines + &line
    }

    fn config(narrative: &Path, platform: &Path) -> Config {
        let narrative = fs::read_to_string(narrative).expect("the narrative is in src/capi");
        let platform = fs::read_to_string(platform).expect("the platform text is in src/capi");
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
                "{platform}\n/** The version of the library that this header belongs to. */\n{versions}"
            )),
            include_guard: Some("OMNIZE_H".to_owned()),
            no_includes: true,
            cpp_compat: true,
            documentation_style: DocumentationStyle::Doxy,
            documentation_length: DocumentationLength::Full,
            style: Style::Type,
            line_length: 110,
            function: cbindgen::FunctionConfig {
                sort_by: Some(SortKey::None),
                args: Layout::Horizontal,
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
