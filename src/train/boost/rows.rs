//! What is learnt from: one row per account and moment.

use ndarray::ArrayView2;

use super::BoostError;

/// Parallel columns, one entry per row.
#[derive(Clone, Copy, Debug)]
pub struct TrainingRows<'a> {
    /// Rows by features; NaN is unknown.
    pub features: ArrayView2<'a, f64>,
    /// Exchanges seen at the row's moment.
    pub exposure: &'a [f64],
    /// Whether the account was extracting.
    pub extraction: &'a [bool],
    /// How much the row counts.
    pub weight: &'a [f64],
    /// The application or pipeline behind the row: what may not be on both sides of a split.
    pub group: &'a [u64],
}

impl TrainingRows<'_> {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.extraction.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.extraction.is_empty()
    }

    pub(super) fn check(&self, columns: usize) -> Result<(), BoostError> {
        let lengths = [
            ("columns of features", columns, self.features.ncols()),
            ("rows of features", self.len(), self.features.nrows()),
            ("exposures", self.len(), self.exposure.len()),
            ("weights", self.len(), self.weight.len()),
            ("groups", self.len(), self.group.len()),
        ];
        if let Some(&(what, expected, came)) =
            lengths.iter().find(|(_, expected, came)| expected != came)
        {
            return Err(BoostError::Length {
                what,
                expected,
                came,
            });
        }
        for (what, numbers) in [("weight", self.weight), ("exposure", self.exposure)] {
            if let Some(row) = numbers
                .iter()
                .position(|&number| !(number >= 0.0 && number.is_finite()))
            {
                return Err(BoostError::Number {
                    what,
                    row,
                    came: numbers[row],
                });
            }
        }
        Ok(())
    }
}
