//! The table of requests: their fields, and the dialects that support them. Fields are set by these names, unsupported fields
//! are rejected, and a page of the book is printed from the table.

use crate::wire::dialects::dialect::Dialect;
use crate::wire::dialects::dialect::Dialect::{Gateway, Interactions, Rest};
use crate::wire::requests::request::{BotRequest, Request};

/// A row of the table: a request.
#[derive(Debug)]
pub struct RequestSchema {
    /// Its name.
    pub name: &'static str,
    /// The dialects that support it.
    pub dialects: &'static [Dialect],
    /// Its description.
    pub doc: &'static str,
    /// Its fields, without the ids.
    pub fields: &'static [Field],
}

/// A field of a request.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The dialects that support it.
    pub dialects: &'static [Dialect],
    /// Whether the field is required.
    pub required: bool,
    /// Its description.
    pub doc: &'static str,
}

const ALL: &[Dialect] = &[Rest, Gateway, Interactions];
const WITH_BOTS: &[Dialect] = &[Gateway, Interactions];
const NEWEST: &[Dialect] = &[Interactions];

const fn field(name: &'static str, dialects: &'static [Dialect], doc: &'static str) -> Field {
    Field {
        name,
        dialects,
        required: false,
        doc,
    }
}

const fn required(name: &'static str, dialects: &'static [Dialect], doc: &'static str) -> Field {
    Field {
        name,
        dialects,
        required: true,
        doc,
    }
}

const TEXT: &str = "The text of the message. Optional with media.";
const MEDIA: &str = "The kind of the attached file: image, video, audio or file. Requires url.";
const URL: &str = "The URL of the attached file.";
const EXTRA: &str = "The application's own fields, a JSON object that each trigger contains. The library uses the keys clientId \
                     and botId.";
const HISTORY: &str = "The URL of a document with the earlier messages.";
const BOT: &str = "The bot of the earlier conversation. Each trigger contains it.";
const MEDIA_TYPE: &str = "The customer's medium, in the service's words: TEXT, SMS or WHATSAPP.";

/// Every request.
pub const REQUESTS: &[RequestSchema] = &[
    RequestSchema {
        name: "start",
        dialects: ALL,
        doc: "Starts the interaction.",
        fields: &[
            field("name", ALL, "The customer's name."),
            field("email", ALL, "The customer's e-mail address."),
            field("phone", ALL, "The customer's telephone number."),
            field("cpf", ALL, "The customer's CPF."),
            field("bot_id", WITH_BOTS, BOT),
            field("media_type", NEWEST, MEDIA_TYPE),
            field("extra", NEWEST, EXTRA),
            field("external_history", NEWEST, HISTORY),
        ],
    },
    RequestSchema {
        name: "message",
        dialects: ALL,
        doc: "Sends the customer's message.",
        fields: &[
            field("text", ALL, TEXT),
            field("media", NEWEST, MEDIA),
            field("url", NEWEST, URL),
            field(
                "size",
                &[],
                "The size of the attached file, in bytes. Only for messages of an external bot.",
            ),
        ],
    },
    RequestSchema {
        name: "typing",
        dialects: ALL,
        doc: "The customer is typing.",
        fields: &[],
    },
    RequestSchema {
        name: "cleared",
        dialects: ALL,
        doc: "The customer has stopped typing.",
        fields: &[],
    },
    RequestSchema {
        name: "finish",
        dialects: ALL,
        doc: "Finishes the interaction.",
        fields: &[],
    },
    RequestSchema {
        name: "update",
        dialects: NEWEST,
        doc: "Adds notes to the interaction.",
        fields: &[
            field("mood", NEWEST, "The customer's mood: POSITIVE or NEGATIVE."),
            field("tags", NEWEST, "The ids of tags, separated by commas."),
            field(
                "customer_key",
                NEWEST,
                "The service's id of the customer, a UUID.",
            ),
            field("note", NEWEST, "A note for the agents."),
        ],
    },
    RequestSchema {
        name: "whatsapp",
        dialects: NEWEST,
        doc: "Sends a message to a customer over WhatsApp. This starts the interaction.",
        fields: &[
            required(
                "external_id",
                NEWEST,
                "The customer's id at WhatsApp. Required.",
            ),
            field("text", NEWEST, TEXT),
            field("media", NEWEST, MEDIA),
            field("url", NEWEST, URL),
            field("name", NEWEST, "The customer's name."),
            field("email", NEWEST, "The customer's e-mail address."),
            field("phone", NEWEST, "The customer's telephone number."),
            field("cpf", NEWEST, "The customer's CPF."),
            field("bot_id", NEWEST, BOT),
            field("extra", NEWEST, EXTRA),
            field("external_history", NEWEST, HISTORY),
        ],
    },
    RequestSchema {
        name: "off_hours",
        dialects: NEWEST,
        doc: "Leaves a message while no agent is available.",
        fields: &[
            field("text", NEWEST, TEXT),
            field("media", NEWEST, MEDIA),
            field("url", NEWEST, URL),
            field("name", NEWEST, "The customer's name."),
            required("email", NEWEST, "The customer's e-mail address. Required."),
            field("phone", NEWEST, "The customer's telephone number."),
            field("cpf", NEWEST, "The customer's CPF."),
        ],
    },
    RequestSchema {
        name: "departments",
        dialects: WITH_BOTS,
        doc: "Requests the list of departments.",
        fields: &[],
    },
    RequestSchema {
        name: "online_agents",
        dialects: NEWEST,
        doc: "Requests the agents of a department who are online.",
        fields: &[],
    },
    RequestSchema {
        name: "bot_accept",
        dialects: NEWEST,
        doc: "Accepts an interaction, as an external bot.",
        fields: &[],
    },
    RequestSchema {
        name: "bot_transfer",
        dialects: NEWEST,
        doc: "Transfers the bot's interaction to a department, or back to its first department.",
        fields: &[field(
            "department",
            NEWEST,
            "The department. Without it, the first department.",
        )],
    },
    RequestSchema {
        name: "bot_message",
        dialects: NEWEST,
        doc: "Sends the bot's message.",
        fields: &[
            field("text", NEWEST, TEXT),
            field("media", NEWEST, MEDIA),
            field("url", NEWEST, URL),
            field("size", NEWEST, "The size of the attached file, in bytes."),
        ],
    },
    RequestSchema {
        name: "bot_finish",
        dialects: NEWEST,
        doc: "Finishes the bot's interaction.",
        fields: &[],
    },
];

/// Returns the row of a request.
pub(crate) fn schema_of(request: &Request) -> &'static RequestSchema {
    let index = match request {
        Request::Start(_) => 0,
        Request::Message(_) => 1,
        Request::Typing => 2,
        Request::Cleared => 3,
        Request::Finish => 4,
        Request::Update(_) => 5,
        Request::WhatsApp(_) => 6,
        Request::OffHours(_) => 7,
        Request::Departments => 8,
        Request::OnlineAgents => 9,
        Request::Bot(BotRequest::Accept) => 10,
        Request::Bot(BotRequest::Transfer(_)) => 11,
        Request::Bot(BotRequest::Message(_)) => 12,
        Request::Bot(BotRequest::Finish) => 13,
    };
    &REQUESTS[index]
}
