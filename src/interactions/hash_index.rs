//! By what the service calls interactions, in the dialects where it does not go by the customer's id alone: its own hashes,
//! and customers' ids at WhatsApp.

use std::collections::HashMap;
use std::sync::Arc;

use crate::interactions::Interactions;
use crate::interactions::interaction::Interaction;
use crate::interactions::limited_cache::LimitedCache;
use crate::wire::{Kind, Trigger};

/// What leads to a client id.
#[derive(Debug)]
pub struct HashIndex {
    /// The service's own ids of interactions that are known, and of the one that each customer had before.
    pub by_hash: HashMap<Arc<str>, Arc<str>>,
    /// Customers to whom something was written over WhatsApp, by their ids there: telephone numbers.
    pub by_external: LimitedCache,
    /// What the service calls interactions that triggers told of and that are not known, by client id. Who takes one up
    /// then can send.
    strangers: LimitedCache,
}

impl Interactions {
    /// Finds whose interaction a trigger is about, where it does not say so itself.
    pub fn resolve(&self, trigger: &mut Trigger) {
        if !trigger.client_id.is_empty() {
            return;
        }
        let known = self.lock();
        let by_hash = trigger
            .interaction_hash()
            .and_then(|hash| known.names.by_hash.get(hash));
        let external_id = trigger.detail(|details| details.external_id.as_ref());
        let found = by_hash.or_else(|| known.names.by_external.get(external_id?.expose()));
        if let Some(client_id) = found.map(ToString::to_string) {
            trigger.client_id = client_id;
        }
    }

    /// A trigger has come, whose interaction the service calls by this id where it has one for it.
    pub fn hear(&self, client_id: &str, hash: Option<&str>, kind: Kind) {
        // What an external bot is told goes by the hash alone, which is to lead to the customer where that is ours too.
        let hash = hash.filter(|hash| *hash != client_id);
        let interaction = {
            let mut known = self.lock();
            let interaction = known.find(client_id);
            if let (None, Some(hash)) = (&interaction, hash) {
                known.names.meet(client_id, hash, kind);
            }
            interaction
        };
        let Some(interaction) = interaction else {
            return;
        };
        if let Some(hash) = hash {
            if !interaction.is_called(hash) {
                return;
            }
            self.call(&interaction, hash);
        }
        interaction.hear(kind);
    }

    /// The service calls the interaction of this customer by this id of its own from now on; `false` where there is no such
    /// interaction.
    pub fn tie(&self, client_id: &str, hash: &str) -> bool {
        let interaction = self.lock().find(client_id);
        if let Some(interaction) = &interaction {
            self.call(interaction, hash);
        }
        interaction.is_some()
    }

    fn call(&self, interaction: &Interaction, hash: &str) {
        if interaction.hash().as_deref() == Some(hash) {
            return;
        }
        let hash: Arc<str> = hash.into();
        let before = interaction.tie(&hash);
        let mut known = self.lock();
        if let Some(before) = before {
            known.names.by_hash.remove(&before);
        }
        known
            .names
            .by_hash
            .insert(hash, interaction.client_id.clone());
    }

    /// A word of the interaction of this id would be too late to be about any that is known.
    pub(crate) fn uncall(&self, hash: &str) {
        self.lock().names.by_hash.remove(hash);
    }

    /// The customer has this id at WhatsApp.
    pub(crate) fn tie_external(&self, client_id: &Arc<str>, external_id: &str) {
        self.lock()
            .names
            .by_external
            .insert(external_id, client_id.clone());
    }
}

impl HashIndex {
    /// None yet; so many at the most that nobody holds.
    pub fn new(capacity: usize) -> Self {
        HashIndex {
            by_hash: HashMap::new(),
            by_external: LimitedCache::new(capacity),
            strangers: LimitedCache::new(capacity),
        }
    }

    /// What triggers have called the interaction of this customer, which is known from now on.
    pub fn met(&mut self, client_id: &Arc<str>) -> Option<Arc<str>> {
        let hash = self.strangers.remove(client_id)?;
        self.by_hash.insert(hash.clone(), client_id.clone());
        Some(hash)
    }

