//! Finish reasons in the spelling of SDKs.

use crate::domain::FinishReason;

/// Reads a finish reason as SDKs spell it: `content-filter`, `FinishReason.STOP`.
pub(super) fn finish_reason(text: &str) -> Option<FinishReason> {
    let bare = text.rsplit('.').next().unwrap_or(text);
    FinishReason::from_name(&bare.replace('-', "_"))
}
