//! Stores the open interactions if the option `store` is set.

#[cfg(feature = "store")]
pub use stored::InteractionTable;
#[cfg(not(feature = "store"))]
pub use unstored::InteractionTable;

#[cfg(feature = "store")]
mod stored {
    use std::sync::{Arc, OnceLock};

    use crate::interactions::interaction::{ExternalIds, InteractionData};
    use crate::interactions::state::State;
    use crate::store::{InteractionRow, Store};

    /// The open interactions in the store.
    #[derive(Debug, Default)]
    pub struct InteractionTable(OnceLock<Arc<Store>>);

    impl InteractionTable {
        /// Creates a table that stores nothing yet.
        pub fn new() -> Self {
            InteractionTable::default()
        }

        /// Uses this store from now on.
        pub fn open(&self, store: Arc<Store>) {
            // A client has one store, and opens it once.
            let _ = self.0.set(store);
        }

        /// Queues an open interaction for the next commit, or the deletion of a finished one (`None`). Does not block.
        pub fn update(&self, client_id: &Arc<str>, data: Option<&InteractionData>) {
            let Some(store) = self.0.get() else { return };
            let row = data.map(|data| InteractionRow {
                department: data.department.clone(),
                state: data.state as i32,
                since: data.since,
                bot_id: data.ids.as_ref().and_then(|ids| ids.bot_id.clone()),
                hash: data.hash().cloned(),
                external_id: data.ids.as_ref().and_then(|ids| ids.external_id.clone()),
                current_department: data
                    .ids
                    .as_ref()
                    .and_then(|ids| ids.current_department.clone()),
            });
            store.update_interaction(client_id.clone(), row);
        }
    }

    impl From<InteractionRow> for InteractionData {
        fn from(row: InteractionRow) -> Self {
            let states = State::ALL.into_iter();
            InteractionData {
                // An open interaction with an unknown state is active.
                state: states
                    .filter(|state| state.is_open())
                    .find(|state| *state as i32 == row.state)
                    .unwrap_or(State::Active),
                since: row.since,
                confirmed_at: row.since,
                department: row.department,
                starting_department: None,
                failed_start: None,
                ids: (row.bot_id.is_some()
                    || row.hash.is_some()
                    || row.external_id.is_some()
                    || row.current_department.is_some())
                .then(|| {
                    Box::new(ExternalIds {
                        bot_id: row.bot_id,
                        hash: row.hash,
                        previous_hash: None,
                        external_id: row.external_id,
                        current_department: row.current_department,
                    })
                }),
            }
        }
    }
}

#[cfg(not(feature = "store"))]
mod unstored {
    use std::sync::Arc;

    use crate::interactions::interaction::InteractionData;

    /// Stores nothing. This build has no store.
    #[derive(Debug)]
    pub struct InteractionTable;

    impl InteractionTable {
        /// Creates the table.
        pub fn new() -> Self {
            InteractionTable
        }

        /// Stores nothing.
        pub fn update(&self, _: &Arc<str>, _: Option<&InteractionData>) {}
    }
}
