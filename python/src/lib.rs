//! The module `omnize._omnize`: the Rust core as Python's package sees it. It has no public interface of its own; what
//! applications use is in `python/omnize/`.

#![deny(unsafe_code)]

mod bell;
mod client;
mod command;
mod conversation;
mod decompress;
mod done;
mod error;
mod event;
mod listener;
mod log;
mod options;
mod pool;
mod question;
mod text;
mod turns;
mod undelivered;
mod waiting;

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
    use crate::listener::SharedListener;
    #[pymodule_export]
    use crate::log::{log_level, take_log, wait_for_log};
    #[pymodule_export]
    use crate::options::option_table;
    #[pymodule_export]
    use crate::turns::Turns;
    #[pymodule_export]
    use crate::waiting::{ending, forked};

    /// The version of the library.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
