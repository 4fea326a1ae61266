//! The names of the numbers that other functions return: deliveries, states and kinds.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::guard;
use crate::capi::abi::static_table::StaticTable;
use crate::capi::abi::text::OutText;
use crate::capi::library::error::OMNIZE_DELIVERY_NONE;
use crate::capi::library::log;
use crate::capi::requests::media;
use crate::capi::requests::media::OMNIZE_MEDIA_NONE;
use crate::error::{Delivery, Error, Result};
use crate::interactions::State;
use crate::receiving::EventKind;
use crate::sending::CheckLevel;
use crate::status::Status;
use crate::wire::{MediaKind, RequestKind, Speaker};

/// Returns the name of a kind of event, such as "accepted", or NULL if `kind` is unknown.
///
/// - `kind`: an OMNIZE_EVENT_ value. OMNIZE_EVENT_ANY is not the kind of an event, so it is unknown here.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_kind_name(kind: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&EVENT_KINDS, kind))
}

/// Returns the name of a delivery, such as "not sent", or NULL if `delivery` is unknown.
///
/// - `delivery`: an OMNIZE_DELIVERY_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_delivery_name(delivery: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&DELIVERIES, delivery))
}

/// Returns the name of the state of an interaction, such as "active", or NULL if `state` is unknown.
///
/// - `state`: an OMNIZE_STATE_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_state_name(state: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&STATES, state))
}

/// Returns the name of the level of a check, such as "account", or NULL if `level` is unknown.
///
/// - `level`: an OMNIZE_CHECK_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_check_level_name(level: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&CHECK_LEVELS, level))
}

/// Returns the name of a kind of request, such as "message", or NULL if `kind` is unknown.
///
/// - `kind`: an OMNIZE_REQUEST_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_kind_name(kind: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&REQUEST_KINDS, kind))
}

/// Returns the name of a kind of media, such as "image", or NULL if `kind` is unknown.
///
/// - `kind`: an OMNIZE_MEDIA_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_media_kind_name(kind: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&MEDIA_KINDS, kind))
}

/// Returns the name of a speaker, such as "agent", or NULL if `speaker` is unknown.
///
/// - `speaker`: an OMNIZE_SPEAKER_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_speaker_name(speaker: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&SPEAKERS, speaker))
}

/// Returns the name of a log level, such as "warn", or NULL if `level` is unknown.
///
/// - `level`: an OMNIZE_LOG_ value.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_log_level_name(level: i32) -> *const c_char {
    guard::always(std::ptr::null(), || find(&LOG_LEVELS, level))
}

/// Numbers with their names.
type Names = StaticTable<Vec<(i32, OutText)>>;

static EVENT_KINDS: Names =
    StaticTable::new(|| names(EventKind::all().map(|kind| (kind.number(), kind.name()))));

static DELIVERIES: Names = StaticTable::new(|| {
    let all = Delivery::ALL.map(|delivery| (delivery as i32, delivery.name()));
    names([(OMNIZE_DELIVERY_NONE, "none")].into_iter().chain(all))
});

static STATES: Names =
    StaticTable::new(|| names(State::ALL.map(|state| (state as i32, state.name()))));

static REQUEST_KINDS: Names =
    StaticTable::new(|| names(RequestKind::ALL.map(|kind| (kind as i32, kind.name()))));

static MEDIA_KINDS: Names = StaticTable::new(|| {
    let all = MediaKind::ALL.map(|kind| (media::number_of(kind), kind.name()));
    names([(OMNIZE_MEDIA_NONE, "none")].into_iter().chain(all))
});

static CHECK_LEVELS: Names =
    StaticTable::new(|| names(CheckLevel::ALL.map(|level| (level as i32, level.name()))));

static SPEAKERS: Names =
    StaticTable::new(|| names(Speaker::ALL.map(|speaker| (speaker as i32, speaker.name()))));

