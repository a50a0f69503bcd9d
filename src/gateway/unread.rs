//! Calls of which a hook could not read everything: where they came from and why, for counting.

use strum::{IntoStaticStr, VariantArray};

/// An integration through which calls arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Door {
    /// Envoy's external processing.
    Envoy,
    /// LiteLLM's guardrail.
    LitellmGuardrail,
    /// LiteLLM's log export.
    LitellmLog,
    /// Portkey's webhook.
    Portkey,
    /// agentgateway's prompt guard.
    Agentgateway,
    /// OTLP traces and logs.
    Otlp,
}

/// Why a call was counted without its content, or not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Unread {
    /// The body is not in the format that it claims.
    Malformed,
    /// The body is larger than is read.
    TooLarge,
    /// The body has no messages.
    NoMessages,
    /// The gateway does not pass on the content of calls.
    Redacted,
    /// The body names no account; not counted.
    NoAccount,
    /// The caller's credential was refused and belongs to no account; not counted.
    Stranger,
    /// Any other record that cannot be used; not counted.
    Unusable,
}
