//! Conversations: handles, starting and attaching.

use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use omnize_calling_convention::calling_convention;
use once_cell::sync::OnceCell;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::callback::UserData;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::client::Client;
use crate::conversation::Conversation;
use crate::error::Result;
use crate::sending::PostOptions;
use crate::text_encoding::TextEncoding;
use crate::wire::{Address, Customer, Redacted, Request};

/// An interaction of one customer. The application sends its requests with it.
///
/// The functions of a conversation are thread-safe. The requests of one interaction are sent one at a time, in the
/// order of the calls, blocking and posted ones together.
///
/// Blocking requests block until the service responds, at most for the option timeout. They return OMNIZE_OK if the
/// service accepted the request. Otherwise omnize_error_delivery() returns the delivery of the request. They fail
/// with:
/// - OMNIZE_E_REJECTED, OMNIZE_E_SERVICE, OMNIZE_E_FAILED: the service rejected the request.
/// - OMNIZE_E_AUTH: the service rejected the token.
/// - OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED, OMNIZE_E_TLS: not sent.
/// - OMNIZE_E_TIMEOUT, OMNIZE_E_LOST, OMNIZE_E_PROXY, OMNIZE_E_PROTOCOL: not sent, or unknown.
/// - OMNIZE_E_RESPONSE_TOO_LARGE: unknown.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_STATE: the interaction's state does not allow the request.
/// - OMNIZE_E_INTERACTION: the interaction hash is unknown.
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or a field.
/// - OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT: a text is invalid.
/// - OMNIZE_E_CUSTOMER: a field of the customer is invalid, with the option validate.
///
/// Posting adds a request to the outbox. It does not wait for the network. With a store, it blocks until the request
/// is on disk. `ticket` receives a number, and may be NULL. Later, an event of the kind OMNIZE_EVENT_OUTCOME reports
/// the delivery and has the same number. Posting fails with:
/// - OMNIZE_E_STATE: the interaction's state does not allow the request.
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or a field.
/// - OMNIZE_E_FULL: the outbox is full.
/// - OMNIZE_E_STORE: the store can't be written.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_SYSTEM: a thread can't be started.
/// - OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT: a text is invalid.
pub struct omnize_conversation {
    _opaque: [u8; 0],
}

/// No request was sent yet, or the start failed.
pub const OMNIZE_STATE_NEW: i32 = 1;
/// The start is in progress.
pub const OMNIZE_STATE_STARTING: i32 = 2;
/// The interaction was started. No agent accepted it yet.
pub const OMNIZE_STATE_WAITING: i32 = 3;
/// An agent accepted the interaction.
pub const OMNIZE_STATE_ACTIVE: i32 = 4;
/// The application or the agent finished the interaction.
pub const OMNIZE_STATE_FINISHED: i32 = 5;
/// No agent is available.
pub const OMNIZE_STATE_UNAVAILABLE: i32 = 6;

static CONVERSATIONS: HandleTable<omnize_conversation, ConversationObject> =
    HandleTable::new(HandleType::Conversation);

pub(crate) struct ConversationObject {
    pub conversation: Conversation,
    pub encoding: TextEncoding,
    /// The application's pointer; `None` before one is set.
    user_data: Mutex<Option<UserData>>,
    /// The texts that C requested. Created on demand, because there may be many conversations.
    texts: OnceCell<Box<Texts>>,
}

struct Texts {
    client_id: OutText,
    /// The texts of values that may change. Earlier ones stay valid, and equal ones are shared.
    changing: Mutex<Vec<OutText>>,
}

impl ConversationObject {
    fn texts(&self) -> Result<&Texts> {
        let encode = |text: &str| OutText::encode(text, self.encoding);
        let texts = self.texts.get_or_try_init(|| {
            Ok(Box::new(Texts {
                client_id: encode(self.conversation.client_id())?,
                changing: Mutex::default(),
            }))
        });
        texts.map(|texts| &**texts)
    }

    /// Returns the C text of a value that may change.
    fn changing_text(&self, value: &str, length: *mut i64) -> Result<*const c_char> {
        let text = OutText::encode(value, self.encoding)?;
        let mut texts = self
            .texts()?
            .changing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = texts.iter().position(|known| known.bytes() == text.bytes());
        let index = known.unwrap_or_else(|| {
            texts.push(text);
            texts.len() - 1
        });
        Ok(texts[index].to_c(length))
    }

    /// Sets the application's pointer and returns the previous one.
    pub fn replace_user_data(&self, user_data: UserData) -> Option<UserData> {
        self.lock_user_data().replace(user_data)
    }

