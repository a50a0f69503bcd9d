//! RPC and HTTP on one port.
//!
//! Uses `engine`, `bundle`, `wire`. The only place that knows axum.
