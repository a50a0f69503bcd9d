//! A record that is not counted.

use crate::gateway::Unread;
use crate::wire::WireError;

/// A record that is not counted, and why.
pub(crate) struct Rejected {
    /// The reason as it is counted.
    pub(crate) unread: Unread,
    /// The reason in words.
    pub(crate) error: WireError,
}

impl From<WireError> for Rejected {
    fn from(error: WireError) -> Self {
        let unread = match &error {
            WireError::MissingField { field: "account" } => Unread::NoAccount,
            WireError::MissingField { field: "messages" } => Unread::NoMessages,
            WireError::MalformedBody { .. } => Unread::Malformed,
            _ => Unread::Unusable,
        };
        Self { unread, error }
    }
}
