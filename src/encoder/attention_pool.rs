//! The pooling of [`StaticEncoder`](super::StaticEncoder) as a differentiable candle operation.
//!
//! candle's own gather materialises one vector for every token of the batch; this operation reads the table in
//! place, forward and backward, which is what makes training on two cores a matter of minutes.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// Bags of row numbers, pooled by `sum exp(a_r) E_r / sum exp(a_r)`.
///
/// Applied to a table `[rows, dim]` and scores `[rows]`, it gives `[bags, dim]`; an empty bag gives zeros.
#[derive(Clone, Debug)]
pub struct AttentionPool {
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl AttentionPool {
    /// From the bags' row numbers, in order.
    pub fn new<'a>(bags: impl Iterator<Item = &'a [u32]>) -> Self {
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        for bag in bags {
            rows.extend_from_slice(bag);
            ends.push(rows.len());
        }
        Self { rows, ends }
    }

    fn bags(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.rows[start..*end])
    }
}

impl CustomOp2 for AttentionPool {
    fn name(&self) -> &'static str {
        "attention_pool"
    }

    fn cpu_fwd(
        &self,
        table: &CpuStorage,
        table_layout: &Layout,
        scores: &CpuStorage,
        scores_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, dim) = table_layout.shape().dims2()?;
        let (table, scores) = (slice(table, table_layout)?, slice(scores, scores_layout)?);
        let bags: Vec<&[u32]> = self.bags().collect();
        let mut pooled = vec![0.0_f32; bags.len() * dim];
        pooled
            .par_chunks_mut(dim)
            .zip(bags.par_iter())
            .for_each(|(out, bag)| {
                let mut weight = 0.0;
                for row in *bag {
                    let row = *row as usize;
                    let factor = scores[row].exp();
                    weight += factor;
                    for (out, value) in out.iter_mut().zip(&table[row * dim..(row + 1) * dim]) {
                        *out += factor * value;
                    }
                }
                if weight > 0.0 {
                    out.iter_mut().for_each(|value| *value /= weight);
                }
            });
        Ok((CpuStorage::F32(pooled), Shape::from((bags.len(), dim))))
    }

    /// With `p_r = exp(a_r) / sum exp(a)` over a bag, pooled vector `o` and its gradient `g`:
    /// `dE_r += p_r g` and `da_r += p_r g . (E_r - o)`.
    fn bwd(
        &self,
        table: &Tensor,
        scores: &Tensor,
        pooled: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (rows, dim) = table.dims2()?;
        let device = table.device();
        let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
        let pooled = pooled.flatten_all()?.to_vec1::<f32>()?;
        let score_values = scores.to_vec1::<f32>()?;
        let (table_storage, layout) = table.storage_and_layout();
        let candle_core::Storage::Cpu(storage) = &*table_storage else {
            bail!("attention_pool runs on the CPU");
        };
        let values = slice(storage, layout)?;
        let mut table_gradient = vec![0.0_f32; rows * dim];
        let mut score_gradient = vec![0.0_f32; rows];
        for (index, bag) in self.bags().enumerate() {
            let gradient = &gradient[index * dim..(index + 1) * dim];
            let pooled = &pooled[index * dim..(index + 1) * dim];
            let weight: f32 = bag
                .iter()
                .map(|row| score_values[*row as usize].exp())
                .sum();
            let mean: f32 = gradient.iter().zip(pooled).map(|(g, o)| g * o).sum();
            for row in bag {
                let row = *row as usize;
                let share = score_values[row].exp() / weight;
                let span = row * dim..(row + 1) * dim;
                let mut along = 0.0;
                let own = values[span.clone()].iter().zip(&mut table_gradient[span]);
                for ((value, out), gradient) in own.zip(gradient) {
                    *out += share * gradient;
                    along += value * gradient;
                }
                score_gradient[row] += share * (along - mean);
            }
        }
        Ok((
            Some(Tensor::from_vec(table_gradient, (rows, dim), device)?),
            Some(Tensor::from_vec(score_gradient, rows, device)?),
        ))
    }
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => bail!("attention_pool reads contiguous tensors"),
    }
}

#[cfg(test)]
mod tests {
    use super::AttentionPool;
    use candle_core::{Device, Tensor, Var};

    const BAGS: [&[u32]; 3] = [&[0, 2, 2, 1], &[], &[3]];

    fn variables() -> (Var, Var) {
        let table: Vec<f32> = (0..8).map(|index| (index as f32 * 0.7).sin()).collect();
        let scores = vec![0.3_f32, -0.5, 1.1, 0.0];
        (
            Var::from_vec(table, (4, 2), &Device::Cpu).unwrap(),
            Var::from_vec(scores, 4, &Device::Cpu).unwrap(),
        )
    }

    /// The same pooling out of candle's own operations.
    fn reference(table: &Tensor, scores: &Tensor) -> Tensor {
        let pooled = BAGS.map(|bag| {
            if bag.is_empty() {
                return Tensor::zeros((1, 2), candle_core::DType::F32, &Device::Cpu).unwrap();
            }
            let rows = Tensor::new(bag, &Device::Cpu).unwrap();
            let weights = scores.index_select(&rows, 0).unwrap().exp().unwrap();
            let total = weights.sum_all().unwrap();
            let vectors = table.index_select(&rows, 0).unwrap();
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
        Tensor::cat(&pooled, 0).unwrap()
    }

    #[test]
    fn forward_and_backward_agree_with_candle() {
        let (table, scores) = variables();
        let weights =
            Tensor::new(&[[1.0_f32, -2.0], [5.0, 5.0], [0.5, 3.0]], &Device::Cpu).unwrap();
        let own = table
            .apply_op2(&scores, AttentionPool::new(BAGS.into_iter()))
            .unwrap();
        let theirs = reference(&table, &scores);
        let close = |left: &Tensor, right: &Tensor| {
            let left = left.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let right = right.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            left.iter()
                .zip(&right)
                .all(|(left, right)| (left - right).abs() < 1e-6)
        };
        assert!(close(&own, &theirs));
        let own = (own * &weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        let theirs = (theirs * &weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        assert!(close(own.get(&table).unwrap(), theirs.get(&table).unwrap()));
        assert!(close(
            own.get(&scores).unwrap(),
            theirs.get(&scores).unwrap()
        ));
    }
}
