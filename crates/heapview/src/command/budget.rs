//! A budget: limits for a heap, in TOML.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::units::parse_size;

/// A size, written as a number of bytes or as text: 49152, "48K".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Size;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a size such as 49152 or \"48K\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Size, E> {
                u64::try_from(number).map(Size).map_err(|_| E::custom(format!("{number} is not a size")))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                parse_size(text).map(Size).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Limits; those that are not named do not hold.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Of the whole heap.
    #[serde(default)]
    pub heap: HeapLimits,
    /// Of kinds of objects, by their names.
    #[serde(default)]
    pub kinds: BTreeMap<String, KindLimits>,
}

/// Limits of the whole heap.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeapLimits {
    /// Bytes that may be in use.
    pub max_used: Option<Size>,
    /// Per cent of the heap that may be in use.
    pub max_used_percent: Option<f64>,
    /// Bytes that must be free.
    pub min_free: Option<Size>,
    /// Bytes that the largest hole must have.
    pub min_largest_hole: Option<Size>,
    /// Per cent of what is free that may lie outside the largest hole.
    pub max_fragmentation_percent: Option<f64>,
    /// How many objects there may be.
    pub max_objects: Option<u64>,
}

/// Limits of a kind of objects.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindLimits {
    /// Bytes that they may take.
    pub max_bytes: Option<Size>,
    /// How many there may be.
    pub max_objects: Option<u64>,
}

/// Reads a budget.
pub fn read(path: &Path) -> Result<Budget, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the budget {} cannot be read: {error}", path.display()))?;
    let budget: Budget = toml::from_str(&text).map_err(|error| format!("the budget {}: {error}", path.display()))?;
    if budget == Budget::default() {
        return Err(format!("the budget {} has no limit in it", path.display()));
    }
    Ok(budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_or_text() {
        let budget: Budget =
            toml::from_str("[heap]\nmax_used = \"48K\"\nmin_free = 100\n[kinds.list]\nmax_objects = 3").unwrap();
        assert_eq!((budget.heap.max_used, budget.heap.min_free), (Some(Size(49152)), Some(Size(100))));
        assert_eq!(budget.kinds["list"].max_objects, Some(3));
    }

    #[test]
    fn unknown_limits_are_errors() {
        for text in ["[heap]\nmax_usd = 1", "[heap]\nmax_used = \"much\"", "[heap]\nmax_used = -1", "heap = 1", "[x]"] {
            assert!(toml::from_str::<Budget>(text).is_err(), "{text}");
        }
    }
}
