//! The mechanics of every exported function.
//!
//! [`guard`] runs the body of a function: it stops panics and turns errors into statuses ([`status_code`]). An error gets a
//! handle ([`error_handle`]) if the caller asked for one. The body looks up handles in tables ([`handle`], [`list`]), and
//! reads and writes texts ([`text`]).

pub mod error_handle;
pub(crate) mod guard;
pub(crate) mod handle;
pub(crate) mod list;
pub(crate) mod static_table;
pub mod status_code;
pub(crate) mod text;
