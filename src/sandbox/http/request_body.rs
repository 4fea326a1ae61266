//! Reads request bodies up to a limit.

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};

/// The size of the largest accepted body.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The part of a larger body that is read and discarded. Without that, a client that is still writing would see a reset
/// connection instead of the 413.
const MAX_DISCARDED_BYTES: usize = 64 * MAX_BODY_BYTES;

pub(crate) enum RequestBody {
    Complete(Bytes),
    TooLarge,
}

pub(crate) async fn read_body(mut body: Incoming) -> Result<RequestBody, hyper::Error> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= MAX_BODY_BYTES {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DISCARDED_BYTES {
            break;
        }
    }
    Ok(if length <= MAX_BODY_BYTES {
        RequestBody::Complete(Bytes::from(bytes))
    } else {
        RequestBody::TooLarge
    })
}
