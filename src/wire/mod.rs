//! File and protobuf forms of the domain, and the one error table.
//!
//! Uses `domain` alone. The engine never sees these types.

pub mod json;
