//! The form of the department list of `gateway`. The service's pages show no example of it.

use serde_json::{Value, json};
use std::str::FromStr;

/// The form of the department list of `gateway`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DepartmentListFormat {
    /// An array.
    #[default]
    Array,
    /// An object with the array in its field `departments`.
    Departments,
    /// An object with the array in its field `data`.
    Data,
}

impl FromStr for DepartmentListFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<DepartmentListFormat, String> {
        match name {
            "array" => Ok(DepartmentListFormat::Array),
            "departments" => Ok(DepartmentListFormat::Departments),
            "data" => Ok(DepartmentListFormat::Data),
            _ => Err("expected array, departments or data".to_owned()),
        }
    }
}

impl DepartmentListFormat {
    /// Returns the list in this form.
    pub(crate) fn wrap(self, list: Value) -> Value {
        match self {
            DepartmentListFormat::Array => list,
            DepartmentListFormat::Departments => json!({ "departments": list }),
            DepartmentListFormat::Data => json!({ "data": list }),
        }
    }
}
