//! Training rows of a fusion: one row per account and moment, one column per measure.

use ndarray::ArrayView2;
use thiserror::Error;

use crate::detect::Direction;
use crate::statistics::decimal::twelve_digits;
use crate::statistics::pareto_tail::weighted_quantile;

/// The scale on which a feature is linear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// A share in [0, 1], linear in its log-odds.
    Share,
    /// Log-odds within the range of the measures in that unit.
    LogOdds,
    /// A share in [0, 1], linear as it is.
    Plain,
}

/// Prior knowledge about a feature.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// Name in the model.
    pub name: String,
    /// Scale.
    pub scale: Scale,
    /// What a higher value may do to the score.
    pub direction: Direction,
    /// `n0`: the exposure at which the feature counts half; zero for no shrinkage.
    pub shrink: f64,
}

/// Parallel columns, one entry per row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrainingRows<'a> {
    /// Values, rows by features; NaN for unknown.
    pub features: ArrayView2<'a, f64>,
    /// Number of exchanges up to the row's moment.
    pub exposure: &'a [f64],
    /// Whether the account extracts.
    pub extraction: &'a [bool],
    /// Weight of the row.
    pub weight: &'a [f64],
}

/// The reason why rows cannot be used for training.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum RowsError {
    /// Lengths disagree.
    #[error("{what}: expected {expected}, got {actual}")]
    Length {
        /// Name of the input.
        what: &'static str,
        /// Expected length.
        expected: usize,
        /// Actual length.
        actual: usize,
    },
    /// A weight or exposure is negative or not finite.
    #[error("{what} of row {row}: expected a finite number of at least 0, got {actual}")]
    Number {
        /// Name of the input.
        what: &'static str,
        /// Index of the row.
        row: usize,
        /// The actual value.
        actual: f64,
    },
}

impl TrainingRows<'_> {
    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.extraction.len()
    }

    /// Checks that the rows are consistent and have this many columns.
    ///
    /// # Errors
    /// When lengths disagree, or a weight or exposure is negative or not finite.
    pub(crate) fn check(&self, columns: usize) -> Result<(), RowsError> {
        let lengths = [
            ("columns of features", columns, self.features.ncols()),
            ("rows of features", self.len(), self.features.nrows()),
            ("exposures", self.len(), self.exposure.len()),
            ("weights", self.len(), self.weight.len()),
        ];
        if let Some(&(what, expected, actual)) = lengths
            .iter()
            .find(|(_, expected, actual)| expected != actual)
        {
            return Err(RowsError::Length {
                what,
                expected,
                actual,
            });
        }
        for (what, numbers) in [("weight", self.weight), ("exposure", self.exposure)] {
            if let Some(row) = numbers
                .iter()
                .position(|&number| !(number >= 0.0 && number.is_finite()))
            {
                return Err(RowsError::Number {
                    what,
                    row,
                    actual: numbers[row],
                });
            }
        }
        Ok(())
    }

    /// Returns the weighted median of a column among the benign rows where it is known; `None` if there are none.
    ///
    /// # Panics
    /// When the column does not exist.
    pub(crate) fn typical(&self, column: usize) -> Option<f64> {
        let values = self.features.column(column);
        let mut known: Vec<(f64, f64)> = (0..self.len())
            .filter(|&row| !self.extraction[row] && values[row].is_finite())
            .map(|row| (values[row], self.weight[row]))
            .collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        weighted_quantile(&known, 0.5).map(twelve_digits)
    }
}
