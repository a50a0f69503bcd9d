//! What is remembered of an account: bounded, mergeable, decaying.
//!
//! Sees observations only. `merge` is associative and commutative with an identity, so a cluster is one account.
//!
//! One block a question, each in its own file with its formula, its source and how it merges:
//!
//! | block | question | bytes |
//! |---|---|---|
//! | [`MeanEmbedding`] | what is it about, how alike, does it drift | 2080 |
//! | [`HeavyHitters`] | which templates carry it | 1280 |
//! | [`Distinct`] | how many different things, how many repeats | 1600 |
//! | [`RepeatRing`] | the same prompt again within a minute | 784 |
//! | [`CueSums`] | what does it ask for | 744 |
//! | [`Timing`] | when | 144 |
//! | [`ModelMix`] | of which models | 144 |
//! | [`OutputSide`] | with which settings, sizes and outcomes | 248 |
//! | [`Identity`] | whom does it resemble, how many clients | 256 |
//! | [`Clients`] | whom does it serve, how many at once | 168 |
//! | [`Refusals`] | what does it try after a refusal | 112 |
//! | [`OwnPast`] | does it still ask what it used to | 576 |
//!
//! How exactly it merges: hashes, counts, extremes and undecayed sums merge to the very same bytes in any order.
//! Decayed sums and feature sums are floats and merge up to rounding. Heavy hitters beyond their capacity keep their
//! bounds, but not the same rare digests. What lies *between* two consecutive exchanges (gaps, switches, repeats
//! within the ring) is counted in each account's own order; a merged profile has the sum of its members' counts. A change against the own
//! past is its account's alone: a merged profile has that of the member with the most evidence.

mod bottom_k;
mod bytes;
mod clients;
mod cue_sums;
mod decay;
mod distinct;
mod elementary;
mod hash;
mod heavy_hitters;
mod hyper_log_log;
mod identity;
mod mean_embedding;
mod model_mix;
mod moments;
mod output_side;
mod own_past;
mod random_features;
mod refusals;
mod repeat_ring;
mod space_saving;
mod timing;

pub use bottom_k::{BottomK, RepeatEstimate};
pub use bytes::{PROFILE_BYTES, PROFILE_VERSION, ProfileBytesError};
pub use clients::Clients;
pub use cue_sums::{CueSums, TOP_INTENTS, Tail};
pub use distinct::Distinct;
pub use heavy_hitters::HeavyHitters;
pub use hyper_log_log::HyperLogLog;
pub use identity::{Identity, MINHASH_LENGTH};
pub use mean_embedding::MeanEmbedding;
pub use model_mix::ModelMix;
pub use moments::Moments;
pub use output_side::{OutputSide, Temperature};
pub use own_past::{OwnPast, PAST_LENGTH, RUN_LENGTH};
pub use random_features::{FEATURE_DIM, FREQUENCIES, Features, InvalidBandwidth, RandomFeatures};
pub use refusals::Refusals;
pub use repeat_ring::{RING_LENGTH, RepeatRing};
pub use space_saving::{Hitter, SpaceSaving};
pub use timing::{DAYS_REMEMBERED, Timing};

use crate::domain::Observation;

/// Everything remembered of one account, or of several as one. No heap: its size is all it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    seen: u64,
    mean_embedding: MeanEmbedding,
    heavy_hitters: HeavyHitters,
    distinct: Distinct,
    repeat_ring: RepeatRing,
    cues: CueSums,
    timing: Timing,
    model_mix: ModelMix,
    output_side: OutputSide,
    identity: Identity,
    clients: Clients,
    refusals: Refusals,
    own_past: OwnPast,
}

/// The most that a profile may take, whatever the account does.
pub const PROFILE_SIZE_LIMIT: usize = 8192;

const _: () = assert!(size_of::<Profile>() <= PROFILE_SIZE_LIMIT);

impl Profile {
    /// The profile of nobody: the identity of [`Profile::merge`].
    pub const fn empty() -> Self {
        Self {
            seen: 0,
            mean_embedding: MeanEmbedding::empty(),
            heavy_hitters: HeavyHitters::empty(),
            distinct: Distinct::empty(),
            repeat_ring: RepeatRing::empty(),
            cues: CueSums::empty(),
            timing: Timing::empty(),
            model_mix: ModelMix::empty(),
            output_side: OutputSide::empty(),
            identity: Identity::empty(),
            clients: Clients::empty(),
            refusals: Refusals::empty(),
            own_past: OwnPast::empty(),
        }
    }

