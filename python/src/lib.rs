//! The module `omnize._omnize`: the Rust core for the Python package. Its interface is private; applications use the package in
//! `python/package/omnize/`.
//!
//! The package opens a [`Core`](client::Core) for each client and a [`Chat`](conversation::Chat) for each conversation. Requests
//! are built from their [fields](request_fields) and sent through [threads], which let Python handle signals and event loops
//! continue. Events are converted by [events], errors by [error]. [`log`] forwards the log. [python_message] converts messages.

#![deny(unsafe_code)]

mod account_queries;
mod client;
mod command;
mod content_coding;
mod conversation;
mod error;
mod events;
mod listener;
mod log;
mod open_interaction;
mod options;
mod outbox;
mod python_message;
mod request_fields;
mod snapshot;
mod text_argument;
mod threads;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _omnize {
    #[pymodule_export]
    use crate::client::Core;
    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::content_coding::decode_body;
    #[pymodule_export]
    use crate::conversation::Chat;
    #[pymodule_export]
    use crate::events::event::{Receipt, parse_trigger};
    #[pymodule_export]
    use crate::events::event_cursor::EventCursor;
    #[pymodule_export]
    use crate::listener::SharedListener;
    #[pymodule_export]
    use crate::log::{set_log_level, take_log, wait_for_log};
    #[pymodule_export]
    use crate::options::option_table;
    #[pymodule_export]
    use crate::outbox::Outbox;
    #[pymodule_export]
    use crate::snapshot::Snapshot;
    #[pymodule_export]
    use crate::threads::fork_generation::mark_forked;
    #[pymodule_export]
    use crate::threads::interruptible::mark_finalizing;

    /// The version of the library.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
