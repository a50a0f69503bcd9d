//! PRADA: the distances between a benign account's requests should be normally distributed.
//!
//! Juuti, Szyller, Marchal and Asokan 2019, "PRADA: protecting against DNN model stealing attacks" (EuroS&P),
//! algorithm 3: the distance of each request to the nearest of a growing set of earlier ones; outliers beyond three
//! standard deviations are left out; Shapiro-Wilk on the rest, and a low W is an attack. Ours differs in two ways: the
//! distance is between text embeddings and there is one growing set, not one for each class of an image model; and W
//! is converted to Royston's normal deviate, since accounts bring samples of different size (the paper waits for 100
//! requests, which most accounts of a campaign never send).

use super::Baseline;
use super::distance::squared_distance;
use super::step::Step;
use crate::statistics::shapiro_wilk::ShapiroWilk;

/// Fewest distances that are tested.
const LEAST: usize = 8;

/// The normality test on an account's latest distances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prada {
    /// Number of latest distances that are tested.
    window: usize,
}

impl Prada {
    /// The forms that the training stream chooses among.
    pub(super) const CHOICES: [Self; 4] = [
        Self { window: usize::MAX },
        Self { window: 100 },
        Self { window: 50 },
        Self { window: 25 },
    ];
}

impl Baseline for Prada {
    fn name(&self) -> &'static str {
        "PRADA"
    }

    fn form(&self) -> String {
        if self.window == usize::MAX {
            "all distances".to_owned()
        } else {
            format!("latest {} distances", self.window)
        }
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let distances = nearest_distances(steps);
        let latest = &distances[distances.len().saturating_sub(self.window)..];
        let kept = without_outliers(latest);
        let enough = Some(kept).filter(|kept| kept.len() >= LEAST);
        enough
            .and_then(|kept| ShapiroWilk::of(&kept))
            .map_or(f64::NEG_INFINITY, |test| test.deviate)
    }
}

/// Returns the distance of every request but the first to the nearest member of the growing set, which takes in
/// requests whose distance exceeds its threshold.
fn nearest_distances(steps: &[Step]) -> Vec<f64> {
    let mut set: Vec<&Step> = Vec::new();
    let mut set_distances = Vec::new();
    let mut threshold = 0.0_f64;
    let mut distances = Vec::with_capacity(steps.len());
    for step in steps {
        let to = |other: &&Step| squared_distance(&step.embedding.0, &other.embedding.0);
        let nearest = set.iter().map(to).reduce(f32::min);
        let distance = nearest.map_or(0.0, |square| f64::from(square).sqrt());
        if nearest.is_some() {
            distances.push(distance);
        }
        if nearest.is_none() || distance > threshold {
            set.push(step);
            set_distances.push(distance);
            let (mean, deviation) = moments(&set_distances);
            threshold = threshold.max(mean - deviation);
        }
    }
    distances
}

fn without_outliers(distances: &[f64]) -> Vec<f64> {
    let (mean, deviation) = moments(distances);
    let near = |distance: &&f64| (**distance - mean).abs() <= 3.0 * deviation;
    distances.iter().filter(near).copied().collect()
}

/// Returns mean and standard deviation; zeros for an empty slice.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    (mean, square.sqrt())
}

#[cfg(test)]
mod tests {
    use super::{Prada, nearest_distances, without_outliers};
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::samples::toward;
    use crate::eval::baseline::step::Step;
    use proptest::prelude::*;

    fn at(degrees: f32) -> Step {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        toward(&[cosine, sine])
    }

    /// Returns the chord of an angle.
    fn chord(degrees: f64) -> f64 {
        2.0 * (degrees.to_radians() / 2.0).sin()
    }

    #[test]
    fn a_hand_worked_growing_set() {
        // The set starts at 0 degrees. 90 is taken in (1.414 > 0); its distances {0, 1.414} have mean and deviation
        // 0.707, threshold 0. 80 is 10 from 90 and is taken in; {0, 1.414, 0.174} have mean 0.529 and deviation 0.629:
        // threshold still 0. 85 is 5 from both neighbours; 0 repeats the first and adds nothing.
        let distances = nearest_distances(&[0.0, 90.0, 80.0, 85.0, 0.0].map(at));
        for (got, expected) in distances.iter().zip([90.0, 10.0, 5.0, 0.0].map(chord)) {
            assert!((got - expected).abs() < 1e-3, "{distances:?}");
        }
        assert_eq!(distances.len(), 4);
    }

    #[test]
    fn outliers_are_left_out() {
        let mut distances = vec![1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0, 1.0, 1.1, 0.9, 1.0, 1.0];
        distances.push(9.0);
        assert_eq!(without_outliers(&distances), distances[..12]);
    }

    #[test]
    fn too_little_cannot_be_said() {
        let few: Vec<Step> = (0..8).map(|n| at(n as f32 * 7.0)).collect();
        assert!(Prada::CHOICES[0].score(&few).is_infinite());
        let same = vec![at(3.0); 60];
        assert!(Prada::CHOICES[0].score(&same).is_infinite());
    }

    /// Requests that move away from all earlier ones, so that each distance is the last stride.
    fn walk(strides: impl IntoIterator<Item = f32>) -> Vec<Step> {
        let angles = strides.into_iter().scan(0.0, |angle, stride| {
            *angle += stride;
            Some(at(*angle))
        });
        angles.collect()
    }

    proptest! {
        #[test]
        fn strides_of_two_sizes_are_less_normal_than_strides_of_all_sizes(
            short in 0.5_f32..1.5,
            long in 3.0_f32..5.0,
        ) {
            let even = walk((0..40_u8).map(|n| short + f32::from(n) * (long - short) / 39.0));
            let two = walk((0..40_u8).map(|n| if n % 2 == 0 { short } else { long }));
            let all = Prada::CHOICES[0];
            prop_assert!(all.score(&two) > all.score(&even));
        }
    }
}
