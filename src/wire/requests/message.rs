//! What a customer, an agent or a bot says: a text, or an image, a video, a sound or a file with an address.

use serde::{Deserialize, Serialize};

use crate::wire::Redacted;

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Message {
    /// The text; with media it may be empty.
    pub text: Redacted,
    /// What comes with it, where it is no mere text.
    pub media: Option<Media>,
    /// How large the media is, in bytes. Only an external bot says it.
    pub size: Option<u64>,
}

/// An image, a video, a sound or a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where it is.
    pub url: Redacted,
}

/// What kinds of media there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// An image.
    Image,
    /// A video.
    Video,
    /// A sound.
    Audio,
    /// Any file.
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

    /// The service's own word for it.
    pub fn name(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::File => "file",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<MediaKind> {
        MediaKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Message {
    /// Takes what it says out of a text that comes from elsewhere.
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

/// A message as it was written down: by the first version as its text alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(Redacted),
    Whole {
        text: Redacted,
        media: Option<Media>,
        size: Option<u64>,
    },
}

impl From<Written> for Message {
    fn from(written: Written) -> Self {
        match written {
            Written::Text(text) => text.into(),
            Written::Whole { text, media, size } => Message { text, media, size },
        }
    }
}
