//! The external bot: a program of the account's own that serves new interactions before any agent does. The service posts
//! to it what the customer's side does; it answers by requests of its own, under `/core/api/v1/bot/{hash}/`.

use crate::sandbox::agents::agent::{AgentInput, play};
use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection, RequestKind};
use crate::sandbox::dialects::interactions::{department, token_of};
use crate::sandbox::dialects::request_fields::{Fields, refuse};
use crate::sandbox::http::router::{Accepted, Asked, Subject};
use crate::sandbox::http::webhook::{Payload, Webhook};
use crate::sandbox::lifecycle::cue;
use crate::sandbox::state::interaction::{Ending, Interaction, Key, State};
use crate::sandbox::state::message::{Kind, Message};
use crate::sandbox::state::state::{SandboxState, Service};
use crate::sandbox::state::transcript;
use crate::sandbox::state::trigger::Trigger;
use hyper::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// What stands for the dialect in the transcript.
pub(crate) const NAME: &str = "bot";

const ROOT: &str = "/core/api/v1/bot/";

/// A path of the bot's requests.
pub(crate) struct Place<'a> {
    hash: &'a str,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Accept,
    Finish,
    Transfer,
    Message,
}

impl Place<'_> {
    pub fn at(path: &str) -> Option<Place<'_>> {
        let (hash, what) = path.strip_prefix(ROOT)?.split_once('/')?;
        let what = match what {
            "accept" => What::Accept,
            "finish" => What::Finish,
            "transfer" => What::Transfer,
            "message" => What::Message,
            _ => return None,
        };
        Some(Place { hash, what })
    }

    pub fn method(&self) -> Method {
        match self.what {
            What::Message => Method::POST,
            What::Accept | What::Finish | What::Transfer => Method::PUT,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self.what {
            What::Accept => "accept",
            What::Finish => "finish",
            What::Transfer => "transfer",
            What::Message => "message",
        }
    }
}

/// What a bot has asked for, on its way to the customer's side; told in the order in which it was asked.
pub(crate) enum Word {
    Said(Trigger),
    /// The interaction is an agent's from here on, who hears these.
    Over(mpsc::UnboundedReceiver<AgentInput>),
}

/// The bot of an interaction.
pub(crate) struct Bot {
    pub endpoint: Arc<Webhook>,
    words: mpsc::UnboundedSender<Word>,
}

impl Bot {
    /// A bot whose words are passed on until its interaction is gone.
    pub fn of(
        service: &Arc<Service>,
        key: &Key,
        ending: watch::Receiver<Ending>,
        endpoint: Webhook,
    ) -> Bot {
        let (words, heard) = mpsc::unbounded_channel();
        tokio::spawn(pass_on(Arc::clone(service), key.clone(), ending, heard));
        Bot {
            endpoint: Arc::new(endpoint),
            words,
        }
    }

    fn say(&self, word: Word) {
        // Passed on as long as the interaction lives; it is gone only when the sandbox is stopping.
        let _ = self.words.send(word);
    }
}

async fn pass_on(
    service: Arc<Service>,
    key: Key,
    // Of this interaction: another start under the same key must not hear the rest.
    ending: watch::Receiver<Ending>,
    mut words: mpsc::UnboundedReceiver<Word>,
) {
    while let Some(word) = words.recv().await {
        match word {
            Word::Said(trigger) => service.bot_trigger(&key, trigger, &ending).await,
            Word::Over(cues) => {
                tokio::spawn(play(Arc::clone(&service), key.clone(), cues));
            }
        }
    }
}

pub(crate) fn answer(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    place: &Place,
    asked: &Asked,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    subject.hash = Some(place.hash.chars().take(40).collect());
    subject.client_id = desk.client_id_of(place.hash);
    let fields = asked.fields()?;
    let token = token_of(desk, &fields)?;
    let request = Request::read(service, place.what, &fields)?;
    let key = desk.hashes.get(place.hash).filter(|key| key.token == token);
    let interaction = key
        .cloned()
        .and_then(|key| desk.interactions.get_mut(&key))
        .filter(|interaction| interaction.state != State::OffHours)
        .ok_or_else(|| {
            refuse("the interaction is unknown; expected one that the bot was told of")
        })?;
    act(service, interaction, request)?;
    Ok(Accepted::Word(format!("{} accepted", place.kind())))
}

enum Request {
    Accept,
    Finish,
    /// To this department; without one, to that of the start.
    Transfer(Option<String>),
    Message(Message),
}

impl Request {
    fn read(service: &Service, what: What, fields: &Fields) -> Result<Request, Rejection> {
        match what {
            What::Accept => fields.only("accept", &["token"]).map(|()| Request::Accept),
            What::Finish => fields.only("finish", &["token"]).map(|()| Request::Finish),
            What::Transfer => {
                fields.only("transfer", &["token", "department_id"])?;
                let id = fields.optional_number("department_id")?;
                let id = id.map(|id| department(service, id)).transpose()?;
                let id = id.map(|id| service.open_department(id)).transpose()?;
                Ok(Request::Transfer(id))
            }
            What::Message => {
                let known = ["token", "content", "content_type", "attachment"];
                fields.only("message", &known)?;
                read_message(fields).map(Request::Message)
            }
        }
    }
}

