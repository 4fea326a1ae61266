//! The open interactions on disk, where the option `store` is set.

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

    /// Where open interactions are written down.
    #[derive(Debug, Default)]
    pub struct InteractionTable(OnceLock<Arc<Store>>);

    impl InteractionTable {
        /// One that is written down nowhere.
        pub fn new() -> Self {
            InteractionTable::default()
        }

        /// Writes into this store from now on.
        pub fn open(&self, store: Arc<Store>) {
            // A client has one store, which is opened once.
            let _ = self.0.set(store);
        }

        /// Has the place of an open interaction written down, or that it is over. Never waits.
        pub fn note(&self, client_id: &Arc<str>, place: Option<&InteractionData>) {
            let Some(store) = self.0.get() else { return };
            let page = place.map(|place| InteractionRow {
                department: place.department.clone(),
                state: place.state as i32,
                since: place.since,
                bot_id: place
                    .called
                    .as_ref()
                    .and_then(|called| called.bot_id.clone()),
                hash: place.hash().cloned(),
                external_id: place
                    .called
                    .as_ref()
                    .and_then(|called| called.external_id.clone()),
            });
            store.note(client_id.clone(), page);
        }
    }

    impl From<InteractionRow> for InteractionData {
        fn from(page: InteractionRow) -> Self {
            let states = State::ALL.into_iter();
            InteractionData {
                // An open one of which this version knows no more than that is one that runs.
                state: states
                    .filter(|state| state.is_open())
                    .find(|state| *state as i32 == page.state)
                    .unwrap_or(State::Active),
                since: page.since,
                department: page.department,
                called: (page.bot_id.is_some()
                    || page.hash.is_some()
                    || page.external_id.is_some())
                .then(|| {
                    Box::new(ExternalIds {
                        bot_id: page.bot_id,
                        hash: page.hash,
                        hash_before: None,
                        external_id: page.external_id,
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

    /// Nothing is written down in this build.
    #[derive(Debug)]
    pub struct InteractionTable;

    impl InteractionTable {
        /// The only one.
        pub fn new() -> Self {
            InteractionTable
        }

        /// Writes nothing.
        pub fn note(&self, _: &Arc<str>, _: Option<&InteractionData>) {}
    }
}
