//! Events: [`event`] has the handle and the fields that all events have, [`event_details`] the fields of the later dialects,
//! and [`event_texts`] stores these fields in the application's encoding.

pub mod event;
pub mod event_details;
pub mod event_texts;
