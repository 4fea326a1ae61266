//! Which account a store belongs to. What waits in it must not go out under the name of another one.

use ring::hmac;
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::wire::{Dialect, Redacted};

/// The account of a client: its token, and the service that knows it.
#[derive(Debug)]
pub struct Account {
    identity: Redacted,
    /// Whether a store of another account becomes this one's.
    pub may_take_over: bool,
}

/// Whose a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This account's.
    This,
    /// Another account's.
    Another,
    /// Nobody's: it is new, or of a version that did not note it.
    Nobody,
}

impl Account {
    /// The account of a token, which the service at `host` knows in `dialect`. The host's port is none of it: behind another
    /// one is the same service.
    pub fn new(token: &Redacted, dialect: Dialect, host: &str, may_take_over: bool) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let identity = format!("{}\n{host}\n{}", dialect.name(), token.expose());
        Account {
            identity: identity.into(),
            may_take_over,
        }
    }

    /// Whose the store is.
    pub fn owner(&self, store: &Connection) -> Result<Owner> {
        let noted = store
            .query_row("SELECT salt, tag FROM account", [], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        Ok(match noted {
            None => Owner::Nobody,
            Some((salt, tag)) => {
                match hmac::verify(&key(&salt), self.identity.expose().as_bytes(), &tag) {
                    Ok(()) => Owner::This,
                    Err(_) => Owner::Another,
                }
            }
        })
    }

    /// Makes the store this account's. A salt of its own keeps it from being compared with other stores.
    pub fn take_over(&self, store: &Connection) -> Result<()> {
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