    /// Takes in one exchange. Late ones are welcome; any time is.
    pub fn absorb(&mut self, observation: &Observation, random_features: &RandomFeatures) {
        self.seen = self.seen.saturating_add(1);
        let features = random_features.project(&observation.embedding);
        let signs = features.as_ref().map(own_past::signs);
        if let Some(features) = &features {
            self.mean_embedding.absorb(observation.time, features);
        }
        self.heavy_hitters.absorb(observation);
        self.distinct.absorb(observation);
        let echo = self.repeat_ring.absorb(observation);
        self.cues.absorb(observation);
        self.timing.absorb(observation.time, echo.within_minute);
        self.model_mix.absorb(observation, echo);
        self.output_side.absorb(observation);
        self.identity.absorb(observation);
        self.clients.absorb(observation, echo.turn);
        self.refusals.absorb(observation, signs);
        // The turns of a conversation are alike because they are one; what is compared is how conversations begin.
        if let Some(signs) = signs
            && echo.turn == repeat_ring::Turn::First
        {
            self.own_past.absorb(signs, observation.prompt, self.seen);
        }
    }

    /// Takes in all that another profile saw.
    pub fn merge(&mut self, other: &Self) {
        self.seen = self.seen.saturating_add(other.seen);
        self.mean_embedding.merge(&other.mean_embedding);
        self.heavy_hitters.merge(&other.heavy_hitters);
        self.distinct.merge(&other.distinct);
        self.repeat_ring.merge(&other.repeat_ring);
        self.cues.merge(&other.cues);
        self.timing.merge(&other.timing);
        self.model_mix.merge(&other.model_mix);
        self.output_side.merge(&other.output_side);
        self.identity.merge(&other.identity);
        self.clients.merge(&other.clients);
        self.refusals.merge(&other.refusals);
        self.own_past.merge(&other.own_past);
    }

    /// Exchanges taken in.
    pub const fn seen(&self) -> u64 {
        self.seen
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

    /// When.
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Of which models.
    pub const fn model_mix(&self) -> &ModelMix {
        &self.model_mix
    }

    /// With which settings, sizes and outcomes.
    pub const fn output_side(&self) -> &OutputSide {
        &self.output_side
    }

    /// Whom it resembles.
    pub const fn identity(&self) -> &Identity {
        &self.identity
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
    pub const fn own_past(&self) -> &OwnPast {
        &self.own_past
    }

    /// The first block that holds what no fold can produce.
    fn unsound_block(&self) -> Option<&'static str> {
        [
            ("seen", self.counts_agree()),
            ("mean_embedding", self.mean_embedding.is_sound()),
            ("heavy_hitters", self.heavy_hitters.is_sound()),
            ("distinct", self.distinct.is_sound()),
            ("repeat_ring", self.repeat_ring.is_sound()),
            ("cues", self.cues.is_sound()),
            ("timing", self.timing.is_sound()),
            ("model_mix", self.model_mix.is_sound()),
            ("output_side", self.output_side.is_sound()),
            ("identity", self.identity.is_sound()),
            ("clients", self.clients.is_sound()),
            ("refusals", self.refusals.is_sound()),
            ("own_past", self.own_past.is_sound()),
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
            && self.seen == self.output_side.exchanges
            && self.seen >= self.mean_embedding.count()
            && self.seen >= self.clients.in_conversation
            && (self.seen > 0) == self.timing.last().is_some()
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
            ("Timing", size_of::<Timing>()),
            ("ModelMix", size_of::<ModelMix>()),
            ("OutputSide", size_of::<OutputSide>()),
            ("Identity", size_of::<Identity>()),
            ("Clients", size_of::<Clients>()),
            ("Refusals", size_of::<Refusals>()),
            ("OwnPast", size_of::<OwnPast>()),
        ];
        let table: Vec<&str> = include_str!("mod.rs")
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
