//! Configurations, and the table of options.

use std::ffi::c_char;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use omnize_calling_convention::calling_convention;
use once_cell::sync::Lazy;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::config::{Config, Kind, OPTIONS, OptionSpec};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::text_encoding::TextEncoding;

/// The options for opening a client.
///
/// - Names and values are UTF-8, independent of the option encoding.
/// - Changes do not affect open clients.
/// - The functions of a configuration are thread-safe.
pub struct omnize_config {
    _opaque: [u8; 0],
}

static CONFIGS: HandleTable<omnize_config, ConfigObject> = HandleTable::new(HandleType::Config);

/// A configuration, and the values that `omnize_config_get` returned.
struct ConfigObject {
    config: Mutex<Config>,
    values: Mutex<Vec<OutText>>,
}

/// Copies the configuration of a handle.
pub(crate) fn snapshot(config: *const omnize_config) -> Result<Config> {
    let object = CONFIGS.get(config)?;
    let config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(config.clone())
}

/// Creates a configuration with the default of each option.
///
/// The application owns it and frees it with omnize_config_free().
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `config` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_new(
    config: *mut *mut omnize_config,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let config = text::required_out("config", config)?;
        let object = ConfigObject {
            config: Mutex::new(Config::new()),
            values: Mutex::default(),
        };
        *config = CONFIGS.insert(Arc::new(object))?;
        Ok(())
    })
}

/// Sets the option `name`.
///
/// Dots and underscores in `name` are equivalent.
///
/// Fails with:
/// - OMNIZE_E_OPTION: no option has this name.
/// - OMNIZE_E_VALUE: the option does not accept this value.
/// - OMNIZE_E_ARGUMENT: `name` or `value` is NULL.
/// - OMNIZE_E_ENCODING: `name` or `value` is not UTF-8.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_set(
    config: *mut omnize_config,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let name = text::required("name", name, TextEncoding::UTF_8)?;
        let value = text::required("value", value, TextEncoding::UTF_8)?;
        let mut config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.set(&name, &value)
    })
}

/// Writes the value of an option to `value`, or its default if it is unset.
///
/// - A secret that is set reads `[redacted]`.
/// - The text is valid until the configuration is freed.
///
/// Fails with:
/// - OMNIZE_E_OPTION: no option has this name.
/// - OMNIZE_E_ARGUMENT: `name` or `value` is NULL.
/// - OMNIZE_E_ENCODING: `name` is not UTF-8.
/// - OMNIZE_E_SYSTEM: there is no memory for the text.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_get(
    config: *const omnize_config,
    name: *const c_char,
    value: *mut *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let name = text::required("name", name, TextEncoding::UTF_8)?;
        let value = text::required_out("value", value)?;
        let config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        let current = config.get(&name)?.as_bytes();
        let mut values = object.values.lock().unwrap_or_else(PoisonError::into_inner);
        // An equal text is reused, so that repeated calls need no more memory.
        let known = values.iter().position(|known| known.bytes() == current);
        let index = known.unwrap_or(values.len());
        if known.is_none() {
            values.push(OutText::copy(current)?);
        }
        *value = values[index].to_c(std::ptr::null_mut());
        Ok(())
    })
}

/// Sets the options from environment variables, for example OMNIZE_TOKEN and OMNIZE_TIMEOUT_CONNECT.
///
/// - A variable is named OMNIZE_ and the option in capitals with underscores.
/// - Empty variables are ignored.
/// - No other thread may change the environment during the call.
///
/// Fails with:
/// - OMNIZE_E_VALUE: an option does not accept the value. The message names the variable.
/// - OMNIZE_E_ENCODING: a value is not UTF-8. The message names the variable.
#[calling_convention]
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

/// Sets the options of an INI file, with one "name = value" a line.
///
/// - A line `[group]` is a prefix of the following names: the part before the dot.
/// - Values may be quoted, and a comment may follow them.
/// - Blocks while it reads the file.
/// - If it fails, no option is changed, and the message names the file.
///
/// Fails with:
/// - OMNIZE_E_FILE: the file can't be read or parsed.
/// - OMNIZE_E_OPTION: no option has such a name.
/// - OMNIZE_E_VALUE: an option does not accept the value.
/// - OMNIZE_E_ARGUMENT: `path` is NULL.
/// - OMNIZE_E_ENCODING: `path` or the file is not UTF-8.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_load_file(
    config: *mut omnize_config,
    path: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONFIGS.get(config)?;
        let path = text::required("path", path, TextEncoding::UTF_8)?;
        let mut config = object.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.load_file(Path::new(&*path))
    })
}

/// Frees a configuration.
///
/// - Clients that were opened with it stay open.
/// - Does nothing if `config` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_config_free(config: *mut omnize_config) {
    guard::value((), || CONFIGS.remove(config).map(drop))
}

/// Returns the number of options.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_count() -> i32 {
    guard::value(0, || Ok(OPTIONS.len() as i32))
}

/// Returns the name of the option at `index`, or NULL if `index` is out of range.
///
/// - The range is 0 to omnize_option_count() - 1.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_name(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.name.to_c(std::ptr::null_mut()))
    })
}

/// Returns the type of the option at `index`, or NULL if `index` is out of range.
///
/// - The types are "secret", "url", "encoding", "choice: A, B", "milliseconds", "flag", "bytes", "count", "threads",
///   "file", "address", "path", "credentials", "networks", "proxy" and "text".
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_type(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.kind.to_c(std::ptr::null_mut()))
    })
}

/// Returns the default value of the option at `index`, or NULL if `index` is out of range.
///
/// - The text is empty if the option has no default.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_default(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.default.to_c(std::ptr::null_mut()))
    })
}

/// Returns the English description of the option at `index`, or NULL if `index` is out of range.
///
/// The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_option_description(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.description.to_c(std::ptr::null_mut()))
    })
}

/// A row of the table of options.
struct Row {
    name: OutText,
    kind: OutText,
    default: OutText,
    description: OutText,
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
            description: OutText::new(option.doc.as_bytes()),
        }
    }
}

fn row(index: i32) -> Result<&'static Row> {
    let row = usize::try_from(index)
        .ok()
        .and_then(|index| ROWS.get(index));
    row.ok_or_else(|| {
        Error::new(
            Status::Argument,
            format!("the index {index} is out of range"),
        )
    })
}