fn read_message(fields: &Fields) -> Result<Message, Rejection> {
    let names = Kind::NAMES.map(|(name, _)| name);
    let name = fields
        .optional_word("content_type", &names)?
        .unwrap_or("text");
    let kind = Kind::of(name).unwrap_or(Kind::Text);
    let attachment = fields.optional_object("attachment")?;
    match (kind, attachment) {
        (Kind::Text, None) => fields.text("content").map(Message::text),
        (Kind::Text, Some(_)) => Err(refuse(
            "attachment goes with image, video, audio and file only",
        )),
        (_, None) => Err(refuse(format!("attachment is missing; {name} needs it"))),
        (kind, Some((attachment, _))) => {
            let attachment = Fields::inside(&attachment, "attachment");
            attachment.only("attachment", &["url", "size"])?;
            attachment.optional_number("size")?;
            attachment.text("url")?;
            Ok(Message {
                kind,
                content: fields.words("content")?,
                url: attachment.optional_url("url")?,
            })
        }
    }
}

fn act(
    service: &Arc<Service>,
    interaction: &mut Interaction,
    request: Request,
) -> Result<(), Rejection> {
    if !interaction.is_open() {
        return Err(refuse("the interaction is finished"));
    }
    let Some(bot) = &interaction.bot else {
        return Err(refuse(
            "the interaction is not the bot's; expected one that it was told of and has not transferred",
        ));
    };
    let word = match request {
        Request::Accept if interaction.state == State::Accepted => {
            return Err(refuse("the interaction is accepted already"));
        }
        Request::Message(_) if interaction.state == State::Waiting => {
            return Err(refuse(
                "the interaction is not accepted; expected accept first",
            ));
        }
        Request::Accept => Trigger::Status("accepted"),
        Request::Finish => Trigger::Status("finish"),
        Request::Message(message) => Trigger::Message(message),
        Request::Transfer(to) => {
            let to = to.unwrap_or_else(|| interaction.department_id.clone());
            bot.say(Word::Said(Trigger::Transferred(to.clone())));
            hand_over(service, interaction, to);
            return Ok(());
        }
    };
    // The state is the request's at once; what tells the customer's side comes after.
    let name = word.name();
    bot.say(Word::Said(word));
    interaction.note_trigger(name);
    Ok(())
}

/// Gives the interaction to a department's agent, who begins as with a new one once the transfer was told.
fn hand_over(service: &Arc<Service>, interaction: &mut Interaction, to: String) {
    interaction.served_by = to;
    interaction.state = State::Waiting;
    if let Some(bot) = interaction.bot.take() {
        let start = cue(
            service,
            interaction,
            RequestKind::silent(CustomerRequest::Start),
        );
        // What the customer's side does from now on comes after the start.
        let (cues, heard) = mpsc::unbounded_channel();
        let _ = cues.send(start);
        interaction.cues = cues;
        bot.say(Word::Over(heard));
    }
}

impl Service {
    /// Tells an interaction's bot what the customer's side did. It has no ear for typing.
    pub async fn tell_bot(&self, key: &Key, endpoint: &Webhook, cue: &AgentInput) {
        let hash = &cue.hash;
        let posts = match (cue.on, &cue.message) {
            (CustomerRequest::Start, _) => {
                // Only `rest` has departments that are no number, and none of them is known to a bot.
                let id = cue.department_id.parse::<u64>().ok();
                vec![(
                    "newInteraction",
                    json!({ "type": "new_interaction", "interaction_hash": hash, "department_id": id }),
                )]
            }
            (CustomerRequest::Message, Some(message)) => said(hash, message),
            (CustomerRequest::Finish, _) => vec![(
                "finishedInteraction",
                json!({ "type": "finished_interaction", "interaction_hash": hash }),
            )],
            (CustomerRequest::Typing | CustomerRequest::Cleared | CustomerRequest::Message, _) => {
                vec![]
            }
        };
        for (kind, object) in posts {
            if cue.is_over() {
                return;
            }
            self.post_to_bot(key, endpoint, kind, &object, cue).await;
        }
    }

    async fn post_to_bot(
        &self,
        key: &Key,
        endpoint: &Webhook,
        kind: &'static str,
        object: &Value,
        cue: &AgentInput,
    ) {
        let place = {
            let mut desk = self.desk();
            let client_id = desk
                .interactions
                .get(key)
                .and_then(|interaction| interaction.about.client_id.clone());
            desk.transcript.trigger(transcript::Trigger {
                dialect: Some(NAME),
                kind: Some(kind),
                client_id,
                interaction_hash: Some(cue.hash.clone()),
                body: serde_json::value::to_raw_value(object).ok(),
            })
        };
        let result = self.post(endpoint, Payload::json(object)).await;
        self.desk().transcript.settle(place, &result);
    }
}

/// A medium has its URL as content. What was said beside it is a message of its own, before it.
fn said(hash: &str, message: &Message) -> Vec<(&'static str, Value)> {
    let post = |content: &str, kind: Kind| {
        let object = json!({
            "type": "new_message", "interaction_hash": hash, "content": content, "content_type": kind,
        });
        ("newMessage", object)
    };
    let words = (!message.content.is_empty()).then(|| post(&message.content, Kind::Text));
    let medium = message.url.as_ref().map(|url| post(url, message.kind));
    words.into_iter().chain(medium).collect()
}
