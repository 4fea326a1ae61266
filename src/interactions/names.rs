//! By what the service calls interactions, in the dialects where it does not go by the customer's id alone: its own hashes,
//! and customers' ids at WhatsApp.

use std::collections::HashMap;
use std::sync::Arc;

use super::Interactions;
use crate::wire::{Kind, Trigger};

/// What leads to a client id.
#[derive(Debug, Default)]
pub struct Names {
    /// The service's own ids of interactions that are known.
    pub by_hash: HashMap<Arc<str>, Arc<str>>,
    /// Customers to whom something was written over WhatsApp, by their ids there.
    by_external: HashMap<String, Arc<str>>,
    /// What the service calls interactions that triggers told of and that are not known, by client id. Who takes one up
    /// then can send.
    strangers: HashMap<Arc<str>, Arc<str>>,
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
        if let Some(client_id) = found.map(|found| found.to_string()) {
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
                known.names.meet(client_id, hash, kind, self.capacity);
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
            self.tie(client_id, hash);
        }
        interaction.hear(kind);
    }

    /// The service calls the interaction of this customer by this id of its own from now on; `false` where there is no such
    /// interaction.
    pub fn tie(&self, client_id: &str, hash: &str) -> bool {
        let interaction = {
            let mut known = self.lock();
            let tied_to = known.names.by_hash.get(hash);
            if tied_to.is_some_and(|tied_to| **tied_to == *client_id) {
                return true;
            }
            known.find(client_id)
        };
        let Some(interaction) = interaction else {
            return false;
        };
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
        true
    }

    /// The customer has this id at WhatsApp.
    pub(super) fn tie_external(&self, client_id: &Arc<str>, external_id: &str) {
        let mut known = self.lock();
        if known.names.by_external.len() >= self.capacity {
            known.names.by_external.clear();
        }
        known
            .names
            .by_external
            .insert(external_id.to_owned(), client_id.clone());
    }
}

impl Names {
    /// What triggers have called the interaction of this customer, which is known from now on.
    pub fn met(&mut self, client_id: &Arc<str>) -> Option<Arc<str>> {
        let hash = self.strangers.remove(client_id)?;
        self.by_hash.insert(hash.clone(), client_id.clone());
        Some(hash)
    }

    /// A trigger tells of an interaction that is not known.
    fn meet(&mut self, client_id: &str, hash: &str, kind: Kind, capacity: usize) {
        if kind == Kind::Finish {
            self.strangers.remove(client_id);
            return;
        }
        if self
            .strangers
            .get(client_id)
            .is_some_and(|met| **met == *hash)
        {
            return;
        }
        if self.strangers.len() >= capacity {
            self.strangers.clear();
        }
        self.strangers.insert(client_id.into(), hash.into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{address, begin, none_yet, start, started};
    use super::*;
    use crate::wire::{Dialect, Reply, Request, WhatsApp};

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
        interaction.learn(&start(), &Reply::Hash("a".into()));
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
        assert!(interactions.lock().names.strangers.len() <= 9);
    }

    #[test]
    fn who_was_written_to_over_whatsapp_is_known_by_that() {
        let interactions = none_yet(9);
        let interaction = interactions.to_start(&address("12"));
        let whatsapp = Request::WhatsApp(Box::new(WhatsApp {
            external_id: "5511".into(),
            ..WhatsApp::default()
        }));
        begin(&interaction, &whatsapp).unwrap();
        interaction.learn(&whatsapp, &Reply::Nothing);
        interaction.ended(&whatsapp, true);
        assert_eq!(interaction.state(), State::Waiting);
        assert_eq!(customer_of(&interactions, r#""external_id":5511"#), "12");
    }
}
