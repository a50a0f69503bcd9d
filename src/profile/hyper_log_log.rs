//! Estimates the number of distinct digests of a stream, in `M` bytes.
//!
//! `HyperLogLog` (Flajolet, Fusy, Gandouet and Meunier 2007): each digest goes to one of `M` registers, which keeps
//! the longest run of leading zeros seen. The estimator is Ertl's improved raw estimator (arXiv 1702.01284,
//! algorithm 6), unbiased from 0 upward without corrections by table. The standard error is `1.04 / sqrt(M)` for
//! large counts, and smaller for small ones. Merging takes the larger register: exact in every order.

use crate::domain::Digest;
use crate::statistics::splitmix::mix;

/// `M` one-byte registers; `M` is a power of two from 16 to 256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HyperLogLog<const M: usize> {
    pub(super) registers: [u8; M],
}

impl<const M: usize> HyperLogLog<M> {
    /// Bits of the hash that pick the register.
    const INDEX_BITS: u32 = {
        assert!(M.is_power_of_two() && M >= 16 && M <= 256);
        M.trailing_zeros()
    };
    /// Bits of the hash whose leading zeros are counted.
    const RUN_BITS: u32 = 64 - Self::INDEX_BITS;

    pub(super) const fn empty() -> Self {
        Self { registers: [0; M] }
    }

    pub(super) fn update(&mut self, digest: Digest) {
        let hash = mix(digest.0);
        let index = (hash >> Self::RUN_BITS) as usize;
        let run = (hash << Self::INDEX_BITS)
            .leading_zeros()
            .min(Self::RUN_BITS)
            + 1;
        self.registers[index] = self.registers[index].max(run as u8);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*other);
        }
    }

    /// Returns the estimated number of distinct digests; 0 exactly if none was seen.
    pub(crate) fn estimate(&self) -> f64 {
        let mut histogram = [0_u32; 66];
        for &register in &self.registers {
            histogram[usize::from(register)] += 1;
        }
        let size = M as f64;
        if histogram[0] as usize == M {
            return 0.0;
        }
        let longest = Self::RUN_BITS as usize;
        let mut z = size * tail_correction(1.0 - f64::from(histogram[longest + 1]) / size);
        for &registers in histogram[1..=longest].iter().rev() {
            z = 0.5 * (z + f64::from(registers));
        }
        z += size * zero_correction(f64::from(histogram[0]) / size);
        size * size / (2.0 * std::f64::consts::LN_2 * z)
    }

    pub(super) fn is_valid(&self) -> bool {
        self.registers
            .iter()
            .all(|&register| u32::from(register) <= Self::RUN_BITS + 1)
    }
}

/// Ertl's sigma: `x + sum over k >= 1 of x^(2^k) 2^(k-1)`, for `x` in [0, 1).
fn zero_correction(mut x: f64) -> f64 {
    let (mut weight, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// Ertl's tau: `(1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3`, for `x` in [0, 1].
fn tail_correction(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut weight, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}
