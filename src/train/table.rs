//! The weight table during training: forward pooling, its hand-written gradient, and Adam on the touched rows only.
//!
//! A batch touches a few per cent of the table's rows. Using candle's dense gradients and optimiser for the table would
//! cost seven times as much as everything else together, so candle differentiates the layers after pooling and this
//! file continues the gradient from there. The tests compare forward and backward with candle's own operations.

use rayon::prelude::*;

use super::initial::Initial;
use crate::encoder::ROW_DIM;

/// Row vectors and scores with the first and second moments of Adam (Kingma & Ba 2015), updated lazily: a row that a
/// batch does not touch keeps its moments.
pub(crate) struct Table {
    vectors: Vec<f32>,
    scores: Vec<f32>,
    vector_moments: Vec<[f32; 2]>,
    score_moments: Vec<[f32; 2]>,
    gradient: Vec<f32>,
    score_gradient: Vec<f32>,
    touched: Vec<u32>,
    is_touched: Vec<bool>,
}

impl Table {
    /// Creates a table from initial vectors `[rows][ROW_DIM]` and scores `[rows]`.
    pub(crate) fn new(Initial { vectors, scores }: Initial) -> Self {
        let rows = scores.len();
        Self {
            vector_moments: vec![[0.0; 2]; vectors.len()],
            gradient: vec![0.0; vectors.len()],
            vectors,
            scores,
            score_moments: vec![[0.0; 2]; rows],
            score_gradient: vec![0.0; rows],
            touched: Vec::new(),
            is_touched: vec![false; rows],
        }
    }

    /// Returns the vectors, `[rows][ROW_DIM]`.
    pub(crate) fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// Returns the scores, `[rows]`.
    pub(crate) fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// Returns `sum exp(a_r) E_r / sum exp(a_r)` of each bag, `[bags][ROW_DIM]`; zeros for an empty bag.
    pub(crate) fn pool(&self, bags: &[Vec<u32>]) -> Vec<f32> {
        let mut pooled = vec![0.0; bags.len() * ROW_DIM];
        pooled
            .par_chunks_mut(ROW_DIM)
            .zip(bags)
            .for_each(|(out, bag)| {
                let mut total = 0.0;
                for row in bag {
                    let row = *row as usize;
                    let weight = self.scores[row].exp();
                    total += weight;
                    let vector = &self.vectors[row * ROW_DIM..(row + 1) * ROW_DIM];
                    out.iter_mut()
                        .zip(vector)
                        .for_each(|(out, value)| *out += weight * value);
                }
                if total > 0.0 {
                    for value in out {
                        *value /= total;
                    }
                }
            });
        pooled
    }

    /// Adds the gradient of a loss whose gradient with respect to `pooled` is `upstream`. With `p_r = exp(a_r) / sum
    /// exp(a)`, pooled vector `o` and its gradient `g`: `dE_r += p_r g` and `da_r += p_r g . (E_r - o)`.
    pub(crate) fn backward(&mut self, bags: &[Vec<u32>], pooled: &[f32], upstream: &[f32]) {
        let slices = pooled
            .chunks_exact(ROW_DIM)
            .zip(upstream.chunks_exact(ROW_DIM));
        for (bag, (pooled, upstream)) in bags.iter().zip(slices) {
            let total: f32 = bag.iter().map(|row| self.scores[*row as usize].exp()).sum();
            let mean: f32 = upstream.iter().zip(pooled).map(|(g, o)| g * o).sum();
            for row in bag {
                let index = *row as usize;
                if !self.is_touched[index] {
                    self.is_touched[index] = true;
                    self.touched.push(*row);
                }
                let share = self.scores[index].exp() / total;
                let span = index * ROW_DIM..(index + 1) * ROW_DIM;
                let vector = &self.vectors[span.clone()];
                let gradient = &mut self.gradient[span];
                let mut along = 0.0;
                for ((value, out), upstream) in vector.iter().zip(gradient).zip(upstream) {
                    *out += share * upstream;
                    along += value * upstream;
                }
                self.score_gradient[index] += share * (along - mean);
            }
        }
    }

