//! The three generations of the service. The sandbox distinguishes them by their URL paths.

use serde::Serialize;
use std::str::FromStr;

pub(crate) const REST_PATH: &str = "/api/rest/v1";
pub(crate) const GATEWAY_PATH: &str = "/client-gateway/api/rest/v1";

/// A generation of the service: its URLs, its requests and the form of its triggers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Dialect {
    /// `POST /api/rest/v1`
    #[default]
    Rest,
    /// `POST /client-gateway/api/rest/v1`
    Gateway,
    /// `/core/api/v1/…` and `/api/external/…`
    Interactions,
}

impl Dialect {
    /// All dialects, the oldest first.
    pub const ALL: [Dialect; 3] = [Dialect::Rest, Dialect::Gateway, Dialect::Interactions];

    /// The only dialect with external bots.
    pub const WITH_BOTS: Dialect = Dialect::Interactions;

    /// Returns the name that the command line and the ready line use.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Rest => "rest",
            Dialect::Gateway => "gateway",
            Dialect::Interactions => "interactions",
        }
    }

    /// Returns the path of this dialect's base URL.
    pub(crate) fn base_path(self) -> &'static str {
        match self {
            Dialect::Rest => REST_PATH,
            Dialect::Gateway => GATEWAY_PATH,
            Dialect::Interactions => "",
        }
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Dialect, String> {
        Dialect::ALL
            .into_iter()
            .find(|dialect| dialect.name() == name)
            .ok_or_else(|| "expected rest, gateway or interactions".to_owned())
    }
}
