//! The numbers of the kinds of media.

use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::MediaKind;

/// No media, only text.
pub const OMNIZE_MEDIA_NONE: i32 = 0;
/// An image.
pub const OMNIZE_MEDIA_IMAGE: i32 = 1;
/// A video.
pub const OMNIZE_MEDIA_VIDEO: i32 = 2;
/// An audio recording.
pub const OMNIZE_MEDIA_AUDIO: i32 = 3;
/// Any file.
pub const OMNIZE_MEDIA_FILE: i32 = 4;

/// Returns the number of a kind.
pub(crate) fn number_of(kind: MediaKind) -> i32 {
    match kind {
        MediaKind::Image => OMNIZE_MEDIA_IMAGE,
        MediaKind::Video => OMNIZE_MEDIA_VIDEO,
        MediaKind::Audio => OMNIZE_MEDIA_AUDIO,
        MediaKind::File => OMNIZE_MEDIA_FILE,
    }
}

/// Returns the kind of a number; `None` for no media.
pub(crate) fn kind_of(number: i32) -> Result<Option<MediaKind>> {
    if number == OMNIZE_MEDIA_NONE {
        return Ok(None);
    }
    let found = MediaKind::ALL
        .into_iter()
        .find(|kind| number_of(*kind) == number);
    found.map(Some).ok_or_else(|| {
        Error::new(
            Status::Argument,
            format!("there is no media kind {number}; pass an OMNIZE_MEDIA_ value"),
        )
    })
}
