//! The module `omnize._omnize`: the Rust core as Python's package sees it. It has no public interface of its own; what
//! applications use is in `python/omnize/`.

#![deny(unsafe_code)]

mod client;
mod command;
mod error;
mod event;
mod waiting;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _omnize {
    #[pymodule_export]
    use crate::client::Core;
    #[pymodule_export]
    use crate::command::run_command;

    /// The version of the library.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
