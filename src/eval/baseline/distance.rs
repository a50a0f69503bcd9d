//! Distances between embeddings.

use crate::domain::EMBEDDING_DIM;

/// Number of partial sums, so that the additions can be vectorised.
const LANES: usize = 16;

/// Returns the squared Euclidean distance.
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
