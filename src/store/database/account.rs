//! The account of a store. A stored request must not be sent with the token of another account.

use ring::hmac;
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::wire::{Dialect, Redacted};

/// The account of a client: its token, its dialect and the host of its service.
#[derive(Debug)]
pub struct Account {
    identity: Redacted,
    /// Whether to move a store of another account to this one.
    pub may_claim: bool,
}

/// The owner of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This account.
    ThisAccount,
    /// Another account.
    OtherAccount,
    /// No account: the store is new, or an earlier version wrote it.
    Unset,
}

impl Account {
    /// Creates the account of a token at a host. The port is not a part of the account: each port has the same service.
    pub fn new(token: &Redacted, dialect: Dialect, host: &str, may_claim: bool) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let identity = format!("{}\n{host}\n{}", dialect.name(), token.expose());
        Account {
            identity: identity.into(),
            may_claim,
        }
    }

    /// Returns the owner of the store.
    pub fn owner(&self, store: &Connection) -> Result<Owner> {
        let stored = store
            .query_row("SELECT salt, tag FROM account", [], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        Ok(match stored {
            None => Owner::Unset,
            Some((salt, tag)) => {
                match hmac::verify(&key(&salt), self.identity.expose().as_bytes(), &tag) {
                    Ok(()) => Owner::ThisAccount,
                    Err(_) => Owner::OtherAccount,
                }
            }
        })
    }

    /// Makes this account the owner. A random salt prevents a comparison with other stores.
    pub fn claim(&self, store: &Connection) -> Result<()> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|_| rusqlite::Error::InvalidQuery)?;
        let tag = hmac::sign(&key(&salt), self.identity.expose().as_bytes());
        store.execute("DELETE FROM account", [])?;
        store
            .execute(
                "INSERT INTO account (salt, tag) VALUES (?1, ?2)",
                params![&salt[..], tag.as_ref()],
            )
            .map(drop)
    }
}

fn key(salt: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, salt)
}
