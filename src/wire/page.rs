//! How much of a list one call asks for.

use super::WireError;

/// The rows wanted: `default` when `asked` is 0.
///
/// # Errors
/// When more than `most` are asked for.
pub(crate) fn page_size(asked: u32, default: usize, most: usize) -> Result<usize, WireError> {
    match asked as usize {
        0 => Ok(default),
        asked if asked <= most => Ok(asked),
        asked => Err(WireError::OverBound {
            field: "page_size".to_owned(),
            got: asked,
            bound: most,
            unit: "rows",
        }),
    }
}
