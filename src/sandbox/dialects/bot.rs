//! The requests of the external bot: `/core/api/v1/bot/{hash}/…`.
//!
//! A bot is a program of the account that serves new interactions before any agent does. It accepts an interaction, sends
//! messages, and finishes or transfers it.

use crate::sandbox::dialects::interactions_fields::{require_department, token_number};
use crate::sandbox::dialects::parsed_request::{Acceptance, ParsedRequest, RequestSubject};
use crate::sandbox::json::field_reader::{FieldReader, MAX_SHOWN_CHARS};
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::lifecycle::transfer_to_agent;
use crate::sandbox::model::message::{Message, MessageKind};
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::state::bot_link::BotAction;
use crate::sandbox::state::interaction::{Interaction, InteractionState};
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use hyper::Method;

const ROOT: &str = "/core/api/v1/bot/";

/// A path of the bot's requests.
pub(crate) struct BotEndpoint<'a> {
    hash: &'a str,
    kind: BotRequestKind,
}

#[derive(Clone, Copy)]
enum BotRequestKind {
    Accept,
    Finish,
    Transfer,
    Message,
}

impl BotEndpoint<'_> {
    pub fn for_path(path: &str) -> Option<BotEndpoint<'_>> {
        let (hash, name) = path.strip_prefix(ROOT)?.split_once('/')?;
        let kind = match name {
            "accept" => BotRequestKind::Accept,
            "finish" => BotRequestKind::Finish,
            "transfer" => BotRequestKind::Transfer,
            "message" => BotRequestKind::Message,
            _ => return None,
        };
        Some(BotEndpoint { hash, kind })
    }

    pub fn method(&self) -> Method {
        match self.kind {
            BotRequestKind::Message => Method::POST,
            BotRequestKind::Accept | BotRequestKind::Finish | BotRequestKind::Transfer => {
                Method::PUT
            }
        }
    }

    /// Returns the kind for the transcript.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            BotRequestKind::Accept => "accept",
            BotRequestKind::Finish => "finish",
            BotRequestKind::Transfer => "transfer",
            BotRequestKind::Message => "message",
        }
    }
}

pub(crate) fn handle(
    service: &SimulatedService,
    state: &mut SandboxState,
    endpoint: &BotEndpoint,
    request: &ParsedRequest,
    subject: &mut RequestSubject,
) -> Result<Acceptance, Rejection> {
    subject.hash = Some(endpoint.hash.chars().take(MAX_SHOWN_CHARS).collect());
    subject.client_id = state.client_id_of(endpoint.hash);
    let fields = request.fields()?;
    let token = token_number(state, &fields)?;
    let request = BotRequest::parse(service, endpoint.kind, &fields)?;
    let key = state
        .hashes
        .get(endpoint.hash)
        .filter(|key| key.token == token);
    let interaction = key
        .cloned()
        .and_then(|key| state.interactions.get_mut(&key))
        .filter(|interaction| interaction.state != InteractionState::OffHours)
        .ok_or_else(|| {
            Rejection::unprocessable(
                "the interaction is unknown; expected the hash of a new_interaction",
            )
        })?;
    apply(service, interaction, request)?;
    Ok(Acceptance::message(endpoint.kind()))
}

enum BotRequest {
    Accept,
    Finish,
    /// To this department, or to the department of the start.
    Transfer(Option<String>),
    Message(Message),
}

impl BotRequest {
    fn parse(
        service: &SimulatedService,
        kind: BotRequestKind,
        fields: &FieldReader,
    ) -> Result<BotRequest, Rejection> {
        match kind {
            BotRequestKind::Accept => {
                fields.allow_only("accept", &["token"])?;
                Ok(BotRequest::Accept)
            }
            BotRequestKind::Finish => {
                fields.allow_only("finish", &["token"])?;
                Ok(BotRequest::Finish)
            }
            BotRequestKind::Transfer => {
                fields.allow_only("transfer", &["token", "department_id"])?;
                let id = fields
                    .optional_number("department_id")?
                    .map(|id| require_department(service, id))
                    .transpose()?
                    .map(|id| service.require_open_department(id))
                    .transpose()?;
                Ok(BotRequest::Transfer(id))
            }
            BotRequestKind::Message => {
                let allowed = ["token", "content", "content_type", "attachment"];
                fields.allow_only("message", &allowed)?;
                parse_message(fields).map(BotRequest::Message)
            }
        }
    }
}

fn parse_message(fields: &FieldReader) -> Result<Message, Rejection> {
    let names = MessageKind::NAMES.map(|(name, _)| name);
    let name = fields
        .optional_choice("content_type", &names)?
        .unwrap_or("text");
    let kind = MessageKind::from_name(name).unwrap_or(MessageKind::Text);
    let attachment = fields.optional_object("attachment")?;
    match (kind, attachment) {
        (MessageKind::Text, None) => fields.text("content").map(Message::text),
        (MessageKind::Text, Some(_)) => Err(Rejection::unprocessable(
            "attachment is allowed with image, video, audio and file only",
        )),
        (_, None) => Err(Rejection::unprocessable(format!(
            "attachment is missing; {name} requires it"
        ))),
        (kind, Some((attachment, _))) => {
            let attachment = FieldReader::nested(&attachment, "attachment");
            attachment.allow_only("attachment", &["url", "size"])?;
            attachment.optional_number("size")?;
            attachment.text("url")?;
            Ok(Message {
                kind,
                content: fields.caption("content")?,
                url: attachment.optional_url("url")?,
            })
        }
    }
}

/// Changes the interaction's state at once. The bot relay sends the trigger later.
fn apply(
    service: &SimulatedService,
    interaction: &mut Interaction,
    request: BotRequest,
) -> Result<(), Rejection> {
    if !interaction.is_open() {
        return Err(Rejection::unprocessable("the interaction is finished"));
    }
    let Some(bot) = &interaction.bot else {
        return Err(Rejection::unprocessable(
            "the bot does not serve the interaction; expected one with a new_interaction and without a transfer",
        ));
    };
    let trigger = match request {
        BotRequest::Accept if interaction.state == InteractionState::Accepted => {
            return Err(Rejection::unprocessable(
                "the interaction is already accepted",
            ));
        }
        BotRequest::Message(_) if interaction.state == InteractionState::Waiting => {
            return Err(Rejection::unprocessable(
                "the interaction is not accepted; expected accept first",
            ));
        }
        BotRequest::Accept => Trigger::Status("accepted"),
        BotRequest::Finish => Trigger::Status("finish"),
        BotRequest::Message(message) => Trigger::Message(message),
        BotRequest::Transfer(department_id) => {
            let department_id = department_id.unwrap_or_else(|| interaction.department_id.clone());
            let transferred = Trigger::Transferred(department_id.clone());
            bot.enqueue(BotAction::SendTrigger(transferred));
            transfer_to_agent(service, interaction, department_id);
            return Ok(());
        }
    };
    let name = trigger.name();
    bot.enqueue(BotAction::SendTrigger(trigger));
    interaction.apply_trigger(name);
    Ok(())
}
