//! What gateways and telemetry exporters send, in the domain's words, and what they are answered.
//!
//! Pure translation: bytes of a foreign format to [`Exchange`]s, a verdict to the foreign
//! answer. No sockets, no clock, no axum; uses `domain` and the bounds and errors of `wire`. One file a gateway; the
//! words that they share (`node`, `conversation`, `identity`, `draft`) and the table that joins what comes in pieces
//! (`pending_requests`).
//!
//! No error made here holds text of a body.

mod conversation;
mod draft;
mod identity;
mod node;
mod pending_requests;

pub(crate) mod agentgateway;
pub(crate) mod envoy;
pub(crate) mod litellm_guardrail;
pub(crate) mod litellm_log;
pub(crate) mod moderation;
pub(crate) mod otlp;
pub(crate) mod portkey;

#[cfg(test)]
mod tests;

pub(crate) use draft::Context;
pub(crate) use identity::AccountOrder;
pub use identity::Party;
pub use pending_requests::PendingLimits;
pub(crate) use pending_requests::{PendingRequests, size};

use crate::domain::Exchange;

/// What is answered before a request goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Pass,
    /// It does not. The caller may learn a reference, and nothing else.
    Block {
        /// A digest of the account's name.
        reference: String,
    },
}

/// An exchange that was stopped at the gateway: it counts as a call that failed, so that an account is judged on what
/// it asks now, and finds its way back.
pub(crate) fn blocked(mut exchange: Exchange) -> Exchange {
    exchange.response.status = Some(STATUS_BLOCKED);
    exchange
}

/// HTTP status of a call that was stopped at the gateway.
const STATUS_BLOCKED: u16 = 403;
