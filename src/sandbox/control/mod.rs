//! Control API and portal page.

pub(crate) mod control_api;
pub(crate) mod faults;
pub(crate) mod portal;
