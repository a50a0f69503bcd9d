//! Readers of traffic logs, labels, catalogues and prompt pools: streaming, bounded, forgiving line by line.
//!
//! Uses `domain` and `wire`.
