//! The agents who are there, as C sees them.

use std::ffi::c_char;
use std::sync::Arc;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::error::{Error, Result};
use crate::status::Status;

/// The agents of a department who were there when the service was asked. It does not change; every function of it can be
/// called from any thread, and only omnize_agents_online blocks.
pub struct omnize_agents {
    _opaque: [u8; 0],
}

static LISTS: Table<omnize_agents, Agents> = Table::new(Type::Agents);

struct Agents {
    named: Vec<Agent>,
    count: i64,
    average: f64,
}

struct Agent {
    id: OutText,
    name: OutText,
}

/// Asks the service which agents of a department are there: makes a request, and blocks until it has answered, at the most for
/// as long as the option timeout says. The application owns the list and frees it with omnize_agents_free. Statuses: those of
/// every request of a conversation; OMNIZE_E_UNSUPPORTED where the dialect has no such request; OMNIZE_E_DEPARTMENT;
/// OMNIZE_E_RESPONSE where the answer tells of no agents.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_online(
    client: *mut omnize_client,
    department: *const c_char,
    list: *mut *mut omnize_agents,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let place = strings::out("list", list)?;
        let encoding = object.client.encoding();
        let encoded = |text: &str| OutText::new(&encoding.encode(text).0);
        let department = strings::optional("department", department, encoding)?.unwrap_or_default();
        let online = object.client.online_agents(&department)?;
        let named = online.agents.iter().map(|agent| Agent {
            id: encoded(&agent.id),
            name: encoded(agent.name.expose()),
        });
        *place = LISTS.insert(Arc::new(Agents {
            named: named.collect(),
            count: i64::try_from(online.count).unwrap_or(i64::MAX),
            average: online.average.map_or(-1.0, |average| average.as_secs_f64()),
        }))?;
        Ok(())
    })
}

/// How many agents are there; 0 where `list` is no list.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_total(list: *const omnize_agents) -> i64 {
    guard::value(0, || Ok(LISTS.get(list)?.count))
}

/// How many seconds the agents take on average; negative where the service does not say, or `list` is no list.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_average_seconds(list: *const omnize_agents) -> f64 {
    guard::value(-1.0, || Ok(LISTS.get(list)?.average))
}

/// How many of the agents the list names: three at the most, whom the service chooses at random. 0 where `list` is no list.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_count(list: *const omnize_agents) -> i64 {
    guard::value(0, || Ok(LISTS.get(list)?.named.len() as i64))
}

/// The id of the agent at a place of the list, from 0 to omnize_agents_count() - 1; NULL for any other place. In the client's
/// encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no
/// such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_id(
    list: *const omnize_agents,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&list.named, index)?.id.give(length))
    })
}

/// The name of the agent at a place of the list; NULL for a place that is none. In the client's encoding; valid until the
/// list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_name(
    list: *const omnize_agents,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&list.named, index)?.name.give(length))
    })
}

/// Frees a list. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_agents_free(list: *mut omnize_agents) {
    guard::value((), || LISTS.remove(list).map(drop))
}

fn at(named: &[Agent], index: i64) -> Result<&Agent> {
    let found = usize::try_from(index).ok().and_then(|at| named.get(at));
    found.ok_or_else(|| Error::new(Status::Argument, format!("the list has no place {index}")))
}
