//! Which requests an account asks again on another day or of another model, as a suite that is run again does.
//!
//! A benchmark, a regression test and a judge in a build are run again: after every change, and for every model. A
//! harvest reads its pool once. Of all that an account can show, this is the best sign of an honest evaluator, whose
//! requests read like those of an extraction one by one.
//!
//! What counts is answered requests only. Several answers within hours are a burst (sampling the best of several, an
//! agent's loop, a retry) and no run; a request that one model refused and another answered was switched, not run
//! again. The sign can be bought by sending a part of a pool twice, so it may lower a score a little and clear nobody.

use crate::domain::{Digest, Evidence, Observation, Outcome};
use crate::statistics::splitmix::mix;

/// Number of distinct requests that are sampled.
pub(super) const SAMPLE_LENGTH: usize = 20;

/// Sampled requests below which no share is known.
const REQUESTS_NEEDED: usize = 10;

/// Microseconds of the unit in which times are kept: ten minutes.
const UNIT_MICROS: i64 = 600_000_000;

/// Units between two occurrences of a request in different runs: six hours.
const RUN_UNITS: u32 = 36;

/// Hash of a vacant entry, which no request has.
const VACANT: u32 = u32::MAX;

/// One sampled request: the extremes of when and of whom it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) hash: u32,
    /// Units since the Unix epoch; times before it count as 0.
    pub(super) first: u32,
    pub(super) last: u32,
    /// Two tags of 16 bits: the least and the greatest among the models that answered.
    pub(super) least_model: u16,
    pub(super) greatest_model: u16,
}

impl Item {
    const NOTHING: Self = Self {
        hash: VACANT,
        first: 0,
        last: 0,
        least_model: 0,
        greatest_model: 0,
    };

    fn of(observation: &Observation) -> Self {
        let units = observation.time.as_micros().max(0) / UNIT_MICROS;
        let unit = u32::try_from(units).unwrap_or(u32::MAX);
        let model = observation.model.0 as u16;
        Self {
            hash: hash(observation.request),
            first: unit,
            last: unit,
            least_model: model,
            greatest_model: model,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.least_model = self.least_model.min(other.least_model);
        self.greatest_model = self.greatest_model.max(other.greatest_model);
    }

    const fn asked_again(&self) -> bool {
        self.last - self.first >= RUN_UNITS || self.least_model != self.greatest_model
    }
}

/// A uniform sample of the distinct answered requests: the twenty with the smallest hashes, as in
/// [`BottomK`](super::bottom_k::BottomK), where it is explained why such a sample is exact. Merges exactly, in every
/// order, because it keeps only extremes. Two of a million requests share a hash of 32 bits within the sample with a
/// probability of 0.2%, and would then look like one that was asked again. Update cost: one hash, at most one shift of
/// 320 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reruns {
    /// In ascending order of the hash; vacant entries last.
    pub(super) sample: [Item; SAMPLE_LENGTH],
}

impl Reruns {
    pub(super) const fn empty() -> Self {
        Self {
            sample: [Item::NOTHING; SAMPLE_LENGTH],
        }
    }

    /// Counts one exchange if it asks something and was answered.
    pub(super) fn update(&mut self, observation: &Observation) {
        let answered = !matches!(observation.outcome, Outcome::Refused | Outcome::Failed);
        if answered && observation.evidence == Evidence::Asks {
            self.insert(&Item::of(observation));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for item in other.kept() {
            self.insert(item);
        }
    }

    /// Returns the share of the distinct answered requests that were asked again, at least six hours later or of
    /// another model; `None` while fewer than ten are sampled. The standard error is at most 11%, and 0 while the
    /// account has sent no more than 20.
    pub fn rerun_share(&self) -> Option<f64> {
        let kept = self.kept();
        let again = kept.iter().filter(|item| item.asked_again()).count();
        (kept.len() >= REQUESTS_NEEDED).then(|| again as f64 / kept.len() as f64)
    }

    pub(super) fn is_valid(&self) -> bool {
        let kept = self.kept();
        kept.is_sorted_by(|a, b| a.hash < b.hash)
            && kept
                .iter()
                .all(|item| item.first <= item.last && item.least_model <= item.greatest_model)
            && self.sample[kept.len()..]
                .iter()
                .all(|item| *item == Item::NOTHING)
    }

    fn kept(&self) -> &[Item] {
        let used = self.sample.partition_point(|item| item.hash < VACANT);
        &self.sample[..used]
    }

    fn insert(&mut self, new: &Item) {
        let place = self
            .sample
            .binary_search_by_key(&new.hash, |item| item.hash);
        match place {
            Ok(at) => self.sample[at].merge(new),
            Err(at) if at < SAMPLE_LENGTH => {
                self.sample[at..].rotate_right(1);
                self.sample[at] = *new;
            }
            Err(_) => {}
        }
    }
}

fn hash(request: Digest) -> u32 {
    ((mix(request.0) >> 32) as u32).min(VACANT - 1)
}
