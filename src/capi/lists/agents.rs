//! The online agents of a department.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::HandleType;
use crate::capi::abi::list::ListTable;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::events::event;
use crate::capi::events::event::omnize_event;
use crate::error::Result;
use crate::text_encoding::TextEncoding;
use crate::wire::{OnlineAgents, RequestKind};

/// The agents of a department who were online at the time of the request.
///
/// - Indexes count from 0.
/// - The functions of a list are thread-safe. Only omnize_agents_online() and omnize_agents_post() block.
pub struct omnize_agents {
    _opaque: [u8; 0],
}

static LISTS: ListTable<omnize_agents, Agent, Summary> = ListTable::new(HandleType::Agents);

struct Agent {
    id: OutText,
    name: OutText,
}

struct Summary {
    total: i64,
    average_seconds: f64,
}

/// Requests the online agents of a department, and blocks until the service responds, at most for the option
/// timeout.
///
/// - The application owns the list and frees it with omnize_agents_free().
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_RESPONSE: the response contains no agents.
/// - OMNIZE_E_SYSTEM: there is no memory for the list.
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_online(
    client: *mut omnize_client,
    department: *const c_char,
    list: *mut *mut omnize_agents,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let client = client::lookup(client)?;
        let list = text::required_out("list", list)?;
        let encoding = client.client.encoding();
        let department = text::optional("department", department, encoding)?.unwrap_or_default();
        let online = client.client.online_agents(&department)?;
        *list = insert(&online, encoding)?;
        Ok(())
    })
}

fn insert(online: &OnlineAgents, encoding: TextEncoding) -> Result<*mut omnize_agents> {
    let agents = online.agents.iter().map(|agent| {
        Ok(Agent {
            id: OutText::encode(&agent.id, encoding)?,
            name: OutText::encode(agent.name.expose(), encoding)?,
        })
    });
    let summary = Summary {
        total: i64::try_from(online.count).unwrap_or(i64::MAX),
        average_seconds: online.average.map_or(-1.0, |average| average.as_secs_f64()),
    };
    LISTS.insert(agents.collect::<Result<_>>()?, summary)
}

/// Posts the request of omnize_agents_online(). omnize_event_agents() returns the list of the outcome.
///
/// - `ticket` receives the number of the request. It may be NULL.
/// - The outcome belongs to no customer: its client id is empty.
/// - Does not wait for the service. With a store, blocks until the ticket is on disk.
/// - A store contains neither the request nor its outcome. A query that is in the outbox when the application ends
///   has no outcome, also after a restart.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - Any status of posting, except OMNIZE_E_STATE: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_post(
    client: *mut omnize_client,
    department: *const c_char,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let client = client::lookup(client)?;
        let encoding = client.client.encoding();
        let department = text::optional("department", department, encoding)?.unwrap_or_default();
        let number = client.client.post_online_agents(&department)?;
        text::write_optional(ticket, number as i64);
        Ok(())
    })
}

/// Writes the online agents to `list`, if the event is the outcome of an accepted omnize_agents_post().
///
/// - The application owns the list and frees it with omnize_agents_free(). Each call creates a list.
/// - The list is valid after the event was freed.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `event` is not such an outcome, or the request was not accepted, or `list` is NULL.
/// - OMNIZE_E_SYSTEM: there is no memory for the list.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_agents(
    event: *const omnize_event,
    list: *mut *mut omnize_agents,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let event = event::lookup(event)?;
        let list = text::required_out("list", list)?;
        let outcome = event.outcome_of_query(RequestKind::OnlineAgents)?;
        let none = OnlineAgents::default();
        *list = insert(outcome.agents().unwrap_or(&none), event.encoding())?;
        Ok(())
    })
}

/// Returns the number of agents who are online, or 0 if `list` is invalid.
///
/// The list contains only some of them: see omnize_agents_count().
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_total(list: *const omnize_agents) -> i64 {
    guard::value(0, || LISTS.summary(list, |summary| summary.total))
}

/// Returns the agents' average service time in seconds.
///
/// Returns a negative number if the service did not report it, or `list` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_average_seconds(list: *const omnize_agents) -> f64 {
    guard::value(-1.0, || {
        LISTS.summary(list, |summary| summary.average_seconds)
    })
}

/// Returns the number of entries of the list, or 0 if `list` is invalid.
///
/// The service selects at most three of the online agents at random. omnize_agents_total() returns the number of
/// all.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_count(list: *const omnize_agents) -> i64 {
    guard::value(0, || LISTS.count(list))
}

/// Returns the agent id of entry `index`, or NULL if `index` is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_id(
    list: *const omnize_agents,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |agent| Some(&agent.id))
    })
}

/// Returns the agent name of entry `index`, or NULL if `index` is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_name(
    list: *const omnize_agents,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |agent| Some(&agent.name))
    })
}

/// Frees a list.
///
/// Does nothing if `list` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_free(list: *mut omnize_agents) {
    guard::value((), || LISTS.free(list))
}
