//! The table of requests: what each says, and which dialects have it. Fields are set by these names, what a dialect lacks
//! is refused by it, and the documentation is printed from it.

use crate::wire::Dialect;
use crate::wire::Dialect::{Gateway, Interactions, Rest};
use crate::wire::{BotRequest, Request};

/// A request.
#[derive(Debug)]
pub struct RequestSchema {
    /// Its name.
    pub name: &'static str,
    /// The dialects that have it.
    pub dialects: &'static [Dialect],
    /// What it is for.
    pub doc: &'static str,
    /// What it says beside the ids.
    pub fields: &'static [Field],
}

/// A field of a request.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The dialects that have it.
    pub dialects: &'static [Dialect],
    /// Whether the request needs it.
    pub required: bool,
    /// What it is.
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

const TEXT: &str = "What is said. With media it may be left out.";
const MEDIA: &str = "What comes with it: image, video, audio or file. It needs url.";
const URL: &str = "Where the media is.";
const EXTRA: &str = "The application's own fields, a JSON object that comes back on each trigger. The keys clientId and \
                     botId are the library's.";
const HISTORY: &str = "The URL of a document that tells what was said before.";
const BOT: &str = "The bot that the customer talked to before. It comes back on each trigger.";
const MEDIA_TYPE: &str =
    "Over what the customer writes, in the service's own word: TEXT, SMS or WHATSAPP.";

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
                "How large the media is, in bytes. Only an external bot says it.",
            ),
        ],
    },
    RequestSchema {
        name: "typing",
        dialects: ALL,
        doc: "The customer types.",
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
        doc: "Notes something about the interaction.",
        fields: &[
            field("mood", NEWEST, "The customer's mood: POSITIVE or NEGATIVE."),
            field("tags", NEWEST, "The ids of tags, separated by commas."),
            field(
                "customer_key",
                NEWEST,
                "The service's own id of the customer, a UUID.",
            ),
            field("note", NEWEST, "A note for the agents."),
        ],
    },
    RequestSchema {
        name: "whatsapp",
        dialects: NEWEST,
        doc: "Writes to a customer over WhatsApp, which starts the interaction.",
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
        doc: "Leaves a message while no agent is there.",
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
        doc: "Asks which departments there are.",
        fields: &[],
    },
    RequestSchema {
        name: "online_agents",
        dialects: NEWEST,
        doc: "Asks which agents of a department are there.",
        fields: &[],
    },
    RequestSchema {
        name: "bot_accept",
        dialects: NEWEST,
        doc: "Takes an interaction, as an external bot.",
        fields: &[],
    },
    RequestSchema {
        name: "bot_transfer",
        dialects: NEWEST,
        doc: "Gives the bot's interaction to a department, or back to where it started.",
        fields: &[],
    },
    RequestSchema {
        name: "bot_message",
        dialects: NEWEST,
        doc: "Sends the bot's message.",
        fields: &[
            field("text", NEWEST, TEXT),
            field("media", NEWEST, MEDIA),
            field("url", NEWEST, URL),
            field("size", NEWEST, "How large the media is, in bytes."),
        ],
    },
    RequestSchema {
        name: "bot_finish",
        dialects: NEWEST,
        doc: "Finishes the bot's interaction.",
        fields: &[],
    },
];

/// The row of a request.
pub(crate) fn spec_of(request: &Request) -> &'static RequestSchema {
    let place = match request {
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
    &REQUESTS[place]
}
