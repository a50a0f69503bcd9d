//! Page size of list requests.

use super::WireError;

/// Returns the number of rows to return: `default` when `requested` is 0.
///
/// # Errors
/// When `requested` is above `max`.
pub(crate) fn page_size(requested: u32, default: usize, max: usize) -> Result<usize, WireError> {
    match requested as usize {
        0 => Ok(default),
        requested if requested <= max => Ok(requested),
        requested => Err(WireError::OverBound {
            field: "page_size".to_owned(),
            got: requested,
            bound: max,
            unit: "rows",
        }),
    }
}
