//! Sides of the split, a pure function of a group's name, so that no run, machine or new file moves a group.

use std::collections::BTreeSet;

use serde::Deserialize;
use strum::IntoStaticStr;

use super::LicenceClass;

/// Salt that identifies the current split; changing it moves every group.
///
/// Chosen by composition alone, before any model was fitted: the first of `split-0`, `split-1`, ... for which
/// - every extraction family has at least 300 requests in [`Partition::Fit`] and in [`Partition::Test`], and the three
///   largest also in [`Partition::Calibrate`]; at least three Chinese pipelines are fitted on, three tested, one
///   calibrates; at least 30 pipelines are fitted on and 9 calibrate;
/// - every benign family has at least 100 requests in `Fit` and in `Test` (tutoring only in `Fit`: all of its
///   pools share one lineage), and the hardest look-alikes, tutoring and benign judges, 2,000 and 3,000 in `Fit`;
/// - real conversations (`sharegpt_sample_1k`) and Chinese users (`human prompt sets`) are in `Fit`;
/// - zh, en, ko, ja and fr are on both sides, and at most 16,000 permissive requests are withheld.
pub(crate) const SALT: &str = "split-3092";

/// The use that a unit is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Partition {
    /// For fitting models.
    Fit,
    /// For choosing thresholds and calibration.
    Calibrate,
    /// For the reported figures.
    Test,
    /// Evaluation-only material with relatives in `Fit` or `Calibrate`; neither trained on nor held out.
    #[serde(skip)]
    Withheld,
}

impl Partition {
    /// The stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Returns a stable share in [0, 1) for a group under a salt; the same on every machine and in every version.
pub(crate) fn share_of(group: &str, salt: &str) -> f64 {
    let mut hasher = blake3::Hasher::new();
    // Lengths come first, so that no two pairs hash the same bytes.
    hasher.update(&(salt.len() as u64).to_le_bytes());
    hasher.update(salt.as_bytes());
    hasher.update(group.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    // A double holds 53 bits exactly.
    (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The assignment of units to sides. A unit depends on one or more keys: its lineage labels, or its own name if it has
/// none.
///
/// Every key has its own side, and a unit whose keys disagree is withheld. Joining such units instead would link two
/// thirds of the benign pools into one group, through a few sources that mix several corpora.
pub(crate) struct Split<'a> {
    permissive_keys: BTreeSet<&'a str>,
}

impl<'a> Split<'a> {
    /// Creates a split over units given as (keys, licence).
    pub(crate) fn new(units: impl IntoIterator<Item = (&'a [String], LicenceClass)>) -> Self {
        let permissive_keys = units
            .into_iter()
            .filter(|(_, licence)| *licence == LicenceClass::Permissive)
            .flat_map(|(keys, _)| keys.iter().map(String::as_str))
            .collect();
        Self { permissive_keys }
    }

    /// Returns the side of a unit. Keys without any permissive unit are for testing; of the others, 60% are for
    /// fitting, 20% for calibration and 20% for testing. A unit that may not be trained on follows its keys into the
    /// test side, or is withheld.
    ///
    /// # Panics
    /// When `keys` is empty.
    pub(crate) fn partition(&self, keys: &[String], licence: LicenceClass) -> Partition {
        let side = self.side(&keys[0]);
        if keys[1..].iter().any(|key| self.side(key) != side) {
            return Partition::Withheld;
        }
        if licence == LicenceClass::Permissive || side == Partition::Test {
            side
        } else {
            Partition::Withheld
        }
    }

    fn side(&self, key: &str) -> Partition {
        if !self.permissive_keys.contains(key) {
            return Partition::Test;
        }
        match share_of(key, SALT) {
            share if share < 0.6 => Partition::Fit,
            share if share < 0.8 => Partition::Calibrate,
            _ => Partition::Test,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Partition, Split, share_of};
    use crate::simulate::corpus::LicenceClass::{Permissive, Restricted, Unknown};

    #[test]
    fn shares_are_uniform_and_salted() {
        let shares: Vec<f64> = (0..10_000)
            .map(|n| share_of(&format!("group-{n}"), "salt"))
            .collect();
        let fit = shares.iter().filter(|share| **share < 0.6).count();
        assert!((5_800..6_200).contains(&fit), "{fit}");
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        assert!((share_of("group-1", "salt") - share_of("group-1", "other")).abs() > 1e-9);
    }

    #[test]
    fn restricted_material_is_never_trained_on() {
        let keys: Vec<[String; 1]> = (0..200).map(|n| [format!("group-{n}")]).collect();
        let split = Split::new(keys.iter().map(|key| (key.as_slice(), Permissive)));
        for key in &keys {
            let side = split.partition(key, Permissive);
            for licence in [Restricted, Unknown] {
                let other = split.partition(key, licence);
                assert!(matches!(other, Partition::Test | Partition::Withheld));
                assert_eq!(other == Partition::Test, side == Partition::Test);
            }
        }
        let alone = ["no permissive member".to_owned()];
        assert_eq!(split.partition(&alone, Restricted), Partition::Test);
    }

    #[test]
    fn a_unit_that_would_bridge_two_sides_is_withheld() {
        let keys: Vec<String> = (0..50).map(|n| format!("label-{n}")).collect();
        let split = Split::new([(keys.as_slice(), Permissive)]);
        for pair in keys.windows(2) {
            let sides = [&pair[..1], &pair[1..]].map(|key| split.partition(key, Permissive));
            let expected = if sides[0] == sides[1] {
                sides[0]
            } else {
                Partition::Withheld
            };
            assert_eq!(split.partition(pair, Permissive), expected);
        }
    }
}
