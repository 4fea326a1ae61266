//! The three generations of the service, which the sandbox tells apart by their URL paths.

pub(crate) mod contact;
pub(crate) mod gateway;
pub(crate) mod interactions;
pub(crate) mod request_fields;
pub(crate) mod rest;

use serde::Serialize;
use std::str::FromStr;

/// One generation of the service: its URLs, its requests and the form of its triggers.
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
    /// All of them, the oldest first.
    pub const ALL: [Dialect; 3] = [Dialect::Rest, Dialect::Gateway, Dialect::Interactions];

    /// The one that has external bots.
    pub const OF_BOTS: Dialect = Dialect::Interactions;

    /// Its name, as the command line and the ready line spell it.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Rest => "rest",
            Dialect::Gateway => "gateway",
            Dialect::Interactions => "interactions",
        }
    }

    /// What the base URL of this dialect has after the sandbox's own.
    pub(crate) fn base_path(self) -> &'static str {
        match self {
            Dialect::Rest => rest::PATH,
            Dialect::Gateway => gateway::PATH,
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
