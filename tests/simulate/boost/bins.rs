//! Divides one feature into bins with about the same number of rows.

/// The bin of an unknown value.
pub(super) const ABSENT: usize = usize::MAX;

/// Returns bin edges that divide `known`, in ascending order, into at most `bins` bins with about the same number of
/// rows, none with fewer than `fewest`.
///
/// Equal values are never separated, so a frequent value gets its own bin and the remaining rows are redistributed
/// among the remaining bins. Edges lie between two neighbouring values.
pub(super) fn edges(known: &[f64], bins: usize, fewest: f64) -> Vec<f64> {
    let mut left = known.len() as f64;
    let mut edges: Vec<f64> = Vec::new();
    let mut inside = 0.0;
    for pair in known.windows(2) {
        inside += 1.0;
        let (value, next) = (pair[0], pair[1]);
        let free = bins - edges.len();
        if free < 2 {
            break;
        }
        // Including half of the next run of ties on either side would be as fair; cutting before the run keeps it
        // whole.
        let share = (left / free as f64).max(fewest);
        if value < next && inside >= share * (1.0 - 1e-9) && left - inside >= fewest {
            let middle = f64::midpoint(value, next);
            edges.push(if middle > value { middle } else { next });
            left -= inside;
            inside = 0.0;
        }
    }
    edges
}

/// Returns the bin of a value: the number of edges at or below it.
pub(super) fn bin_of(edges: &[f64], value: f64) -> usize {
    if value.is_nan() {
        ABSENT
    } else {
        edges.partition_point(|edge| *edge <= value)
    }
}
