//! The exposure of an account in doubling cells, and its highest score in each.
//!
//! Cell `k` ends at exchange `8 * 2^k`: up to 8, 9 to 16, 17 to 32 and so on, the last one open-ended. A score path of
//! any length is stored as twelve numbers. Knows nothing of thresholds.

/// The last exchange of the first cell.
const FIRST: u64 = 8;

/// Largest number of cells: the last begins at exchange 8,193.
pub(crate) const CELLS_MAX: usize = 12;

/// Returns the cell of a grid of `cells` that an account is in after `seen` exchanges.
pub(crate) fn cell_of(seen: u64, cells: usize) -> usize {
    let doublings = (seen.saturating_sub(1) / FIRST).checked_ilog2();
    let finest = doublings.map_or(0, |doublings| doublings as usize + 1);
    finest.min(cells.saturating_sub(1))
}

/// Returns the first and last exchange of a cell; the last cell of a grid has no last exchange.
pub(crate) fn span(cell: usize, cells: usize) -> (u64, Option<u64>) {
    let end = |cell: usize| FIRST << cell;
    let first = if cell == 0 { 1 } else { end(cell - 1) + 1 };
    (first, (cell + 1 < cells).then(|| end(cell)))
}

/// Returns how a rate is spent over a grid: the part of cell `k` is proportional to `1 / (k + 1)^2`, and all parts sum
/// to one.
///
/// Over an infinite grid the sum of the squares is pi^2 / 6, which leaves the part of unreached cells unspent; the
/// grid in use is finite, so its own sum is used instead.
pub(crate) fn spending(cells: usize) -> Vec<f64> {
    let part = |cell: usize| 1.0 / ((cell + 1) as f64).powi(2);
    let whole: f64 = (0..cells).map(part).sum();
    (0..cells).map(|cell| part(cell) / whole).collect()
}

/// The highest score of one account in each cell of the finest grid that it reached.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Highs([f64; CELLS_MAX]);

impl Default for Highs {
    /// The highs of an account without exchanges.
    fn default() -> Self {
        Self([f64::NEG_INFINITY; CELLS_MAX])
    }
}

impl Highs {
    /// Adds the score after `seen` exchanges. Scores that are not finite are ignored.
    pub fn add(&mut self, seen: u64, score: f64) {
        let high = &mut self.0[cell_of(seen, CELLS_MAX)];
        if score.is_finite() && score > *high {
            *high = score;
        }
    }

    /// Returns the highest score within a cell of a grid of `cells`; `None` when the account was not scored there.
    pub fn within(&self, cell: usize, cells: usize) -> Option<f64> {
        let last = if cell + 1 < cells {
            cell + 1
        } else {
            CELLS_MAX
        };
        let scores = self.0.get(cell..last)?.iter().copied();
        scores.reduce(f64::max).filter(|high| high.is_finite())
    }

    /// Returns the highest score of all; `None` without one.
    pub fn ever(&self) -> Option<f64> {
        self.within(0, 1)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_double_and_the_last_is_open() {
        let of = |seen| cell_of(seen, 4);
        assert_eq!(
            [0, 1, 8, 9, 16, 17, 32, 33].map(of),
            [0, 0, 0, 1, 1, 2, 2, 3]
        );
        assert_eq!(of(u64::MAX), 3);
        assert_eq!(span(0, 4), (1, Some(8)));
        assert_eq!(span(2, 4), (17, Some(32)));
        assert_eq!(span(3, 4), (33, None));
        assert_eq!(cell_of(u64::MAX, CELLS_MAX), CELLS_MAX - 1);
        assert_eq!(spending(1), [1.0]);
        // 1 + 1/4 + 1/9 = 49/36.
        assert!((spending(3)[0] - 36.0 / 49.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_not_a_number_is_no_high() {
        let mut highs = Highs::default();
        highs.add(3, f64::NAN);
        highs.add(3, f64::INFINITY);
        assert_eq!(highs.ever(), None);
        highs.add(3, -4.0);
        highs.add(40, -5.0);
        assert_eq!(highs.within(0, 4), Some(-4.0));
        assert_eq!(highs.within(1, 4), None);
        assert_eq!(highs.within(3, 4), Some(-5.0));
        assert_eq!((highs.ever(), highs.within(4, 4)), (Some(-4.0), None));
    }

    proptest! {
        #[test]
        fn every_exchange_lies_in_the_span_of_its_cell(seen in 1_u64..40_000, cells in 1_usize..=CELLS_MAX) {
            let cell = cell_of(seen, cells);
            let (first, last) = span(cell, cells);
            prop_assert!(first <= seen && last.is_none_or(|last| seen <= last));
            prop_assert_eq!(last.is_none(), cell + 1 == cells);
        }

        #[test]
        fn all_of_a_rate_is_spent(cells in 1_usize..=CELLS_MAX) {
            let parts = spending(cells);
            prop_assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(parts.is_sorted_by(|a, b| a > b));
        }

        #[test]
        fn a_coarser_grid_sees_the_same_highest(
            scores in prop::collection::vec((1_u64..20_000, -9.0_f64..9.0), 1..40),
            cells in 1_usize..=CELLS_MAX,
        ) {
            let mut highs = Highs::default();
            for &(seen, score) in &scores {
                highs.add(seen, score);
            }
            for cell in 0..cells {
                let own = scores.iter().filter(|(seen, _)| cell_of(*seen, cells) == cell);
                let expected = own.map(|(_, score)| *score).reduce(f64::max);
                prop_assert_eq!(highs.within(cell, cells), expected);
            }
        }
    }
}
