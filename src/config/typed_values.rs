//! Reads options as numbers, durations, paths and encodings.
//!
//! These functions panic if the option does not exist or has an invalid value. [`Config::set`] rejects invalid values, and the
//! unit tests of the settings read all options.

use std::time::Duration;

use crate::config::option_lookup::index_of;
use crate::config::option_values::Config;
use crate::config::value_kind;
use crate::text_encoding::TextEncoding;

/// Returns the value of an option.
pub(crate) fn text<'a>(values: &'a Config, name: &str) -> &'a str {
    values.value(index_of(name).expect("an option of the table"))
}

/// Returns a number of at least 1.
pub(crate) fn number(values: &Config, name: &str) -> u64 {
    value_kind::number(text(values, name)).expect("a number, as checked when it was set")
}

/// Returns a duration; 0 is allowed.
pub(crate) fn milliseconds(values: &Config, name: &str) -> Duration {
    Duration::from_millis(
        value_kind::number_or_zero(text(values, name))
            .expect("a number, as checked when it was set"),
    )
}

/// Returns a duration, or `None` if the option is unset.
pub(crate) fn optional_time(values: &Config, name: &str) -> Option<Duration> {
    value_kind::number(text(values, name)).map(Duration::from_millis)
}

/// Returns the path of a file, or `None` if the option is unset.
pub(crate) fn file(values: &Config, name: &str) -> Option<String> {
    Some(text(values, name))
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
}

/// Returns an encoding.
pub(crate) fn encoding(values: &Config, name: &str) -> TextEncoding {
    TextEncoding::by_name(text(values, name)).expect("an encoding, as checked when it was set")
}

/// Returns a number of objects or bytes in memory, limited to the address space.
pub(crate) fn size(values: &Config, name: &str) -> usize {
    usize::try_from(number(values, name)).unwrap_or(usize::MAX)
}
