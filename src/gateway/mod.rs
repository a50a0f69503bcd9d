//! What gateways send, in the domain's words.
//!
//! Pure translation: pieces of a foreign format to [`Exchange`](crate::domain::Exchange)s. No sockets, no clock, no axum;
//! uses `domain` and the bounds of `wire`.

pub(crate) mod envoy;
