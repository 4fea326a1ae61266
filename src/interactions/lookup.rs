//! Finds the interaction of a trigger, and applies the trigger to it.

use crate::interactions::registry::Interactions;
use crate::wire::{Kind, Trigger};

impl<L, T> Interactions<L, T> {
    /// Sets the client id of a trigger that contains only a hash or a WhatsApp id.
    pub fn resolve_client_id(&self, trigger: &mut Trigger) {
        if !trigger.client_id.is_empty() {
            return;
        }
        let entries = self.lock();
        let by_hash = trigger
            .interaction_hash()
            .and_then(|hash| entries.hashes.by_hash.get(hash));
        let external_id = trigger.detail(|details| details.external_id.as_ref());
        let found = by_hash.or_else(|| entries.hashes.by_external_id.get(external_id?.expose()));
        if let Some(client_id) = found.map(ToString::to_string) {
            trigger.client_id = client_id;
        }
    }

    /// Applies a trigger to the interaction of its client id. Returns whether the interaction has got the trigger's hash now.
    pub fn apply(&self, trigger: &Trigger) -> bool {
        self.on_trigger(
            &trigger.client_id,
            trigger.interaction_hash(),
            trigger.kind,
            trigger.detail(|details| details.department.as_deref()),
        )
    }

    /// Applies a trigger to the interaction of its client id. `hash` is its interaction hash, `department` that of a
    /// transfer. Returns whether the interaction has got this hash now.
    pub fn on_trigger(
        &self,
        client_id: &str,
        hash: Option<&str>,
        kind: Kind,
        department: Option<&str>,
    ) -> bool {
        // Triggers for an external bot carry only the hash. If this application also started the interaction, the hash must
        // resolve to its client id.
        let hash = hash.filter(|hash| *hash != client_id);
        let interaction = {
            let mut entries = self.lock();
            let interaction = entries.find(client_id);
            if let (None, Some(hash)) = (&interaction, hash) {
                entries.hashes.record_unknown(client_id, hash, kind);
            }
            interaction
        };
        let Some(interaction) = interaction else {
            return false;
        };
        let mut is_new_hash = false;
        if let Some(hash) = hash {
            if !interaction.matches_hash(hash) {
                return false;
            }
            is_new_hash = self.set_hash(&interaction, hash);
        }
        interaction.on_trigger(kind, department);
        is_new_hash
    }

