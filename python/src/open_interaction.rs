//! An open interaction, as the package gets it.

use omnize::OpenInteraction;

/// Client id, department, state, the time of the last state change in seconds since 1970, and the current department.
pub type OpenInteractionFields = (String, String, &'static str, f64, String);

/// Converts an open interaction.
pub fn to_fields(open: OpenInteraction) -> OpenInteractionFields {
    (
        open.client_id,
        open.department,
        open.state.name(),
        open.since as f64 / 1000.0,
        open.current_department,
    )
}
