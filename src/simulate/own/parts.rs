//! Pieces of text by name, from which an author's requests are put together.

use std::collections::BTreeMap;

/// Alternatives by name.
pub(crate) type Parts = BTreeMap<String, Vec<String>>;