    /// Returns the application's pointer, or NULL.
    pub fn user_data(&self) -> *mut c_void {
        let user_data = self.lock_user_data();
        user_data
            .as_ref()
            .map_or(std::ptr::null_mut(), UserData::pointer)
    }

    fn lock_user_data(&self) -> MutexGuard<'_, Option<UserData>> {
        self.user_data
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts a request, and writes its ticket, unless the pointer is NULL.
    pub fn post(&self, request: Request, ticket: *mut i64) -> Result<()> {
        self.post_with(request, PostOptions::default(), ticket)
    }

    /// Posts a request with these options.
    pub fn post_with(
        &self,
        request: Request,
        options: PostOptions,
        ticket: *mut i64,
    ) -> Result<()> {
        let number = self.conversation.post_with(request, options)?;
        text::write_optional(ticket, number as i64);
        Ok(())
    }
}

/// Returns the object of a handle.
pub(crate) fn lookup(conversation: *const omnize_conversation) -> Result<Arc<ConversationObject>> {
    CONVERSATIONS.get(conversation)
}

/// Creates a handle.
fn insert(conversation: Conversation, encoding: TextEncoding) -> Result<*mut omnize_conversation> {
    CONVERSATIONS.insert(Arc::new(ConversationObject {
        conversation,
        encoding,
        user_data: Mutex::default(),
        texts: OnceCell::new(),
    }))
}

/// Creates a conversation of a client, and writes its handle to `conversation`.
pub(crate) fn create(
    client: *mut omnize_client,
    conversation: *mut *mut omnize_conversation,
    open: impl FnOnce(&Client, TextEncoding) -> Result<Conversation>,
) -> Result<()> {
    let object = client::lookup(client)?;
    let encoding = object.client.encoding();
    let out = text::required_out("conversation", conversation)?;
    *out = insert(open(&object.client, encoding)?, encoding)?;
    Ok(())
}

/// Starts an interaction, and blocks until the service responds.
///
/// - `department` and `client_id` are required. `client_id` is the application's id of this customer.
/// - `name`, `email`, `phone` and `cpf` may be NULL. NULL fields are omitted.
/// - The application owns the conversation and frees it with omnize_conversation_free().
/// - If the start fails, there is no conversation.
///
/// Fails with:
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_CLIENT_ID: `client_id` is missing.
/// - OMNIZE_E_CUSTOMER: a field is invalid, with the option validate.
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
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
    guard::request(error, || {
        create(client, conversation, |client, encoding| {
            let customer = customer(name, email, phone, cpf, encoding)?;
            let address = address(department, client_id, encoding)?;
            client.start(address, customer)
        })
    })
}

/// Creates a conversation for an open interaction, for example after a restart.
///
/// - `department` and `client_id` are required. `client_id` is the application's id of this customer.
/// - The state is that of omnize_interactions_list(), or active if the interaction is not listed.
/// - The application owns the conversation and frees it with omnize_conversation_free().
/// - Sends nothing and does not block.
///
/// Fails with:
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_CLIENT_ID: `client_id` is missing.
/// - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
/// - OMNIZE_E_ARGUMENT: `conversation` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_attach(
    client: *mut omnize_client,
    department: *const c_char,
    client_id: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        create(client, conversation, |client, encoding| {
            let address = address(department, client_id, encoding)?;
            client.attach(address)
        })
    })
}

/// Creates a conversation for the open interaction with the hash `interaction_hash`.
///
/// - The application must have stored the hash. Without a store, the library does not know it before a trigger of
///   the interaction.
/// - Dialects without hashes ignore `interaction_hash`.
/// - `department` and `client_id` are required. `client_id` is the application's id of this customer.
/// - The application owns the conversation and frees it with omnize_conversation_free().
/// - Sends nothing and does not block.
///
/// Fails with:
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_CLIENT_ID: `client_id` is missing.
/// - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
/// - OMNIZE_E_ARGUMENT: `interaction_hash` is NULL or empty, or `conversation` is NULL.
#[calling_convention]
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
        create(client, conversation, |client, encoding| {
            let address = address(department, client_id, encoding)?;
            let hash = text::required("interaction_hash", interaction_hash, encoding)?;
            client.attach_by_hash(address, &hash)
        })
    })
}

