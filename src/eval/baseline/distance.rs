//! Distances between embeddings.

use crate::domain::EMBEDDING_DIM;

/// Sums kept apart, so that they can be added side by side.
const LANES: usize = 16;

/// The squared Euclidean distance.
pub(super) fn squared_distance(left: &[f32; EMBEDDING_DIM], right: &[f32; EMBEDDING_DIM]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (left, right) = (left.as_chunks::<LANES>().0, right.as_chunks::<LANES>().0);
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            let apart = left[lane] - right[lane];
            sums[lane] += apart * apart;
        }
    }
    sums.iter().sum()
}
