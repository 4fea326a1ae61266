//! Messages of customers, agents and bots: a text, or an image, video, audio or other file with a URL.

use serde::{Deserialize, Serialize};

use crate::wire::Redacted;

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredMessage")]
pub struct Message {
    /// The text. With media it may be empty.
    pub text: Redacted,
    /// The attached file.
    pub media: Option<Media>,
    /// The size of the media, in bytes. Only an external bot sends it.
    pub size: Option<u64>,
}

/// An attached file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Image, video, audio or other file.
    pub kind: MediaKind,
    /// Its URL.
    pub url: Redacted,
}

/// The kind of an attached file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// An image.
    Image,
    /// A video.
    Video,
    /// An audio file.
    Audio,
    /// Any other file.
    File,
}

impl MediaKind {
    /// Every kind.
    pub const ALL: [MediaKind; 4] = [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::File,
    ];

    /// Returns the service's name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::File => "file",
        }
    }

    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<MediaKind> {
        MediaKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Message {
    /// Removes its text and its URL from another text.
    pub(crate) fn scrub(&self, text: &mut String) {
        self.text.scrub(text);
        if let Some(media) = &self.media {
            media.url.scrub(text);
        }
    }
}

impl<T: Into<Redacted>> From<T> for Message {
    fn from(text: T) -> Self {
        Message {
            text: text.into(),
            media: None,
            size: None,
        }
    }
}

/// A message as stored. The first version stored only the text.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredMessage {
    Text(Redacted),
    Full {
        text: Redacted,
        media: Option<Media>,
        size: Option<u64>,
    },
}

impl From<StoredMessage> for Message {
    fn from(stored: StoredMessage) -> Self {
        match stored {
            StoredMessage::Text(text) => text.into(),
            StoredMessage::Full { text, media, size } => Message { text, media, size },
        }
    }
}