/// Creates a conversation for an interaction that omnize_conversation_post_start() starts later.
///
/// - `department` and `client_id` are required. `client_id` is the application's id of this customer.
/// - If an interaction with this client id is known, it is reused. A start is then allowed only after that
///   interaction ends.
/// - The application owns the conversation and frees it with omnize_conversation_free().
/// - Sends nothing and does not block.
///
/// Fails with:
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_CLIENT_ID: `client_id` is missing.
/// - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
/// - OMNIZE_E_ARGUMENT: `conversation` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_prepare(
    client: *mut omnize_client,
    department: *const c_char,
    client_id: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        create(client, conversation, |client, encoding| {
            let address = address(department, client_id, encoding)?;
            client.prepare(address)
        })
    })
}

/// Sets the timeout of later requests of this handle.
///
/// - `timeout_ms`: milliseconds. 0 restores the option timeout.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is negative.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_set_timeout(
    conversation: *mut omnize_conversation,
    timeout_ms: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CONVERSATIONS.get(conversation)?;
        object
            .conversation
            .set_timeout(client::request_timeout(timeout_ms)?);
        Ok(())
    })
}

/// Returns the state of the interaction, an OMNIZE_STATE_ value, or 0 if `conversation` is invalid.
///
/// Later versions may add values.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_state(
    conversation: *const omnize_conversation,
) -> i32 {
    guard::value(0, || {
        Ok(CONVERSATIONS.get(conversation)?.conversation.state() as i32)
    })
}

/// Returns the customer's client id. Returns NULL if `conversation` is invalid, or there is no memory for the text.
///
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the conversation is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_client_id(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        Ok(object.texts()?.client_id.to_c(length))
    })
}

/// Returns the department for requests. Returns NULL if `conversation` is invalid, or there is no memory for the text.
///
/// - While the interaction is open, it is the department of its start, also after a transfer. All conversations of one
///   interaction return the same. Otherwise, it is the department that this conversation was created with.
/// - If another program started the interaction, it is the department of the first attach.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the conversation is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_department(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        object.changing_text(&object.conversation.department(), length)
    })
}

/// Returns the department that serves the customer. Returns NULL if `conversation` is invalid, or there is no memory
/// for the text.
///
/// - It is for display. Requests use omnize_conversation_department().
/// - After a transfer, it is the department of the last event OMNIZE_EVENT_TRANSFERRED. All conversations of one
///   interaction return the same. With a store, it is known after a restart.
/// - After the end of the interaction, it is the last one.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the conversation is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_current_department(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        object.changing_text(&object.conversation.current_department(), length)
    })
}

/// Returns the interaction hash. Returns NULL if `conversation` is invalid, or there is no memory for the text.
///
/// - The text is empty if the hash is not known yet, or the dialect has no hashes.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the conversation is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_interaction_hash(
    conversation: *const omnize_conversation,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = CONVERSATIONS.get(conversation)?;
        let hash = object.conversation.interaction_hash().unwrap_or_default();
        object.changing_text(&hash, length)
    })
}

/// Frees a conversation.
///
/// - Sends nothing. The interaction stays open, and omnize_conversation_attach() can attach to it again.
/// - Its event stream closes. omnize_client_next() returns the events that it did not return.
/// - The destroy function of omnize_conversation_set_user_data() is called before the call returns.
/// - Does nothing if `conversation` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_free(conversation: *mut omnize_conversation) {
    guard::value((), || {
        let object = CONVERSATIONS.remove(conversation)?;
        // Another thread may be in a call and hold the conversation longer.
        object.conversation.close_events();
        let user_data = object.lock_user_data().take();
        drop(user_data);
        Ok(())
    })
}

/// Reads the fields of a customer.
pub(crate) fn customer(
    name: *const c_char,
    email: *const c_char,
    phone: *const c_char,
    cpf: *const c_char,
    encoding: TextEncoding,
) -> Result<Customer> {
    let personal = |name, text| -> Result<Option<Redacted>> {
        Ok(text::optional(name, text, encoding)?.map(|text| text.into_owned().into()))
    };
    Ok(Customer {
        name: personal("name", name)?,
        email: personal("email", email)?,
        phone: personal("phone", phone)?,
        cpf: personal("cpf", cpf)?,
    })
}

/// Reads the ids. A missing one is empty; the Rust API reports it.
fn address(
    department: *const c_char,
    client_id: *const c_char,
    encoding: TextEncoding,
) -> Result<Address> {
    let text = |name, text| -> Result<String> {
        Ok(text::optional(name, text, encoding)?.map_or(String::new(), Into::into))
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
    fn constants_equal_the_states() {
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