    /// Takes one Adam step on the rows that [`Table::backward`] touched and clears their gradients: vectors at
    /// `vector_rate`, scores at `score_rate`, both with decoupled `decay`. `step` counts from 1.
    pub(crate) fn step(&mut self, vector_rate: f32, score_rate: f32, decay: f32, step: usize) {
        const DECAY: [f32; 2] = [0.9, 0.999];
        let power = step.min(100_000) as i32;
        let correction = DECAY.map(|decay| 1.0 - decay.powi(power));
        let update = |value: &mut f32, moments: &mut [f32; 2], gradient: &mut f32, rate: f32| {
            moments[0] = DECAY[0] * moments[0] + (1.0 - DECAY[0]) * *gradient;
            moments[1] = DECAY[1] * moments[1] + (1.0 - DECAY[1]) * *gradient * *gradient;
            let direction = moments[0] / correction[0];
            *value -= rate * direction / ((moments[1] / correction[1]).sqrt() + 1e-8);
            *gradient = 0.0;
        };
        for row in self.touched.drain(..) {
            let row = row as usize;
            self.is_touched[row] = false;
            for index in row * ROW_DIM..(row + 1) * ROW_DIM {
                let moments = &mut self.vector_moments[index];
                self.vectors[index] *= 1.0 - vector_rate * decay;
                let gradient = &mut self.gradient[index];
                update(&mut self.vectors[index], moments, gradient, vector_rate);
            }
            self.scores[row] *= 1.0 - score_rate * decay;
            let moments = &mut self.score_moments[row];
            update(
                &mut self.scores[row],
                moments,
                &mut self.score_gradient[row],
                score_rate,
            );
            // Attention stays between exp(-6) and exp(6), so that no row can silence or dominate all others.
            self.scores[row] = self.scores[row].clamp(-6.0, 6.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Initial, Table};
    use crate::encoder::ROW_DIM;
    use candle_core::{DType, Device, Tensor, Var};

    fn table() -> Table {
        Table::new(Initial {
            vectors: (0..4 * ROW_DIM).map(|n| (n as f32 * 0.7).sin()).collect(),
            scores: vec![0.3, -0.5, 1.1, 0.0],
        })
    }

    fn bags() -> Vec<Vec<u32>> {
        vec![vec![0, 2, 2, 1], vec![], vec![3]]
    }

    /// The same pooling, built from candle's operations.
    fn reference(vectors: &Tensor, scores: &Tensor) -> Tensor {
        let pooled = bags().into_iter().map(|bag| {
            if bag.is_empty() {
                return Tensor::zeros((1, ROW_DIM), DType::F32, &Device::Cpu).unwrap();
            }
            let rows = Tensor::new(bag.as_slice(), &Device::Cpu).unwrap();
            let weights = scores.index_select(&rows, 0).unwrap().exp().unwrap();
            let total = weights.sum_all().unwrap();
            let vectors = vectors.index_select(&rows, 0).unwrap();
            let weighted = vectors
                .broadcast_mul(&weights.unsqueeze(1).unwrap())
                .unwrap();
            weighted
                .sum(0)
                .unwrap()
                .broadcast_div(&total)
                .unwrap()
                .unsqueeze(0)
                .unwrap()
        });
        Tensor::cat(&pooled.collect::<Vec<_>>(), 0).unwrap()
    }

    fn close(left: &[f32], right: &Tensor) -> bool {
        let right = right.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        left.len() == right.len()
            && left
                .iter()
                .zip(&right)
                .all(|(left, right)| (left - right).abs() < 1e-5)
    }

    #[test]
    fn forward_and_backward_agree_with_candle() {
        let mut table = table();
        let vectors = Var::from_slice(&table.vectors, (4, ROW_DIM), &Device::Cpu).unwrap();
        let scores = Var::from_slice(&table.scores, 4, &Device::Cpu).unwrap();
        let theirs = reference(&vectors, &scores);
        let pooled = table.pool(&bags());
        assert!(close(&pooled, &theirs));
        let upstream: Vec<f32> = (0..3 * ROW_DIM).map(|n| (n as f32 * 0.3).cos()).collect();
        let weights = Tensor::from_slice(&upstream, (3, ROW_DIM), &Device::Cpu).unwrap();
        let gradients = (theirs * weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        table.backward(&bags(), &pooled, &upstream);
        assert!(close(&table.gradient, gradients.get(&vectors).unwrap()));
        assert!(close(
            &table.score_gradient,
            gradients.get(&scores).unwrap()
        ));
    }

    #[test]
    fn a_step_moves_touched_rows_only_and_forgets_the_gradient() {
        let (before, mut table) = (table(), table());
        let bags = vec![vec![1, 2]];
        let pooled = table.pool(&bags);
        table.backward(&bags, &pooled, &vec![1.0; ROW_DIM]);
        table.step(0.01, 0.01, 0.0, 1);
        let moved: Vec<bool> = (0..4)
            .map(|row| (table.vectors[row * ROW_DIM] - before.vectors[row * ROW_DIM]).abs() > 1e-6)
            .collect();
        assert_eq!(moved, [false, true, true, false]);
        assert!(table.gradient.iter().all(|value| *value == 0.0));
    }
}
