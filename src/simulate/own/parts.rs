//! Named pieces of text that an author's requests are composed of.

use std::collections::BTreeMap;

/// Alternatives by name.
pub(crate) type Parts = BTreeMap<String, Vec<String>>;
