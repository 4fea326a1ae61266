//! JSON objects whose values stay as they were written: digits are kept, and no depth of a value matters.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::json::json_value::{id, text};

/// The fields of an object. Of a key that stands twice, the last counts.
pub struct JsonObject<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> JsonObject<'a> {
    /// Reads a text that is one object.
    pub fn read(json: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(json).map(JsonObject)
    }

    /// The value of this key.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.get(key).copied()
    }

    /// The object of this key.
    pub fn within(&self, key: &str) -> Option<JsonObject<'a>> {
        JsonObject::read(self.get(key)?.get()).ok()
    }

    /// The items of the array of this key.
    pub fn list(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        list(self.get(key)?)
    }

    /// The objects among the items of the array of this key.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = JsonObject<'a>> {
        let items = self.list(key).into_iter().flatten();
        items.filter_map(|item| JsonObject::read(item.get()).ok())
    }

    /// The string of this key.
    pub fn text(&self, key: &str) -> serde_json::Result<Option<String>> {
        self.get(key).map_or(Ok(None), text)
    }

    /// The id of this key, which is a string or the digits of a number.
    pub fn id(&self, key: &str) -> serde_json::Result<Option<String>> {
        self.get(key).map_or(Ok(None), id)
    }

    /// The number of this key, which may be written as a string.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.id(key).ok()??.parse().ok()
    }
}

/// The items of an array; `None` for any other value.
pub fn list(json: &RawValue) -> Option<Vec<&RawValue>> {
    Vec::deserialize(json).ok()
}
