//! The names of the dialects.

/// A generation of the service's protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The protocol of 2017, from the service's own page.
    #[default]
    Rest,
    /// The protocol of 2018: as `rest`, with bots and a list of departments.
    Gateway,
    /// The current protocol.
    Interactions,
}

impl Dialect {
    /// Every dialect, the oldest first.
    pub const ALL: [Dialect; 3] = [Dialect::Rest, Dialect::Gateway, Dialect::Interactions];
    /// Their names, in the same order.
    pub const NAMES: [&'static str; 3] = ["rest", "gateway", "interactions"];

    /// Returns the dialect's name, as in the option `dialect`.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Returns the dialect with this name.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL
            .into_iter()
            .find(|dialect| dialect.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_returns_its_dialect() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
        assert_eq!(Dialect::from_name("soap"), None);
    }
}
