//! A customer's personal data.

use serde::{Deserialize, Serialize};

use crate::wire::Redacted;

/// The data of a customer. Fields that are `None` are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The customer's name.
    pub name: Option<Redacted>,
    /// The customer's e-mail address.
    pub email: Option<Redacted>,
    /// The customer's telephone number.
    pub phone: Option<Redacted>,
    /// The customer's CPF, the Brazilian taxpayer number.
    pub cpf: Option<Redacted>,
}

impl Customer {
    /// Iterates over the fields that are set.
    pub fn fields(&self) -> impl Iterator<Item = &Redacted> {
        [&self.name, &self.email, &self.phone, &self.cpf]
            .into_iter()
            .flatten()
    }
}
