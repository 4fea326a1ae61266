//! JSON objects with raw values. Digits of numbers are preserved, and the depth of a value does not matter.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::json::json_value::{parse_id, parse_string};

/// The fields of an object. If a key occurs twice, the last value is used.
pub struct JsonObject<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> JsonObject<'a> {
    /// Parses a text that is one object.
    pub fn parse(json: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(json).map(JsonObject)
    }

    /// Returns the value of this key.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.get(key).copied()
    }

    /// Returns the object of this key.
    pub fn object(&self, key: &str) -> Option<JsonObject<'a>> {
        JsonObject::parse(self.get(key)?.get()).ok()
    }

    /// Returns the items of the array of this key.
    pub fn array(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        parse_array(self.get(key)?)
    }

    /// Returns the objects in the array of this key.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = JsonObject<'a>> {
        let items = self.array(key).into_iter().flatten();
        items.filter_map(|item| JsonObject::parse(item.get()).ok())
    }

    /// Returns the string of this key.
    pub fn string(&self, key: &str) -> serde_json::Result<Option<String>> {
        self.get(key).map_or(Ok(None), parse_string)
    }

    /// Returns the id of this key: a string or the digits of a number.
    pub fn id(&self, key: &str) -> serde_json::Result<Option<String>> {
        self.get(key).map_or(Ok(None), parse_id)
    }

    /// Returns the number of this key. It may be written as a string.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.id(key).ok()??.parse().ok()
    }
}

/// Returns the items of an array, or `None` for any other value.
pub fn parse_array(json: &RawValue) -> Option<Vec<&RawValue>> {
    Vec::deserialize(json).ok()
}
