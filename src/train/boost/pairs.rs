//! Which two features say more together than apart.
//!
//! A screen in the manner of FAST (Lou, Caruana, Gehrke & Hooker 2013): once every feature has its table,
//! the gradients that are left are summed over a coarse grid of each pair, and a pair counts by what its
//! cells would gain beyond its rows and its columns. One pass over the rows for each pair.

use super::bins::ABSENT;
use super::table::Axis;

/// Bins of each axis of a pair.
pub(super) const PAIR_BINS: usize = 6;

/// The `most` pairs of `axes` with the largest gain, best first; ties in feature order.
pub(super) fn screen(
    axes: &[Axis],
    gradient: &[f64],
    curvature: &[f64],
    penalty: f64,
    most: usize,
) -> Vec<(usize, usize)> {
    let mut gains: Vec<(f64, usize, usize)> = Vec::new();
    for (index, first) in axes.iter().enumerate() {
        for (offset, second) in axes[index + 1..].iter().enumerate() {
            let gain = gain(first, second, gradient, curvature, penalty);
            if gain > 0.0 && first.len() > 1 && second.len() > 1 {
                gains.push((gain, index, index + 1 + offset));
            }
        }
    }
    gains.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    gains
        .iter()
        .take(most)
        .map(|&(_, first, second)| (first, second))
        .collect()
}

/// Newton gain of the cells, less that of the rows and of the columns alone.
fn gain(first: &Axis, second: &Axis, gradient: &[f64], curvature: &[f64], penalty: f64) -> f64 {
    let mut cells = [[(0.0, 0.0); PAIR_BINS]; PAIR_BINS];
    for (row, (&a, &b)) in first.bins.iter().zip(&second.bins).enumerate() {
        if a != ABSENT && b != ABSENT {
            let cell = &mut cells[usize::from(a)][usize::from(b)];
            cell.0 += gradient[row];
            cell.1 += curvature[row];
        }
    }
    let worth = |(g, h): (f64, f64)| g * g / (h + penalty + f64::MIN_POSITIVE);
    let sum = |cells: &mut dyn Iterator<Item = (f64, f64)>| {
        cells.fold((0.0, 0.0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1))
    };
    let each: f64 = cells.iter().flatten().map(|&cell| worth(cell)).sum();
    let rows: f64 = cells
        .iter()
        .map(|row| worth(sum(&mut row.iter().copied())))
        .sum();
    let columns: f64 = (0..PAIR_BINS)
        .map(|at| worth(sum(&mut cells.iter().map(|row| row[at]))))
        .sum();
    each - rows - columns
}
