//! Texts with placeholders: `{content}`, `{clientId}`, `{customerName}` and `{hash}` in what a scenario's agent says.

/// What a placeholder stands for while one cue is played.
pub(crate) struct Values<'a> {
    pub content: &'a str,
    pub client_id: &'a str,
    /// Empty when the customer gave no name.
    pub customer_name: &'a str,
    /// The interaction's UUID.
    pub hash: &'a str,
}

pub(crate) const PLACEHOLDERS: [&str; 4] = ["content", "clientId", "customerName", "hash"];

impl Values<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "content" => Some(self.content),
            "clientId" => Some(self.client_id),
            "customerName" => Some(self.customer_name),
            "hash" => Some(self.hash),
            _ => None,
        }
    }

    /// The text with its placeholders filled in. What was filled in is not looked at again.
    pub fn fill(&self, template: &str) -> String {
        self.fill_with(template, str::to_owned)
    }

    /// The same inside JSON, where a value must keep to its string.
    pub fn fill_json(&self, template: &str) -> String {
        self.fill_with(template, |value| {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        })
    }

    fn fill_with(&self, template: &str, escape: impl Fn(&str) -> String) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            filled.push_str(before);
            let value = from[1..]
                .split_once('}')
                .and_then(|(name, after)| Some((self.get(name)?, after)));
            rest = match value {
                Some((value, after)) => {
                    filled.push_str(&escape(value));
                    after
                }
                None => {
                    filled.push('{');
                    &from[1..]
                }
            };
        }
        filled.push_str(rest);
        filled
    }
}

/// The names between braces that look meant as placeholders: letters only.
pub(crate) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|from| {
        let (name, _) = from.split_once('}')?;
        (!name.is_empty() && name.chars().all(char::is_alphabetic)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values = Values {
        content: "say \"{clientId}\"",
        client_id: "12",
        customer_name: "",
        hash: "h",
    };

    #[test]
    fn fills_in_what_it_knows_once_and_leaves_the_rest() {
        assert_eq!(
            VALUES.fill("{clientId}: {content}{customerName} {x} {{clientId}} {"),
            "12: say \"{clientId}\" {x} {12} {"
        );
        assert_eq!(VALUES.fill("no placeholder"), "no placeholder");
    }

    #[test]
    fn a_value_keeps_to_its_json_string() {
        assert_eq!(
            VALUES.fill_json(r#"{"message":"{content}"}"#),
            r#"{"message":"say \"{clientId}\""}"#
        );
    }

    #[test]
    fn finds_the_names() {
        assert_eq!(
            names("{a} {b c} {} {customerName} {").collect::<Vec<_>>(),
            ["a", "customerName"]
        );
    }
}
