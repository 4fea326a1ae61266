//! Keeps triggers until the application has them: in memory, or on disk first where the option `store` is set.

#[cfg(not(feature = "store"))]
pub use memory::Keeper;
#[cfg(feature = "store")]
pub use stored::Keeper;

#[cfg(feature = "store")]
mod stored {
    use std::path::Path;
    use std::sync::Arc;

    use crate::config::Settings;
    use crate::error::{Error, Result};
    use crate::receiving::event::{Receipt, Waiting};
    use crate::receiving::inbox::Inbox;
    use crate::store::{Record, Store};
    use crate::wire::{self, Trigger};

    /// Where triggers are kept.
    #[derive(Debug)]
    pub struct Keeper {
        store: Option<Arc<Store>>,
        /// Whether letting go of an event means that it was handled.
        auto_ack: bool,
    }

    impl Keeper {
        /// Opens the store, if there is to be one, and puts what waits in it into the inbox.
        pub fn open(settings: &Settings, inbox: &Inbox) -> Result<Self> {
            let store = match &settings.store {
                Some(path) => {
                    let (store, waiting) = Store::open(Path::new(path))?;
                    for (number, record) in waiting {
                        restore(inbox, number, record);
                    }
                    Some(Arc::new(store))
                }
                None => None,
            };
            Ok(Keeper {
                store,
                auto_ack: settings.auto_ack,
            })
        }

        /// Keeps a trigger for the inbox, and then calls `kept`.
        pub fn keep(
            &self,
            inbox: &Arc<Inbox>,
            trigger: Trigger,
            content_type: Option<&str>,
            received_at: i64,
            kept: impl FnOnce(Result<()>) + Send + 'static,
        ) {
            let Some(store) = &self.store else {
                return kept(inbox.push(trigger, received_at).map_err(Error::from));
            };
            if let Err(turned) = inbox.reserve() {
                return kept(Err(turned.into()));
            }
            let record = Record {
                received_at,
                content_type: content_type.map(str::to_owned),
                body: trigger.raw.clone(),
            };
            let inbox = inbox.clone();
            store.keep(
                record,
                Box::new(move |written| match written {
                    Ok(sequence) => {
                        inbox.fill(Waiting {
                            trigger,
                            sequence,
                            received_at,
                            redelivered: false,
                        });
                        kept(Ok(()));
                    }
                    Err(error) => {
                        inbox.give_up();
                        kept(Err(error));
                    }
                }),
            );
        }

        /// What is signed when the event of this sequence was handled.
        pub fn receipt(&self, sequence: u64) -> Receipt {
            Receipt::new(self.store.clone(), sequence, self.auto_ack)
        }

        /// Lets go of the store.
        pub fn close(&self) {
            if let Some(store) = &self.store {
                store.close();
            }
        }
    }

    fn restore(inbox: &Inbox, sequence: u64, record: Record) {
        match wire::rest::decode(record.body, record.content_type.as_deref()) {
            Ok(trigger) => inbox.restore(Waiting {
                trigger,
                sequence,
                received_at: record.received_at,
                redelivered: true,
            }),
            // It was read once, when it was received, so this is a file that somebody else has written to.
            Err(why) => log::error!("record {sequence} of the store is left there: {why}"),
        }
    }
}

#[cfg(not(feature = "store"))]
mod memory {
    use std::sync::Arc;

    use crate::config::Settings;
    use crate::error::{Error, Result};
    use crate::receiving::event::Receipt;
    use crate::receiving::inbox::Inbox;
    use crate::status::Status;
    use crate::wire::Trigger;

    /// Keeps nothing: this build has no store.
    #[derive(Debug)]
    pub struct Keeper;

    impl Keeper {
        /// Fails where a store is asked for.
        pub fn open(settings: &Settings, _: &Inbox) -> Result<Self> {
            match settings.store {
                Some(_) => Err(Error::new(
                    Status::Unsupported,
                    "this build has no store; leave the option store unset",
                )),
                None => Ok(Keeper),
            }
        }

        /// Puts a trigger into the inbox, and then calls `kept`.
        pub fn keep(
            &self,
            inbox: &Arc<Inbox>,
            trigger: Trigger,
            _: Option<&str>,
            received_at: i64,
            kept: impl FnOnce(Result<()>) + Send + 'static,
        ) {
            kept(inbox.push(trigger, received_at).map_err(Error::from));
        }

        /// Nothing to sign.
        pub fn receipt(&self, _: u64) -> Receipt {
            Receipt
        }

        /// Nothing to let go of.
        pub fn close(&self) {}
    }
}
