//! The module `omnize._omnize`: the Rust core as Python's package sees it. It has no public interface of its own; what
//! applications use is in `python/omnize/`.

#![deny(unsafe_code)]

mod account_queries;
mod client;
mod command;
mod completions;
mod conversation;
mod decompress;
mod error;
mod event;
mod event_fd;
mod interruptible;
mod leases;
mod listener;
mod log;
mod options;
mod text_argument;
mod thread_pool;
mod undelivered;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _omnize {
    #[pymodule_export]
    use crate::client::Core;
    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::conversation::Chat;
    #[pymodule_export]
    use crate::decompress::decompress;
    #[pymodule_export]
    use crate::event::{Receipt, parse_trigger};
    #[pymodule_export]
    use crate::interruptible::{ending, forked};
    #[pymodule_export]
    use crate::leases::EventCursor;
    #[pymodule_export]
    use crate::listener::SharedListener;
    #[pymodule_export]
    use crate::log::{log_level, take_log, wait_for_log};
    #[pymodule_export]
    use crate::options::option_table;

    /// The version of the library.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