    /// A trigger tells of an interaction that is not known.
    fn meet(&mut self, client_id: &str, hash: &str, kind: Kind) {
        if kind == Kind::Finish {
            self.strangers.remove(client_id);
            return;
        }
        let is_met = |met: &Arc<str>| **met == *hash;
        if !self.strangers.get(client_id).is_some_and(is_met) {
            self.strangers.insert(client_id, hash.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::State;
    use crate::interactions::tests::{address, begin, none_yet, start, started};
    use crate::wire::{Dialect, Request, ResponseData, WhatsApp};

    fn trigger(body: &str) -> Trigger {
        Dialect::Interactions
            .decode(body.as_bytes().into(), None)
            .unwrap()
    }

    /// Whose a trigger with this field alone is.
    fn customer_of(interactions: &Interactions, field: &str) -> String {
        let mut trigger = trigger(&format!(r#"{{"state":"typing",{field}}}"#));
        interactions.resolve(&mut trigger);
        trigger.client_id
    }

    #[test]
    fn the_services_own_id_leads_to_the_customer_until_it_is_over() {
        let interactions = none_yet(9);
        assert!(!interactions.tie("12", "a"), "nobody knows it");
        let interaction = started(&interactions, "12");
        interaction.learn(&start(), &ResponseData::Hash("a".into()));
        assert!(interactions.tie("12", "a"));
        assert_eq!(
            customer_of(&interactions, r#""interaction_hash":"a""#),
            "12"
        );
        assert!(interactions.tie("12", "b"));
        assert_eq!(customer_of(&interactions, r#""interaction_hash":"a""#), "");
        assert_eq!(interaction.hash().as_deref(), Some("b"));
        drop(interaction);
        assert_eq!(
            customer_of(&interactions, r#""interaction_hash":"b""#),
            "12"
        );
        interactions.hear("12", Some("b"), Kind::Finish);
        assert_eq!(customer_of(&interactions, r#""interaction_hash":"b""#), "");
        assert!(interactions.lock().names.by_hash.is_empty());
    }

    #[test]
    fn a_late_word_of_the_interaction_before_moves_nothing() {
        let interactions = none_yet(9);
        let interaction = started(&interactions, "12");
        interactions.tie("12", "a");
        interaction.ended(&Request::Finish, true);
        begin(&interaction, &start()).unwrap();
        interactions.hear("12", Some("a"), Kind::Finish);
        assert_eq!(interaction.state(), State::Starting);
        interaction.leave(&start());
        interactions.hear("12", Some("a"), Kind::Finish);
        assert_eq!(interaction.state(), State::Starting);
        // The trigger overtakes the answer.
        interactions.hear("12", Some("b"), Kind::Accepted);
        assert_eq!(interaction.hash().as_deref(), Some("b"));
        interaction.ended(&start(), true);
        interactions.hear("12", Some("a"), Kind::Finish);
        assert_eq!(interaction.state(), State::Active);
    }

    #[test]
    fn who_takes_up_what_a_trigger_told_of_knows_its_id() {
        let interactions = none_yet(9);
        interactions.hear("12", Some("a"), Kind::Message);
        interactions.hear("13", Some("b"), Kind::Message);
        interactions.hear("13", Some("b"), Kind::Finish);
        let taken_up = interactions.running(&address("12"));
        assert_eq!(taken_up.hash().as_deref(), Some("a"));
        assert_eq!(
            customer_of(&interactions, r#""interaction_hash":"a""#),
            "12"
        );
        assert_eq!(interactions.running(&address("13")).hash(), None);
        for id in 0..100 {
            interactions.hear(&format!("x{id}"), Some("c"), Kind::Message);
        }
        assert_eq!(interactions.lock().names.strangers.len(), 9);
    }

    /// Something was written to this customer over WhatsApp.
    fn written_to(interactions: &Arc<Interactions>, client_id: &str, external_id: &str) {
        let interaction = interactions.to_start(&address(client_id));
        let whatsapp = Request::WhatsApp(Box::new(WhatsApp {
            external_id: external_id.into(),
            ..WhatsApp::default()
        }));
        begin(&interaction, &whatsapp).unwrap();
        interaction.learn(&whatsapp, &ResponseData::Nothing);
        interaction.ended(&whatsapp, true);
        assert_eq!(interaction.state(), State::Waiting);
    }

    #[test]
    fn who_was_written_to_over_whatsapp_is_known_by_that() {
        let interactions = none_yet(9);
        written_to(&interactions, "12", "5511");
        assert_eq!(customer_of(&interactions, r#""external_id":5511"#), "12");
        let shown = format!("{interactions:?}");
        assert!(!shown.contains("5511"), "{shown}");
    }

    #[test]
    fn of_the_customers_at_whatsapp_the_oldest_alone_is_forgotten() {
        let interactions = none_yet(2);
        for (client_id, external_id) in [("12", "5511"), ("13", "5512"), ("14", "5513")] {
            written_to(&interactions, client_id, external_id);
        }
        assert_eq!(customer_of(&interactions, r#""external_id":5511"#), "");
        assert_eq!(customer_of(&interactions, r#""external_id":5512"#), "13");
        assert_eq!(customer_of(&interactions, r#""external_id":5513"#), "14");
    }

    #[test]
    fn of_the_ids_that_a_customers_interactions_had_the_last_two_are_known() {
        let interactions = none_yet(9);
        let interaction = started(&interactions, "12");
        for hash in 0..20 {
            interactions.tie("12", &hash.to_string());
            interaction.ended(&Request::Finish, true);
            begin(&interaction, &start()).unwrap();
            interaction.leave(&start());
            interaction.ended(&start(), true);
        }
        interactions.tie("12", "20");
        assert_eq!(interactions.lock().names.by_hash.len(), 2);
        interaction.ended(&Request::Finish, true);
        drop(interaction);
        assert!(interactions.lock().names.by_hash.is_empty());
    }

    #[test]
    fn who_attaches_to_the_one_before_when_a_start_has_failed_can_send() {
        let interactions = none_yet(9);
        let interaction = started(&interactions, "12");
        interactions.tie("12", "a");
        interaction.ended(&Request::Finish, true);
        begin(&interaction, &start()).unwrap();
        interaction.leave(&start());
        interaction.ended(&start(), false);
        assert_eq!(interaction.hash(), None);
        interactions.tie("12", "a");
        assert_eq!(interaction.hash().as_deref(), Some("a"));
        interactions.hear("12", Some("a"), Kind::Accepted);
        assert_eq!(interaction.state(), State::Active, "its triggers count");
    }

    #[test]
    fn what_is_to_leave_before_the_next_start_knows_the_id() {
        let interactions = none_yet(9);
        let interaction = started(&interactions, "12");
        interactions.tie("12", "a");
        interaction.begin(&start(), false).unwrap();
        assert_eq!(interaction.hash().as_deref(), Some("a"));
        interaction.ended(&Request::Finish, true);
        interaction.leave(&start());
        assert_eq!(
            (interaction.hash(), interaction.state()),
            (None, State::Starting)
        );
        interaction.ended(&start(), true);
        assert_eq!(interaction.state(), State::Waiting);
    }
}
