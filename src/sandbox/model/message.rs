//! A message of either side: a text, or an image, video, audio or file with a URL.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub kind: MessageKind,
    /// The text, or the caption of a medium, which may be empty.
    pub content: String,
    /// The URL of a medium; absent for a text.
    pub url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MessageKind {
    Text,
    Image,
    Video,
    Audio,
    File,
}

impl MessageKind {
    pub const NAMES: [(&'static str, MessageKind); 5] = [
        ("text", MessageKind::Text),
        ("image", MessageKind::Image),
        ("video", MessageKind::Video),
        ("audio", MessageKind::Audio),
        ("file", MessageKind::File),
    ];

    pub fn from_name(name: &str) -> Option<MessageKind> {
        MessageKind::NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| kind)
    }
}

impl Message {
    pub fn text(content: impl Into<String>) -> Message {
        Message {
            kind: MessageKind::Text,
            content: content.into(),
            url: None,
        }
    }

    /// Returns the message as text: the caption and the URL, on separate lines.
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
    fn a_medium_as_text_contains_caption_and_url() {
        let image = |content: &str| Message {
            kind: MessageKind::Image,
            content: content.to_owned(),
            url: Some("https://a/b.png".to_owned()),
        };
        assert_eq!(image("see").as_text(), "see\nhttps://a/b.png");
        assert_eq!(image("").as_text(), "https://a/b.png");
        assert_eq!(Message::text("oi").as_text(), "oi");
    }
}
