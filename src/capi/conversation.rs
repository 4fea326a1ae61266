//! Conversations, as C sees them.

use std::ffi::c_char;
use std::sync::Arc;

use super::client::{self, omnize_client};
use super::error::omnize_error;
use super::guard;
use super::handle::{Table, Type};
use super::status::omnize_status;
use super::strings::{self, OutText};
use crate::conversation::Conversation;
use crate::error::Result;
use crate::text::TextEncoding;
use crate::wire::{Address, Customer, Redacted};

/// One customer's interaction, as the application drives it. Every function of a conversation can be called from any
/// thread.
///
/// Those that make a request block until the service has answered, at the most for as long as the option timeout says.
/// OMNIZE_OK means that the service accepted the request. Else omnize_error_delivery tells what became of it, and the
/// status is one of these: OMNIZE_E_REJECTED, OMNIZE_E_SERVICE and OMNIZE_E_FAILED (the service refused);
/// OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED and OMNIZE_E_TLS (not sent); OMNIZE_E_TIMEOUT, OMNIZE_E_LOST,
/// OMNIZE_E_PROXY, OMNIZE_E_PROTOCOL and OMNIZE_E_ANSWER_TOO_LARGE (not sent or unknown); OMNIZE_E_CLOSED (the client is closed);
/// OMNIZE_E_ENCODING and OMNIZE_E_ARGUMENT (a text can't be used).
pub struct omnize_conversation {
    _opaque: [u8; 0],
}

static CONVERSATIONS: Table<omnize_conversation, Object> = Table::new(Type::Conversation);

struct Object {
    conversation: Conversation,
    encoding: TextEncoding,
    client_id: OutText,
    department: OutText,
}

fn give(conversation: Conversation, encoding: TextEncoding) -> Result<*mut omnize_conversation> {
    let encoded = |text: &str| OutText::new(&encoding.encode(text).0);
    CONVERSATIONS.insert(Arc::new(Object {
        client_id: encoded(conversation.client_id()),
        department: encoded(conversation.department()),
        conversation,
        encoding,
    }))
}

/// Starts an interaction: makes the request. `department` and `client_id`, the id that the application gives this
/// customer, are required; of the customer's `name`, `email`, `phone` and `cpf` each may be NULL and is not sent then. The
/// application owns the conversation and frees it with omnize_conversation_free. Statuses beside those of every request:
/// OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID; OMNIZE_E_CUSTOMER where the option validate refuses a field.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_start(
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
        let personal = |name, text| -> Result<Option<Redacted>> {
            Ok(strings::optional(name, text, encoding)?.map(|text| text.into_owned().into()))
        };
        let customer = Customer {
            name: personal("name", name)?,
            email: personal("email", email)?,
            phone: personal("phone", phone)?,
            cpf: personal("cpf", cpf)?,
        };
        let address = address(department, client_id, encoding)?;
        *place = give(object.client.start(address, customer)?, encoding)?;
        Ok(())
    })
}

/// Takes up an interaction that is already running, after a restart of the application, say. Sends nothing and never
/// blocks. The application owns the conversation and frees it with omnize_conversation_free. Statuses:
/// OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_attach(
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

/// Sends the customer's message: makes the request. `text` has `length` bytes, or ends at its NUL where `length` is -1.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_send(
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
pub extern "C" fn omnize_conversation_typing(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS.get(conversation)?.conversation.typing()
    })
}

/// Says that the customer has stopped typing: makes the request.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_cleared(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CONVERSATIONS.get(conversation)?.conversation.cleared()
    })
}

/// Finishes the interaction: makes the request. The handle stays valid.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_finish(
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
pub extern "C" fn omnize_conversation_client_id(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(CONVERSATIONS.get(conversation)?.client_id.give(length))
    })
}

/// The department that the customer talks to; NULL where `conversation` is no conversation. In the client's encoding;
/// valid until the conversation is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_department(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(CONVERSATIONS.get(conversation)?.department.give(length))
    })
}

/// Frees a conversation. Sends nothing: the interaction goes on, and can be taken up again with
/// omnize_conversation_attach. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_conversation_free(conversation: *mut omnize_conversation) {
    guard::value((), || CONVERSATIONS.remove(conversation).map(drop))
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
