//! The placeholders `{content}`, `{clientId}`, `{customerName}` and `{hash}` in the texts of a scenario.

/// The values of the placeholders.
pub(crate) struct TemplateValues<'a> {
    pub content: &'a str,
    pub client_id: &'a str,
    /// Empty if the start contains no name.
    pub customer_name: &'a str,
    /// The interaction's UUID.
    pub hash: &'a str,
}

pub(crate) const PLACEHOLDERS: [&str; 4] = ["content", "clientId", "customerName", "hash"];

impl TemplateValues<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "content" => Some(self.content),
            "clientId" => Some(self.client_id),
            "customerName" => Some(self.customer_name),
            "hash" => Some(self.hash),
            _ => None,
        }
    }

    /// Replaces the placeholders. Placeholders inside a value are not replaced.
    pub fn render(&self, template: &str) -> String {
        self.render_with(template, str::to_owned)
    }

    /// As `render`, for a JSON text: values are escaped.
    pub fn render_json(&self, template: &str) -> String {
        self.render_with(template, |value| {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        })
    }

    fn render_with(&self, template: &str, escape: impl Fn(&str) -> String) -> String {
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

/// Returns the names in braces that consist of letters only, valid or not.
pub(crate) fn placeholder_names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|from| {
        let (name, _) = from.split_once('}')?;
        (!name.is_empty() && name.chars().all(char::is_alphabetic)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: TemplateValues = TemplateValues {
        content: "say \"{clientId}\"",
        client_id: "12",
        customer_name: "",
        hash: "h",
    };

    #[test]
    fn only_known_placeholders_are_replaced() {
        assert_eq!(
            VALUES.render("{clientId}: {content}{customerName} {x} {{clientId}} {"),
            "12: say \"{clientId}\" {x} {12} {"
        );
        assert_eq!(VALUES.render("no placeholder"), "no placeholder");
    }

    #[test]
    fn values_in_json_are_escaped() {
        assert_eq!(
            VALUES.render_json(r#"{"message":"{content}"}"#),
            r#"{"message":"say \"{clientId}\""}"#
        );
    }

    #[test]
    fn placeholder_names_are_found() {
        assert_eq!(
            placeholder_names("{a} {b c} {} {customerName} {").collect::<Vec<_>>(),
            ["a", "customerName"]
        );
    }
}
