//! A message of either side: a text, or a picture, video, sound or file that is somewhere on the web.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub kind: Kind,
    /// The text; of a medium what is said beside it, which may be nothing.
    pub content: String,
    /// Where a medium is; a text has none.
    pub url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Text,
    Image,
    Video,
    Audio,
    File,
}

impl Kind {
    pub const NAMES: [(&'static str, Kind); 5] = [
        ("text", Kind::Text),
        ("image", Kind::Image),
        ("video", Kind::Video),
        ("audio", Kind::Audio),
        ("file", Kind::File),
    ];

    pub fn of(name: &str) -> Option<Kind> {
        Kind::NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| kind)
    }
}

impl Message {
    pub fn text(content: impl Into<String>) -> Message {
        Message {
            kind: Kind::Text,
            content: content.into(),
            url: None,
        }
    }

    /// The message where only text can go: what was said and where the medium is, on a line each.
    pub fn as_text(&self) -> String {
        match &self.url {
            None => self.content.clone(),
            Some(url) if self.content.is_empty() => url.clone(),
            Some(url) => format!("{}\n{url}", self.content),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_as_text_keeps_what_was_said_and_where_it_is() {
        let image = |content: &str| Message {
            kind: Kind::Image,
            content: content.to_owned(),
            url: Some("https://a/b.png".to_owned()),
        };
        assert_eq!(image("see").as_text(), "see\nhttps://a/b.png");
        assert_eq!(image("").as_text(), "https://a/b.png");
        assert_eq!(Message::text("oi").as_text(), "oi");
    }
}
