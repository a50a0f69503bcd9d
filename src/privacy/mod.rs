//! Pseudonym keys and keyed digests: the only way that text becomes an identifier.
//!
//! Uses `domain` alone. Knows nothing of detection.
