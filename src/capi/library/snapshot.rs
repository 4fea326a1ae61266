//! The statistics of a client at one moment.

use std::ffi::c_char;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::library::statistic;
use crate::error::{Error, Result};
use crate::statistics::{LATENCY_BUCKETS, Snapshot};
use crate::status::Status;

/// All statistics of a client at one moment, with the durations of its requests.
///
/// - The buckets are a histogram: each contains the number of attempts that took no longer than its limit, and longer
///   than the limit of the bucket before it. An attempt begins with its connection, and ends with the end of its
///   response or with its failure. Attempts that wrote no byte of their request are in no bucket.
/// - A snapshot contains no client id, token, path or text.
/// - The functions of a snapshot are thread-safe and do not block.
pub struct omnize_snapshot {
    _opaque: [u8; 0],
}

static SNAPSHOTS: HandleTable<omnize_snapshot, SnapshotObject> =
    HandleTable::new(HandleType::Snapshot);

struct SnapshotObject {
    snapshot: Snapshot,
    json: OnceLock<OutText>,
    prometheus: OnceLock<OutText>,
}

/// Copies the statistics of a client, which count from its opening.
///
/// - The statistics of rejected requests include those of the client's own listener.
/// - The values do not change after the call. They are read one by one, so a request that ends during the call may be
///   missing in some of them.
/// - The application owns the snapshot and frees it with omnize_snapshot_free().
/// - A closed client still has its statistics.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `snapshot` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_snapshot(
    client: *const omnize_client,
    snapshot: *mut *mut omnize_snapshot,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        let out = text::required_out("snapshot", snapshot)?;
        *out = SNAPSHOTS.insert(Arc::new(SnapshotObject {
            snapshot: object.client.snapshot()?,
            json: OnceLock::new(),
            prometheus: OnceLock::new(),
        }))?;
        Ok(())
    })
}

/// Writes the value of a statistic to `value`.
///
/// - omnize_statistic_name() lists the names.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: there is no such statistic, or `name` or `value` is NULL.
/// - OMNIZE_E_ENCODING: `name` is not UTF-8.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_value(
    snapshot: *const omnize_snapshot,
    name: *const c_char,
    value: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = SNAPSHOTS.get(snapshot)?;
        let value = text::required_out("value", value)?;
        *value = object.snapshot.get(statistic::find(name)?) as i64;
        Ok(())
    })
}

/// Returns the number of buckets, or 0 if `snapshot` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_bucket_count(snapshot: *const omnize_snapshot) -> i64 {
    guard::value(0, || {
        SNAPSHOTS.get(snapshot)?;
        Ok(LATENCY_BUCKETS as i64)
    })
}

/// Returns the limit of the bucket at `index` in milliseconds. Returns -1 for the last bucket, which has no limit, and if
/// `index` is out of range or `snapshot` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_bucket_limit(
    snapshot: *const omnize_snapshot,
    index: i64,
) -> i64 {
    guard::value(-1, || {
        let (limit, _) = bucket(snapshot, index)?;
        Ok(limit.map_or(-1, |limit| limit.as_millis() as i64))
    })
}

/// Returns the number of attempts in the bucket at `index`, or 0 if `index` is out of range or `snapshot` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_bucket_attempts(
    snapshot: *const omnize_snapshot,
    index: i64,
) -> i64 {
    guard::value(0, || Ok(bucket(snapshot, index)?.1 as i64))
}

/// Returns the duration of the attempts in all buckets, in seconds, or 0 if `snapshot` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_total_seconds(snapshot: *const omnize_snapshot) -> f64 {
    guard::value(0.0, || {
        let object = SNAPSHOTS.get(snapshot)?;
        Ok(object.snapshot.latency().total().as_secs_f64())
    })
}

/// Returns the statistics as a JSON object. Returns NULL if `snapshot` is invalid, or there is no memory for the text.
///
/// - The object has a number for each statistic, and an object `latency` with `attempts`, `seconds` and `buckets`. Each
///   bucket has `limit`, in seconds or null, and `attempts`.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is ASCII, and valid until the snapshot is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_json(
    snapshot: *const omnize_snapshot,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = SNAPSHOTS.get(snapshot)?;
        to_c(&object.json, || object.snapshot.to_json(), length)
    })
}

/// Returns the statistics in the text format of Prometheus, version 0.0.4. Returns NULL if `snapshot` is invalid, or
/// there is no memory for the text.
///
/// - The option listen.metrics serves the same text at the listener.
/// - The Content-Type is text/plain; version=0.0.4; charset=utf-8.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is ASCII, and valid until the snapshot is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_prometheus(
    snapshot: *const omnize_snapshot,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = SNAPSHOTS.get(snapshot)?;
        to_c(
            &object.prometheus,
            || object.snapshot.to_prometheus(),
            length,
        )
    })
}

/// Frees a snapshot.
///
/// Does nothing if `snapshot` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_snapshot_free(snapshot: *mut omnize_snapshot) {
    guard::value((), || SNAPSHOTS.remove(snapshot).map(drop))
}

fn bucket(snapshot: *const omnize_snapshot, index: i64) -> Result<(Option<Duration>, u64)> {
    let object = SNAPSHOTS.get(snapshot)?;
    let index_or_end = usize::try_from(index).unwrap_or(usize::MAX);
    let found = object.snapshot.latency().buckets().nth(index_or_end);
    found.ok_or_else(|| {
        Error::new(
            Status::Argument,
            format!("the index {index} is out of range"),
        )
    })
}

/// Returns the text, which is rendered once.
fn to_c(
    text: &OnceLock<OutText>,
    render: impl FnOnce() -> String,
    length: *mut i64,
) -> Result<*const c_char> {
    if let Some(rendered) = text.get() {
        return Ok(rendered.to_c(length));
    }
    let rendered = OutText::copy(render().as_bytes())?;
    Ok(text.get_or_init(|| rendered).to_c(length))
}
