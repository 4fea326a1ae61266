//! Configurations and the table of options, as C sees them.

use std::ffi::c_char;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::Lazy;

use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::config::{Config, Kind, OPTIONS, OptionSpec};
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::status::Status;

/// The options of clients that are to be opened. Every function of a configuration can be called from any thread; names
/// and values are UTF-8, whatever the option encoding says. Changing it does not change clients that are open.
pub struct omnize_config {
    _opaque: [u8; 0],
}

static CONFIGS: Table<omnize_config, Object> = Table::new(Type::Config);

/// A configuration, and the texts that `omnize_config_get` has lent out of it.
#[derive(Default)]
struct Object {
    config: Mutex<Config>,
    lent: Mutex<Vec<OutText>>,
}

/// What stands behind the handle, now.
pub(crate) fn snapshot(config: *const omnize_config) -> Result<Config> {
    let object = CONFIGS.get(config)?;
    let config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(config.clone())
}

/// Makes a configuration with every option at its default. The application owns it and frees it with
/// omnize_config_free. Statuses: OMNIZE_E_ARGUMENT where `config` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_new(
    config: *mut *mut omnize_config,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let config = strings::out("config", config)?;
        let object = Object {
            config: Mutex::new(Config::new()),
            lent: Mutex::default(),
        };
        *config = CONFIGS.insert(Arc::new(object))?;
        Ok(())
    })
}

/// Sets an option. Dots and underscores in `name` are the same. Statuses: OMNIZE_E_OPTION where no option has this name,
/// OMNIZE_E_VALUE where it does not take this value, OMNIZE_E_ARGUMENT where `name` or `value` is NULL,
/// OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_set(
    config: *mut omnize_config,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let name = strings::required("name", name, TextEncoding::UTF_8)?;
        let value = strings::required("value", value, TextEncoding::UTF_8)?;
        let mut config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.set(&name, &value)
    })
}

/// The value of an option, or its default, in `value`; a secret that is set reads `[redacted]`. Valid until the
/// configuration is freed. Statuses: OMNIZE_E_OPTION, OMNIZE_E_ARGUMENT, OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_get(
    config: *const omnize_config,
    name: *const c_char,
    value: *mut *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let name = strings::required("name", name, TextEncoding::UTF_8)?;
        let value = strings::out("value", value)?;
        let config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        let text = config.get(&name)?.as_bytes();
        let mut lent = object.lent.lock().unwrap_or_else(PoisonError::into_inner);
        // The same text is lent again, so that asking often takes no more memory.
        let known = lent.iter().position(|lent| lent.bytes() == text);
        let at = known.unwrap_or_else(|| {
            lent.push(OutText::new(text));
            lent.len() - 1
        });
        *value = lent[at].give(std::ptr::null_mut());
        Ok(())
    })
}

/// Sets each option whose environment variable is set: OMNIZE_ and the name in capitals with underscores, so OMNIZE_TOKEN
/// and OMNIZE_TIMEOUT_CONNECT. An empty variable counts as not set. No other thread may change the environment meanwhile. Statuses:
/// OMNIZE_E_VALUE, OMNIZE_E_ENCODING; the message names the variable.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_load_env(
    config: *mut omnize_config,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let mut config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.load_env()
    })
}

/// Sets the options that an INI file holds, as "name = value" lines; a `[group]` line stands for the part of the names
/// before the dot. Values may be quoted, and a comment may follow them. Blocks on the file. Statuses: OMNIZE_E_FILE where it can't be read or understood,
/// OMNIZE_E_OPTION, OMNIZE_E_VALUE, OMNIZE_E_ARGUMENT, OMNIZE_E_ENCODING; the message names the file, and no option is set
/// then.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_load_file(
    config: *mut omnize_config,
    path: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let path = strings::required("path", path, TextEncoding::UTF_8)?;
        let mut config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.load_file(Path::new(&*path))
    })
}

/// Frees a configuration. Clients that were opened with it go on. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_free(config: *mut omnize_config) {
    guard::value((), || CONFIGS.remove(config).map(drop))
}

/// How many options there are.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_count() -> i32 {
    guard::value(0, || Ok(OPTIONS.len() as i32))
}

/// The name of an option, by its place from 0 to omnize_option_count() - 1; NULL for any other place. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_name(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.name.give(std::ptr::null_mut()))
    })
}

/// What values an option takes: "secret", "url", "encoding", "choice: A, B", "milliseconds", "flag", "bytes", "count",
/// "threads", "file", "address", "path", "credentials", "networks", "proxy" or "text"; NULL for a place that is none. Valid
/// for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_type(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.kind.give(std::ptr::null_mut()))
    })
}

/// What holds where an option is not set, empty where nothing does; NULL for a place that is none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_default(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.default.give(std::ptr::null_mut()))
    })
}

/// What an option is for, in English; NULL for a place that is none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_description(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.doc.give(std::ptr::null_mut()))
    })
}

/// A row of the table of options, as C strings.
struct Row {
    name: OutText,
    kind: OutText,
    default: OutText,
    doc: OutText,
}

static ROWS: Lazy<Vec<Row>> = Lazy::new(|| OPTIONS.iter().map(Row::new).collect());

impl Row {
    fn new(option: &OptionSpec) -> Self {
        let kind = match option.kind {
            Kind::Choice(words) => format!("{}: {}", option.kind.name(), words.join(", ")),
            kind => kind.name().to_owned(),
        };
        Row {
            name: OutText::new(option.name.as_bytes()),
            kind: OutText::new(kind.as_bytes()),
            default: OutText::new(option.default.as_bytes()),
            doc: OutText::new(option.doc.as_bytes()),
        }
    }
}

fn row(index: i32) -> Result<&'static Row> {
    let row = usize::try_from(index)
        .ok()
        .and_then(|index| ROWS.get(index));
    row.ok_or_else(|| Error::new(Status::Argument, "there is no such place"))
}
