//! The model bundle on disk: manifest, hashes, load, save.
//!
//! Uses `encoder` and `risk`.
