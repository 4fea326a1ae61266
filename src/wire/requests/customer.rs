//! Who the customer is.

use serde::{Deserialize, Serialize};

use crate::wire::Redacted;

/// What the application tells the service of its customer. Fields that are `None` are not sent.
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
    /// The fields that were given.
    pub fn given(&self) -> impl Iterator<Item = &Redacted> {
        [&self.name, &self.email, &self.phone, &self.cpf]
            .into_iter()
            .flatten()
    }
}