    /// Makes a hash refer to the interaction of this client id. Returns `false` if there is no such interaction.
    pub fn assign_hash(&self, client_id: &str, hash: &str) -> bool {
        let interaction = self.lock().find(client_id);
        if let Some(interaction) = &interaction {
            self.set_hash(interaction, hash);
        }
        interaction.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::interactions::State;
    use crate::interactions::tests::{
        TestInteractions, address, empty_registry, queue, start, started,
    };
    use crate::wire::{Dialect, Request, ResponseData, WhatsApp};

    fn trigger(body: &str) -> Trigger {
        Dialect::Interactions
            .decode(body.as_bytes().into(), None)
            .unwrap()
    }

    /// Returns the client id of a trigger with only this field.
    fn customer_of(interactions: &TestInteractions, field: &str) -> String {
        let mut trigger = trigger(&format!(r#"{{"state":"typing",{field}}}"#));
        interactions.resolve_client_id(&mut trigger);
        trigger.client_id
    }

    #[test]
    fn a_hash_resolves_to_its_client_id_until_the_interaction_finishes() {
        let interactions = empty_registry(9);
        assert!(!interactions.assign_hash("12", "a"), "unknown client id");
        let interaction = started(&interactions, "12");
        interaction.on_response(&start(), &ResponseData::Hash("a".into()));
        assert!(interactions.assign_hash("12", "a"));
        assert_eq!(
            customer_of(&interactions, r#""interaction_hash":"a""#),
            "12"
        );
        assert!(interactions.assign_hash("12", "b"));
        assert_eq!(customer_of(&interactions, r#""interaction_hash":"a""#), "");
        assert_eq!(interaction.hash().as_deref(), Some("b"));
        drop(interaction);
        assert_eq!(
            customer_of(&interactions, r#""interaction_hash":"b""#),
            "12"
        );
        interactions.on_trigger("12", Some("b"), Kind::Finish, None);
        assert_eq!(customer_of(&interactions, r#""interaction_hash":"b""#), "");
        assert!(interactions.lock().hashes.by_hash.is_empty());
    }

    #[test]
    fn a_late_trigger_of_the_previous_interaction_changes_nothing() {
        let interactions = empty_registry(9);
        let interaction = started(&interactions, "12");
        interactions.assign_hash("12", "a");
        interaction.on_completed(&Request::Finish, true);
        queue(&interaction, &start()).unwrap();
        interactions.on_trigger("12", Some("a"), Kind::Finish, None);
        assert_eq!(interaction.state(), State::Starting);
        interaction.on_sending(&start(), "1");
        interactions.on_trigger("12", Some("a"), Kind::Finish, None);
        assert_eq!(interaction.state(), State::Starting);
        // The trigger arrives before the response.
        interactions.on_trigger("12", Some("b"), Kind::Accepted, None);
        assert_eq!(interaction.hash().as_deref(), Some("b"));
        interaction.on_completed(&start(), true);
        interactions.on_trigger("12", Some("a"), Kind::Finish, None);
        assert_eq!(interaction.state(), State::Active);
    }

    #[test]
    fn attach_after_a_trigger_of_an_unknown_interaction_knows_its_hash() {
        let interactions = empty_registry(9);
        interactions.on_trigger("12", Some("a"), Kind::Message, None);
        interactions.on_trigger("13", Some("b"), Kind::Message, None);
        interactions.on_trigger("13", Some("b"), Kind::Finish, None);
        let attached = interactions.attach(&address("12"));
        assert_eq!(attached.hash().as_deref(), Some("a"));
        assert_eq!(
            customer_of(&interactions, r#""interaction_hash":"a""#),
            "12"
        );
        assert_eq!(interactions.attach(&address("13")).hash(), None);
        for id in 0..100 {
            interactions.on_trigger(&format!("x{id}"), Some("c"), Kind::Message, None);
        }
        assert_eq!(interactions.lock().hashes.unknown_hashes.len(), 9);
    }

    /// Sends a message to this customer over WhatsApp.
    fn write_over_whatsapp(
        interactions: &Arc<TestInteractions>,
        client_id: &str,
        external_id: &str,
    ) {
        let interaction = interactions.for_start(&address(client_id));
        let whatsapp = Request::WhatsApp(Box::new(WhatsApp {
            external_id: external_id.into(),
            ..WhatsApp::default()
        }));
        queue(&interaction, &whatsapp).unwrap();
        interaction.on_response(&whatsapp, &ResponseData::Nothing);
        interaction.on_completed(&whatsapp, true);
        assert_eq!(interaction.state(), State::Waiting);
    }

    #[test]
    fn a_whatsapp_id_resolves_to_its_client_id() {
        let interactions = empty_registry(9);
        write_over_whatsapp(&interactions, "12", "5511");
        assert_eq!(customer_of(&interactions, r#""external_id":5511"#), "12");
        let output = format!("{interactions:?}");
        assert!(!output.contains("5511"), "{output}");
    }

    #[test]
    fn only_the_oldest_whatsapp_ids_are_dropped() {
        let interactions = empty_registry(2);
        for (client_id, external_id) in [("12", "5511"), ("13", "5512"), ("14", "5513")] {
            write_over_whatsapp(&interactions, client_id, external_id);
        }
        assert_eq!(customer_of(&interactions, r#""external_id":5511"#), "");
        assert_eq!(customer_of(&interactions, r#""external_id":5512"#), "13");
        assert_eq!(customer_of(&interactions, r#""external_id":5513"#), "14");
    }

    #[test]
    fn the_last_two_hashes_of_a_customer_are_known() {
        let interactions = empty_registry(9);
        let interaction = started(&interactions, "12");
        for hash in 0..20 {
            interactions.assign_hash("12", &hash.to_string());
            interaction.on_completed(&Request::Finish, true);
            queue(&interaction, &start()).unwrap();
            interaction.on_sending(&start(), "1");
            interaction.on_completed(&start(), true);
        }
        interactions.assign_hash("12", "20");
        assert_eq!(interactions.lock().hashes.by_hash.len(), 2);
        interaction.on_completed(&Request::Finish, true);
        drop(interaction);
        assert!(interactions.lock().hashes.by_hash.is_empty());
    }

    #[test]
    fn attach_after_a_failed_start_restores_the_previous_hash() {
        let interactions = empty_registry(9);
        let interaction = started(&interactions, "12");
        interactions.assign_hash("12", "a");
        interaction.on_completed(&Request::Finish, true);
        queue(&interaction, &start()).unwrap();
        interaction.on_sending(&start(), "1");
        interaction.on_completed(&start(), false);
        assert_eq!(interaction.hash(), None);
        interactions.assign_hash("12", "a");
        assert_eq!(interaction.hash().as_deref(), Some("a"));
        interactions.on_trigger("12", Some("a"), Kind::Accepted, None);
        assert_eq!(interaction.state(), State::Active, "its triggers apply");
    }

    #[test]
    fn requests_queued_before_a_start_use_the_previous_hash() {
        let interactions = empty_registry(9);
        let interaction = started(&interactions, "12");
        interactions.assign_hash("12", "a");
        interaction.on_queued(&start(), "1", false).unwrap();
        assert_eq!(interaction.hash().as_deref(), Some("a"));
        interaction.on_completed(&Request::Finish, true);
        interaction.on_sending(&start(), "1");
        assert_eq!(
            (interaction.hash(), interaction.state()),
            (None, State::Starting)
        );
        interaction.on_completed(&start(), true);
        assert_eq!(interaction.state(), State::Waiting);
    }
}
