//! Translators between the formats of gateways and telemetry exporters and the domain's types.
//!
//! Pure translation: bytes of a foreign format become [`Exchange`]s, and a verdict becomes the foreign response. No
//! sockets, no clock, no axum; uses `domain`, `json`, `chat` and the bounds and errors of `wire`. One file per gateway,
//! plus the types that they share (`identity`, `draft`, `unread`) and the table that joins a request with its later
//! response (`pending_requests`).
//!
//! No error created here contains text from a body.

mod draft;
mod identity;
mod pending_requests;
mod unread;

pub(crate) mod agentgateway;
pub(crate) mod envoy;
pub(crate) mod litellm_guardrail;
pub(crate) mod litellm_log;
pub(crate) mod logs;
pub(crate) mod moderation;
pub(crate) mod otlp;
pub(crate) mod portkey;

#[cfg(test)]
mod every_door;
#[cfg(test)]
mod tests;

pub(crate) use draft::{Context, UNKNOWN_MODEL};
pub(crate) use identity::AccountOrder;
pub use identity::Party;
pub(crate) use pending_requests::PendingLimits;
pub(crate) use pending_requests::{PendingRequests, size};
pub(crate) use unread::{Door, Unread};

use crate::domain::Exchange;

/// The decision returned to a gateway before it forwards a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Forward the request.
    Pass,
    /// Reject the request. The caller may learn a reference, and nothing else.
    Block {
        /// Digest of the account's name.
        reference: String,
    },
}

/// An exchange as a hook read it.
pub(crate) struct Call {
    /// The exchange, without messages where none could be read.
    pub(crate) exchange: Exchange,
    /// Why it has no messages.
    pub(crate) unread: Option<Unread>,
}

/// Marks an exchange as blocked at the gateway. It counts as a failed request, so that an account is judged on its
/// current requests and can recover.
pub(crate) fn blocked(mut exchange: Exchange) -> Exchange {
    exchange.response.status = Some(STATUS_BLOCKED);
    exchange
}

/// HTTP status of a request that was blocked at the gateway.
const STATUS_BLOCKED: u16 = 403;
