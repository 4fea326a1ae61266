//! Unit tests of the registry.

use std::sync::Arc;

use crate::error::{Delivery, Result};
use crate::interactions::{Interaction, Interactions, State};
use crate::status::Status;
use crate::wire::{Address, Kind, Request};

/// A registry whose interactions have neither lanes nor typing states.
pub(crate) type TestInteractions = Interactions<(), ()>;
type TestInteraction = Interaction<(), ()>;

pub(crate) fn start() -> Request {
    Request::Start(Box::default())
}

fn message() -> Request {
    Request::Message("x".into())
}

pub(crate) fn address(client_id: &str) -> Address {
    Address {
        department: "1".into(),
        client_id: client_id.into(),
    }
}

pub(crate) fn empty_registry(capacity: usize) -> Arc<TestInteractions> {
    Arc::new(Interactions::new(capacity))
}

pub(crate) fn queue(interaction: &TestInteraction, request: &Request) -> Result<()> {
    interaction.on_queued(request, "1", true)
}

pub(crate) fn started(
    interactions: &Arc<TestInteractions>,
    client_id: &str,
) -> Arc<TestInteraction> {
    let interaction = interactions.for_start(&address(client_id));
    queue(&interaction, &start()).unwrap();
    interaction.on_completed(&start(), true);
    interaction
}

#[test]
fn state_changes_from_new_to_finished() {
    let interaction = empty_registry(9).for_start(&address("12"));
    assert!(queue(&interaction, &Request::Typing).is_err());
    queue(&interaction, &start()).unwrap();
    assert_eq!(interaction.state(), State::Starting);
    assert!(queue(&interaction, &start()).is_err(), "one of two starts");
    interaction.on_completed(&start(), true);
    assert_eq!(interaction.state(), State::Waiting);
    interaction.on_trigger(Kind::Accepted, None);
    assert_eq!(interaction.state(), State::Active);
    interaction.check_allowed(&message()).unwrap();
    interaction.on_completed(&Request::Finish, false);
    assert_eq!(interaction.state(), State::Active);
    interaction.on_completed(&Request::Finish, true);
    assert_eq!(interaction.state(), State::Finished);
    let error = interaction.check_allowed(&message()).unwrap_err();
    assert_eq!(
        (error.status(), error.delivery()),
        (Status::State, Some(Delivery::NotSent))
    );
    interaction.check_allowed(&start()).unwrap();
}

#[test]
fn a_failed_start_can_be_retried() {
    let interaction = empty_registry(9).for_start(&address("12"));
    queue(&interaction, &start()).unwrap();
    interaction.on_completed(&start(), false);
    queue(&interaction, &start()).unwrap();
}

#[test]
fn a_trigger_may_arrive_before_the_response_to_the_start() {
    let interaction = empty_registry(9).for_start(&address("12"));
    queue(&interaction, &start()).unwrap();
    interaction.on_trigger(Kind::Accepted, None);
    interaction.on_completed(&start(), true);
    assert_eq!(interaction.state(), State::Active);
}

#[test]
fn a_queued_trigger_means_that_the_interaction_has_started() {
    let interaction = empty_registry(9).for_start(&address("12"));
    queue(&interaction, &start()).unwrap();
    interaction.on_trigger(Kind::Queued, None);
    assert_eq!(interaction.state(), State::Waiting);
    interaction.on_completed(&start(), false);
    assert_eq!(interaction.state(), State::Waiting);
    interaction.on_trigger(Kind::Accepted, None);
    interaction.on_trigger(Kind::Queued, None);
    assert_eq!(interaction.state(), State::Active);
}

#[test]
fn finish_and_start_are_allowed_when_no_agent_is_available() {
    let interaction = started(&empty_registry(9), "12");
    interaction.on_trigger(Kind::Unavailable, None);
    assert!(interaction.check_allowed(&Request::Typing).is_err());
    interaction.check_allowed(&Request::Finish).unwrap();
    interaction.check_allowed(&start()).unwrap();
}

#[test]
fn late_triggers_do_not_reopen_a_finished_interaction() {
    let interaction = started(&empty_registry(9), "12");
    interaction.on_trigger(Kind::Finish, None);
    for late in [Kind::Message, Kind::Accepted, Kind::Unavailable] {
        interaction.on_trigger(late, None);
        assert_eq!(interaction.state(), State::Finished);
    }
}

#[test]
fn one_client_id_has_one_interaction_as_long_as_it_is_referenced() {
    let interactions = empty_registry(9);
    let first = interactions.for_start(&address("12"));
    assert!(Arc::ptr_eq(&first, &interactions.attach(&address("12"))));
    interactions.on_trigger("12", None, Kind::Finish, None);
    assert!(Arc::ptr_eq(&first, &interactions.for_start(&address("12"))));
    drop(first);
    assert_eq!(interactions.for_start(&address("12")).state(), State::New);
    assert!(interactions.lock().by_client_id.is_empty());
}

#[test]
fn an_open_interaction_is_known_without_a_conversation() {
    let interactions = empty_registry(9);
    drop(started(&interactions, "12"));
    drop(interactions.for_start(&address("13")));
    let open = interactions.list_open();
    assert_eq!(open.len(), 1);
    assert_eq!((&*open[0].client_id, open[0].state), ("12", State::Waiting));
    assert_eq!(&*open[0].department, "1");
    interactions.on_trigger("12", None, Kind::Accepted, None);
    assert_eq!(
        interactions.attach(&address("12")).state(),
        State::Active,
        "its state"
    );
    interactions.on_trigger("12", None, Kind::Unavailable, None);
    assert!(interactions.list_open().is_empty());
    assert!(interactions.lock().by_client_id.is_empty());
}

#[test]
fn the_least_recently_used_interactions_without_a_conversation_are_dropped() {
    let interactions = empty_registry(20);
    let held: Vec<_> = (0..50)
        .map(|id| interactions.attach(&address(&format!("held {id}"))))
        .collect();
    for id in 0..1000 {
        drop(started(&interactions, &id.to_string()));
        interactions.on_trigger("7", None, Kind::Typing, None);
    }
    let open = interactions.list_open();
    assert!(
        open.len() >= 50 + 18 && open.len() <= 50 + 24,
        "{}",
        open.len()
    );
    let is_open = |id: &str| open.iter().any(|open| open.client_id == id);
    assert!(is_open("7") && is_open("999") && !is_open("8"));
    assert!(held.iter().all(|held| is_open(&held.client_id)));
}
