//! Conversations, as C sees them.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::conversation::Conversation;
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::{Address, Customer, Redacted, Request};

/// One customer's interaction, as the application drives it. Every function of a conversation can be called from any
/// thread.
///
/// Those that make a request block until the service has answered, at the most for as long as the option timeout says.
/// OMNIZE_OK means that the service accepted the request. Else omnize_error_delivery tells what became of it, and the
/// status is one of these: OMNIZE_E_REJECTED, OMNIZE_E_SERVICE and OMNIZE_E_FAILED (the service refused);
/// OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED and OMNIZE_E_TLS (not sent); OMNIZE_E_TIMEOUT, OMNIZE_E_LOST,
/// OMNIZE_E_PROXY, OMNIZE_E_PROTOCOL and OMNIZE_E_RESPONSE_TOO_LARGE (not sent or unknown); OMNIZE_E_CLOSED (the client
/// is closed);
/// OMNIZE_E_STATE (the request has no meaning where the interaction is); OMNIZE_E_ENCODING and OMNIZE_E_ARGUMENT (a text
/// can't be used); OMNIZE_E_CUSTOMER (a field of the customer, with the option validate).
///
/// Those that post a request never wait for the network; with a store, they wait until the request is on disk. They give a
/// `ticket`, which may be NULL, and what becomes of the request comes as an event of the kind OMNIZE_EVENT_OUTCOME with this
/// ticket. Their statuses tell what is known at once: OMNIZE_E_STATE, OMNIZE_E_FULL (as many wait as outbox.capacity allows),
/// OMNIZE_E_STORE, OMNIZE_E_CLOSED, OMNIZE_E_SYSTEM, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
///
/// The requests of one interaction leave in the order in which they were made, one at a time, whichever way.
pub struct omnize_conversation {
    _opaque: [u8; 0],
}

/// Nothing was asked for yet, or the start has failed.
pub const OMNIZE_STATE_NEW: i32 = 1;
/// The start is on its way.
pub const OMNIZE_STATE_STARTING: i32 = 2;
/// It was started, and no agent has said anything yet.
pub const OMNIZE_STATE_WAITING: i32 = 3;
/// An agent has accepted it.
pub const OMNIZE_STATE_ACTIVE: i32 = 4;
/// The application or the agent has finished it.
pub const OMNIZE_STATE_FINISHED: i32 = 5;
/// No agent is available.
pub const OMNIZE_STATE_UNAVAILABLE: i32 = 6;

static CONVERSATIONS: Table<omnize_conversation, Object> = Table::new(Type::Conversation);

pub(crate) struct Object {
    pub conversation: Conversation,
    pub encoding: TextEncoding,
    /// What was lent out of it. Made when it is asked for, since there may be many conversations.
    texts: OnceLock<Box<Texts>>,
}

struct Texts {
    client_id: OutText,
    department: OutText,
    hashes: Mutex<Vec<OutText>>,
}

impl Object {
    fn texts(&self) -> &Texts {
        let encoded = |text: &str| OutText::new(&self.encoding.encode(text).0);
        self.texts.get_or_init(|| {
            Box::new(Texts {
                client_id: encoded(self.conversation.client_id()),
                department: encoded(self.conversation.department()),
                hashes: Mutex::default(),
            })
        })
    }

    pub fn post(&self, request: Request, ticket: *mut i64) -> Result<()> {
        let number = self.conversation.post(request)?;
        strings::tell(ticket, number as i64);
        Ok(())
    }
}

/// What stands behind the handle.
pub(crate) fn object(conversation: *const omnize_conversation) -> Result<Arc<Object>> {
    CONVERSATIONS.get(conversation)
}

pub(crate) fn give(
    conversation: Conversation,
    encoding: TextEncoding,
) -> Result<*mut omnize_conversation> {
    CONVERSATIONS.insert(Arc::new(Object {
        conversation,
        encoding,
        texts: OnceLock::new(),
    }))
}

