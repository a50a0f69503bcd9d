//! The reasons why a scenario cannot be used, and the checks that report them.

/// The reason why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The text is not TOML, or has an unknown key or a value of the wrong type. Scenarios hold no prompts.
    #[error("not a scenario: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A cell's changes do not fit the extraction they change.
    #[error("cell {name:?}: {reason}")]
    Cell {
        /// Name of the cell.
        name: String,
        /// The error.
        reason: String,
    },
    /// A value does not describe a valid stream.
    #[error("{key}: expected {expected}, got {got}")]
    Invalid {
        /// Key of the value.
        key: &'static str,
        /// Description of a valid value.
        expected: &'static str,
        /// The actual value.
        got: String,
    },
}

/// Accepts weights that are finite, not negative and not all 0.
pub(crate) fn check_weights(key: &'static str, weights: &[f64]) -> Result<(), ScenarioError> {
    let usable =
        weights.iter().all(|w| w.is_finite() && *w >= 0.0) && weights.iter().sum::<f64>() > 0.0;
    check(
        usable,
        key,
        "weights of 0 or more, not all 0",
        &format!("{weights:?}"),
    )
}

/// Succeeds if `holds`; otherwise reports that `key` was expected to be `expected`.
pub(crate) fn check(
    holds: bool,
    key: &'static str,
    expected: &'static str,
    got: &dyn std::fmt::Display,
) -> Result<(), ScenarioError> {
    if holds {
        Ok(())
    } else {
        Err(ScenarioError::Invalid {
            key,
            expected,
            got: got.to_string(),
        })
    }
}

/// Accepts a value of 0 to 1.
pub(crate) fn probability(key: &'static str, value: f64) -> Result<(), ScenarioError> {
    check((0.0..=1.0).contains(&value), key, "0 to 1", &value)
}