static LOG_LEVELS: Names = StaticTable::new(|| {
    names([
        (log::OMNIZE_LOG_OFF, "off"),
        (log::OMNIZE_LOG_ERROR, "error"),
        (log::OMNIZE_LOG_WARN, "warn"),
        (log::OMNIZE_LOG_INFO, "info"),
        (log::OMNIZE_LOG_DEBUG, "debug"),
    ])
});

fn names(all: impl IntoIterator<Item = (i32, &'static str)>) -> Vec<(i32, OutText)> {
    let text = |(number, name): (i32, &str)| (number, OutText::new(name.as_bytes()));
    all.into_iter().map(text).collect()
}

fn find(names: &'static [(i32, OutText)], number: i32) -> Result<*const c_char> {
    let found = names.iter().find(|(known, _)| *known == number);
    let (_, name) =
        found.ok_or_else(|| Error::new(Status::Argument, format!("{number} has no name")))?;
    Ok(name.to_c(std::ptr::null_mut()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ffi::CStr;

    use super::*;

    const HEADER: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/include/omnize.h"));

    #[calling_convention]
    type NameFunction = extern "C-unwind" fn(i32) -> *const c_char;

    /// The enumerations of the header, by the prefix of their constants.
    const ENUMERATIONS: [(&str, NameFunction); 8] = [
        ("OMNIZE_CHECK_", omnize_check_level_name),
        ("OMNIZE_DELIVERY_", omnize_delivery_name),
        ("OMNIZE_EVENT_", omnize_event_kind_name),
        ("OMNIZE_LOG_", omnize_log_level_name),
        ("OMNIZE_MEDIA_", omnize_media_kind_name),
        ("OMNIZE_REQUEST_", omnize_request_kind_name),
        ("OMNIZE_SPEAKER_", omnize_speaker_name),
        ("OMNIZE_STATE_", omnize_state_name),
    ];

    /// Constants that belong to no enumeration, words of declarations, and OMNIZE_EVENT_ANY, which only selects events.
    const WITHOUT_NAME: [&str; 7] = [
        "OMNIZE_ABI_VERSION",
        "OMNIZE_API",
        "OMNIZE_CALL",
        "OMNIZE_E_",
        "OMNIZE_EVENT_ANY",
        "OMNIZE_OK",
        "OMNIZE_VERSION",
    ];

    fn name_of(function: NameFunction, number: i32) -> Option<&'static str> {
        let name = function(number);
        // SAFETY: a name is a text that is never freed.
        (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_str().unwrap())
    }

    /// Returns the constants of the header with their numbers.
    fn constants() -> impl Iterator<Item = (&'static str, i32)> {
        HEADER.lines().filter_map(|line| {
            let mut words = line.strip_prefix("#define ")?.split_whitespace();
            let (name, number) = (words.next()?, words.next()?);
            let has_name = !WITHOUT_NAME.iter().any(|other| name.starts_with(other));
            has_name.then(|| (name, number.parse().unwrap()))
        })
    }

    #[test]
    fn every_constant_of_an_enumeration_has_its_name() {
        let mut used = BTreeSet::new();
        for (constant, number) in constants() {
            let (prefix, function) = ENUMERATIONS
                .into_iter()
                .find(|(prefix, _)| constant.starts_with(prefix))
                .unwrap_or_else(|| panic!("{constant} has no function for its name"));
            let expected = constant[prefix.len()..].to_lowercase();
            let name = name_of(function, number).map(|name| name.replace(' ', "_"));
            assert_eq!(name, Some(expected), "{constant}");
            used.insert(prefix);
        }
        assert_eq!(used.len(), ENUMERATIONS.len(), "{used:?}");
    }

    #[test]
    fn other_numbers_have_no_name() {
        for (prefix, function) in ENUMERATIONS {
            let known: Vec<_> = constants()
                .filter(|(constant, _)| constant.starts_with(prefix))
                .map(|(_, number)| number)
                .collect();
            for number in [i32::MIN, -1, 0, 99, 1000, i32::MAX] {
                let name = name_of(function, number);
                assert_eq!(name.is_some(), known.contains(&number), "{prefix}{number}");
            }
        }
    }
}