/// Starts an interaction: makes the request. `department` and `client_id`, the id that the application gives this
/// customer, are required; of the customer's `name`, `email`, `phone` and `cpf` each may be NULL and is not sent then. The
/// application owns the conversation and frees it with omnize_conversation_free. Statuses beside those of every request:
/// OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID; OMNIZE_E_CUSTOMER where the option validate refuses a field.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_start(
    client: *mut omnize_client,
    department: *const c_char,
    client_id: *const c_char,
    name: *const c_char,
    email: *const c_char,
    phone: *const c_char,
    cpf: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let encoding = object.client.encoding();
        let place = strings::out("conversation", conversation)?;
        let customer = customer(name, email, phone, cpf, encoding)?;
        let address = address(department, client_id, encoding)?;
        *place = give(object.client.start(address, customer)?, encoding)?;
        Ok(())
    })
}

/// Takes up an interaction that is already running, after a restart of the application, say: one of
/// omnize_interactions_list() where it is; another one counts as active. Sends nothing and never blocks. The application owns the conversation and frees it with omnize_conversation_free. Statuses:
/// OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_attach(
    client: *mut omnize_client,
    department: *const c_char,
    client_id: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let encoding = object.client.encoding();
        let place = strings::out("conversation", conversation)?;
        let address = address(department, client_id, encoding)?;
        *place = give(object.client.attach(address)?, encoding)?;
        Ok(())
    })
}

/// As omnize_conversation_attach, for an interaction that the service knows by `interaction_hash`, which the application has
/// kept: without a store, and before a trigger of it has come, the library does not know it. In a dialect without hashes it is
/// not looked at. Further status: OMNIZE_E_ARGUMENT where the hash is empty.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_attach_to(
    client: *mut omnize_client,
    department: *const c_char,
    client_id: *const c_char,
    interaction_hash: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let encoding = object.client.encoding();
        let place = strings::out("conversation", conversation)?;
        let address = address(department, client_id, encoding)?;
        let hash = strings::required("interaction_hash", interaction_hash, encoding)?;
        *place = give(object.client.attach_to(address, &hash)?, encoding)?;
        Ok(())
    })
}

/// Makes a conversation for an interaction that is still to be started, by omnize_conversation_post_start. Where one of this
/// client id is known already, it is the same, and its start has a meaning once that is over. Sends nothing
/// and never blocks. The application owns the conversation and frees it with omnize_conversation_free. Statuses:
/// OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_prepare(
    client: *mut omnize_client,
    department: *const c_char,
    client_id: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let encoding = object.client.encoding();
        let place = strings::out("conversation", conversation)?;
        let address = address(department, client_id, encoding)?;
        *place = give(object.client.prepare(address)?, encoding)?;
        Ok(())
    })
}

/// Posts the start of an interaction; the customer's fields are those of omnize_conversation_start.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post_start(
    conversation: *mut omnize_conversation,
    name: *const c_char,
    email: *const c_char,
    phone: *const c_char,
    cpf: *const c_char,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONVERSATIONS.get(conversation)?;
        let customer = customer(name, email, phone, cpf, object.encoding)?;
        object.post(Request::Start(Box::new(customer.into())), ticket)
    })
}

/// Posts the customer's message. `text` has `length` bytes, or ends at its NUL where `length` is -1.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post(
    conversation: *mut omnize_conversation,
    text: *const c_char,
    length: i64,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONVERSATIONS.get(conversation)?;
        let text = strings::with_length("text", text, length, object.encoding)?;
        object.post(Request::Message(text.into_owned().into()), ticket)
    })
}

/// Posts that the interaction is finished.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post_finish(
    conversation: *mut omnize_conversation,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS
            .get(conversation)?
            .post(Request::Finish, ticket)
    })
}

/// Says that the customer has pressed a key; to be called as often as keys are pressed. The service sees one typing, and one
/// cleared when no key came for as long as the option typing.pause says, or right before the message. Never blocks, and no
/// outcome is told. Statuses: OMNIZE_E_STATE, OMNIZE_E_CLOSED, OMNIZE_E_SYSTEM.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_keystroke(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS.get(conversation)?.conversation.keystroke()
    })
}

