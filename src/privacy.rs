//! Pseudonym keys and keyed digests: the only way for text to become an identifier.
//!
//! Uses only `domain`. Knows nothing of detection.

mod digester;
mod key;
mod pseudonymizer;
mod purpose;

pub(crate) use digester::Digester;
pub use key::PseudonymKey;
pub use pseudonymizer::Pseudonymizer;
pub(crate) use purpose::Purpose;
