//! The query string of a URL.

use percent_encoding::percent_decode_str;

/// The decoded pairs of a query string.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(query: &str) -> Query {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| match pair.split_once('=') {
                Some((name, value)) => (decode(name), decode(value)),
                None => (decode(pair), String::new()),
            });
        Query(pairs.collect())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("{name} is not a whole number; expected 0 or more"))
        };
        self.get(name).map(parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_query() {
        let query = Query::parse("after=12&token=a%2Bb+c&wait=soon&&flag");
        assert_eq!(query.number("after"), Ok(Some(12)));
        assert_eq!(query.number("none"), Ok(None));
        assert_eq!(
            query.number("wait"),
            Err("wait is not a whole number; expected 0 or more".to_owned())
        );
        assert_eq!(query.get("token"), Some("a+b c"));
        assert_eq!(query.get("flag"), Some(""));
    }
}