/// How long each later request of this handle may take in all, in milliseconds from 1; 0 is what the option timeout says.
/// Statuses: OMNIZE_E_ARGUMENT where `timeout_ms` is negative.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_set_timeout(
    conversation: *mut omnize_conversation,
    timeout_ms: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONVERSATIONS.get(conversation)?;
        let timeout = u64::try_from(timeout_ms).map_err(|_| {
            Error::new(
                Status::Argument,
                format!(
                    "timeout_ms is {timeout_ms}; pass milliseconds, or 0 for the option timeout"
                ),
            )
        })?;
        object
            .conversation
            .set_timeout(Duration::from_millis(timeout));
        Ok(())
    })
}

/// Where the interaction is: an OMNIZE_STATE_ value, to which later versions may add; 0 where `conversation` is no
/// conversation.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_state(
    conversation: *const omnize_conversation,
) -> i32 {
    guard::value(0, || {
        Ok(CONVERSATIONS.get(conversation)?.conversation.state() as i32)
    })
}

/// Sends the customer's message: makes the request. `text` has `length` bytes, or ends at its NUL where `length` is -1.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_send(
    conversation: *mut omnize_conversation,
    text: *const c_char,
    length: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONVERSATIONS.get(conversation)?;
        let text = strings::with_length("text", text, length, object.encoding)?;
        object.conversation.send(text.into_owned())
    })
}

/// Says that the customer types: makes the request.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_typing(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS.get(conversation)?.conversation.typing()
    })
}

/// Says that the customer has stopped typing: makes the request.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_cleared(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS.get(conversation)?.conversation.cleared()
    })
}

/// Finishes the interaction: makes the request. The handle stays valid.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_finish(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS.get(conversation)?.conversation.finish()
    })
}

/// The id that the application gave the customer; NULL where `conversation` is no conversation. In the client's encoding;
/// valid until the conversation is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_client_id(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        Ok(object.texts().client_id.give(length))
    })
}

/// The department that the customer talks to; NULL where `conversation` is no conversation. In the client's encoding;
/// valid until the conversation is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_department(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        Ok(object.texts().department.give(length))
    })
}

/// The hash by which the service knows the interaction; empty where it is not known yet, or the dialect has none; NULL where
/// `conversation` is no conversation. In the client's encoding; valid until the conversation is freed. `length` may be NULL; it
/// receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_interaction_hash(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        let hash = object.conversation.interaction_hash().unwrap_or_default();
        let hash = object.encoding.encode(&hash).0;
        let mut hashes = object
            .texts()
            .hashes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // An interaction has one hash, and the customer's next one another.
        if hashes.last().is_none_or(|last| last.bytes() != &*hash) {
            hashes.push(OutText::new(&hash));
        }
        Ok(hashes.last().unwrap_or(OutText::empty()).give(length))
    })
}

/// Frees a conversation. Sends nothing: the interaction goes on, and can be taken up again with
/// omnize_conversation_attach. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_free(conversation: *mut omnize_conversation) {
    guard::value((), || CONVERSATIONS.remove(conversation).map(drop))
}

fn customer(
    name: *const c_char,
    email: *const c_char,
    phone: *const c_char,
    cpf: *const c_char,
    encoding: TextEncoding,
) -> Result<Customer> {
    let personal = |name, text| -> Result<Option<Redacted>> {
        Ok(strings::optional(name, text, encoding)?.map(|text| text.into_owned().into()))
    };
    Ok(Customer {
        name: personal("name", name)?,
        email: personal("email", email)?,
        phone: personal("phone", phone)?,
        cpf: personal("cpf", cpf)?,
    })
}

/// A missing id is empty here; the core says what that means.
fn address(
    department: *const c_char,
    client_id: *const c_char,
    encoding: TextEncoding,
) -> Result<Address> {
    let text = |name, text| -> Result<String> {
        Ok(strings::optional(name, text, encoding)?.map_or(String::new(), Into::into))
    };
    Ok(Address {
        department: text("department", department)?,
        client_id: text("client_id", client_id)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::State;

    #[test]
    fn the_constants_are_the_states() {
        let constants = [
            OMNIZE_STATE_NEW,
            OMNIZE_STATE_STARTING,
            OMNIZE_STATE_WAITING,
            OMNIZE_STATE_ACTIVE,
            OMNIZE_STATE_FINISHED,
            OMNIZE_STATE_UNAVAILABLE,
        ];
        assert_eq!(constants, State::ALL.map(|state| state as i32));
    }
}
