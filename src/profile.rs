//! What is remembered of an account: bounded, mergeable, decaying.
//!
//! Sees observations only. `merge` is associative and commutative with an identity, so a cluster is one account.
//!
//! One block a question, each in its own file with its formula, its source and how it merges:
//!
//! | block | question | bytes |
//! |---|---|---|
//! | [`MeanEmbedding`] | what is it about, how alike | 1032 |
//! | [`HeavyHitters`] | which templates carry it | 792 |
//! | [`Distinct`] | how many different things, how many repeats | 1088 |
//! | [`RepeatRing`] | the same prompt again within a minute | 784 |
//! | [`CueSums`] | what does it ask for | 288 |
//! | [`ModelMix`] | of which models | 112 |
//! | [`RequestStats`] | with which tools and outcomes | 32 |
//! | [`LinkageSketch`] | whom does it resemble | 128 |
//! | [`Clients`] | whom does it serve, how many at once | 120 |
//! | [`Refusals`] | what does it try after a refusal | 112 |
//! | [`ChangeDetector`] | does it still ask what it used to | 576 |
//!
//! Nothing is kept that nothing reads: detectors read all of it but [`LinkageSketch`], which waits for links between
//! accounts, since what was not sketched as it came cannot be sketched later.
//!
//! How exactly it merges: hashes, counts, extremes and undecayed sums merge to the very same bytes in any order.
//! Decayed sums and feature sums are floats and merge up to rounding. Heavy hitters beyond their capacity keep their
//! bounds, but not the same rare digests. What lies *between* two consecutive exchanges (gaps, switches, repeats
//! within the ring) is counted in each account's own order; a merged profile has the sum of its members' counts. A change against the own
//! past is its account's alone: a merged profile has that of the member with the most evidence.

mod bottom_k;
mod bytes;
mod change_detector;
mod clients;
mod cue_sums;
mod decay;
mod distinct;
mod elementary;
mod heavy_hitters;
mod hyper_log_log;
mod linkage_sketch;
mod mean_embedding;
mod model_mix;
mod moments;
mod random_features;
mod refusals;
mod repeat_ring;
mod request_stats;
mod space_saving;

pub use bottom_k::{BottomK, RepeatEstimate};
pub use bytes::{PROFILE_BYTES, PROFILE_VERSION, ProfileBytesError};
pub use change_detector::{ChangeDetector, PAST_LENGTH, RUN_LENGTH};
pub use clients::Clients;
pub use cue_sums::{CueSums, TOP_INTENTS, Tail};
pub use distinct::Distinct;
pub use heavy_hitters::HeavyHitters;
pub use hyper_log_log::HyperLogLog;
pub use linkage_sketch::{LinkageSketch, MINHASH_LENGTH};
pub use mean_embedding::MeanEmbedding;
pub use model_mix::ModelMix;
pub use random_features::{FEATURE_DIM, FREQUENCIES, Features, InvalidBandwidth, RandomFeatures};
pub use refusals::Refusals;
pub use repeat_ring::{RING_LENGTH, RepeatRing};
pub use request_stats::RequestStats;
pub use space_saving::{Hitter, SpaceSaving};

use crate::domain::{Observation, Timestamp};

/// Everything remembered of one account, or of several as one. No heap: its size is all it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    seen: u64,
    /// Microseconds; the earliest possible time before the first exchange.
    last: i64,
    mean_embedding: MeanEmbedding,
    heavy_hitters: HeavyHitters,
    distinct: Distinct,
    repeat_ring: RepeatRing,
    cues: CueSums,
    model_mix: ModelMix,
    request_stats: RequestStats,
    linkage_sketch: LinkageSketch,
    clients: Clients,
    refusals: Refusals,
    change_detector: ChangeDetector,
}

/// The most that a profile may take, whatever the account does, in bytes.
pub const PROFILE_SIZE_LIMIT: usize = 5_120;

const _: () = assert!(size_of::<Profile>() <= PROFILE_SIZE_LIMIT);

impl Profile {
    /// The profile of nobody: the identity of [`Profile::merge`].
    pub const fn empty() -> Self {
        Self {
            seen: 0,
            last: i64::MIN,
            mean_embedding: MeanEmbedding::empty(),
            heavy_hitters: HeavyHitters::empty(),
            distinct: Distinct::empty(),
            repeat_ring: RepeatRing::empty(),
            cues: CueSums::empty(),
            model_mix: ModelMix::empty(),
            request_stats: RequestStats::empty(),
            linkage_sketch: LinkageSketch::empty(),
            clients: Clients::empty(),
            refusals: Refusals::empty(),
            change_detector: ChangeDetector::empty(),
        }
    }

    /// Takes in one exchange. Late ones are welcome; any time is.
    pub fn update(&mut self, observation: &Observation, random_features: &RandomFeatures) {
        self.seen = self.seen.saturating_add(1);
        self.last = self.last.max(observation.time.as_micros());
        let features = random_features.project(&observation.embedding);
        let signs = features.as_ref().map(change_detector::signs);
        if let Some(features) = &features {
            self.mean_embedding.update(features);
        }
        self.heavy_hitters.update(observation);
        self.distinct.update(observation);
        let echo = self.repeat_ring.update(observation);
        self.cues.update(observation);
        self.model_mix.update(observation, echo);
        self.request_stats.update(observation);
        self.linkage_sketch.update(observation);
        self.clients.update(observation, echo.turn);
        self.refusals.update(observation, signs);
        // The turns of a conversation are alike because they are one; what is compared is how conversations begin.
        if let Some(signs) = signs
            && echo.turn == repeat_ring::Turn::First
        {
            self.change_detector
                .update(signs, observation.prompt, self.seen);
        }
    }

