//! Pseudonym keys and keyed digests: the only way that text becomes an identifier.
//!
//! Uses `domain` alone. Knows nothing of detection.

mod digester;
mod key;
mod pseudonymizer;
mod purpose;

pub use digester::Digester;
pub use key::PseudonymKey;
pub use pseudonymizer::Pseudonymizer;
pub use purpose::Purpose;