    /// Takes in all that another profile saw.
    pub fn merge(&mut self, other: &Self) {
        self.seen = self.seen.saturating_add(other.seen);
        self.last = self.last.max(other.last);
        self.mean_embedding.merge(&other.mean_embedding);
        self.heavy_hitters.merge(&other.heavy_hitters);
        self.distinct.merge(&other.distinct);
        self.repeat_ring.merge(&other.repeat_ring);
        self.cues.merge(&other.cues);
        self.model_mix.merge(&other.model_mix);
        self.request_stats.merge(&other.request_stats);
        self.linkage_sketch.merge(&other.linkage_sketch);
        self.clients.merge(&other.clients);
        self.refusals.merge(&other.refusals);
        self.change_detector.merge(&other.change_detector);
    }

    /// Exchanges taken in.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Time of the latest exchange; `None` before the first.
    pub fn last_seen(&self) -> Option<Timestamp> {
        (self.seen > 0).then(|| Timestamp::from_micros(self.last))
    }

    /// What it is about.
    pub const fn mean_embedding(&self) -> &MeanEmbedding {
        &self.mean_embedding
    }

    /// Which templates carry it.
    pub const fn heavy_hitters(&self) -> &HeavyHitters {
        &self.heavy_hitters
    }

    /// How many different things were asked.
    pub const fn distinct(&self) -> &Distinct {
        &self.distinct
    }

    /// The same prompt again within a minute.
    pub const fn repeat_ring(&self) -> &RepeatRing {
        &self.repeat_ring
    }

    /// What it asks for.
    pub const fn cues(&self) -> &CueSums {
        &self.cues
    }

    /// Of which models.
    pub const fn model_mix(&self) -> &ModelMix {
        &self.model_mix
    }

    /// With which tools and outcomes.
    pub const fn request_stats(&self) -> &RequestStats {
        &self.request_stats
    }

    /// Whom it resembles.
    pub const fn linkage_sketch(&self) -> &LinkageSketch {
        &self.linkage_sketch
    }

    /// Whom it serves.
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What it tries after a refusal.
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Whether it still asks what it used to.
    pub const fn change_detector(&self) -> &ChangeDetector {
        &self.change_detector
    }

    /// The first block that holds what no fold can produce.
    fn invalid_block(&self) -> Option<&'static str> {
        [
            ("seen", self.counts_agree()),
            ("mean_embedding", self.mean_embedding.is_valid()),
            ("heavy_hitters", self.heavy_hitters.is_valid()),
            ("distinct", self.distinct.is_valid()),
            ("repeat_ring", self.repeat_ring.is_valid()),
            ("cues", self.cues.is_valid()),
            ("model_mix", self.model_mix.is_valid()),
            ("request_stats", self.request_stats.is_valid()),
            ("clients", self.clients.is_valid()),
            ("refusals", self.refusals.is_valid()),
            ("change_detector", self.change_detector.is_valid()),
        ]
        .into_iter()
        .find_map(|(block, sound)| (!sound).then_some(block))
    }

    /// Each block counts for itself, and all saw the same exchanges.
    fn counts_agree(&self) -> bool {
        self.seen == self.heavy_hitters.skeletons().total()
            && self.seen == self.repeat_ring.exchanges
            && self.seen == self.cues.count
            && self.seen == self.model_mix.models().total()
            && self.seen == self.request_stats.exchanges
            && self.seen >= self.mean_embedding.count()
            && self.seen >= self.clients.in_conversation
            && (self.seen > 0 || self.last == i64::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table in the module's documentation is the budget; a block that grows must say so there.
    #[test]
    fn the_table_of_sizes_is_true() {
        let sizes = [
            ("MeanEmbedding", size_of::<MeanEmbedding>()),
            ("HeavyHitters", size_of::<HeavyHitters>()),
            ("Distinct", size_of::<Distinct>()),
            ("RepeatRing", size_of::<RepeatRing>()),
            ("CueSums", size_of::<CueSums>()),
            ("ModelMix", size_of::<ModelMix>()),
            ("RequestStats", size_of::<RequestStats>()),
            ("LinkageSketch", size_of::<LinkageSketch>()),
            ("Clients", size_of::<Clients>()),
            ("Refusals", size_of::<Refusals>()),
            ("ChangeDetector", size_of::<ChangeDetector>()),
        ];
        let table: Vec<&str> = include_str!("profile.rs")
            .lines()
            .filter(|line| line.starts_with("//! | [`"))
            .collect();
        assert_eq!(table.len(), sizes.len());
        for (line, (block, size)) in table.iter().zip(sizes) {
            assert!(line.contains(&format!("[`{block}`]")), "{line}");
            assert!(
                line.ends_with(&format!("| {size} |")),
                "{block} takes {size} bytes: {line}"
            );
        }
    }
}
