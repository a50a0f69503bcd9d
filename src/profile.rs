//! The profile of an account: a bounded, mergeable, decaying summary of its observations.
//!
//! Sees observations only. `merge` is associative and commutative with an identity, so a cluster can be treated as one
//! account.
//!
//! One block per question, each in its own file with its formula, its source and its rule of merging:
//!
//! | block | question | bytes |
//! |---|---|---|
//! | [`MeanEmbedding`] | what is it about, how similar are its requests | 1032 |
//! | [`HeavyHitters`] | which templates carry its traffic | 792 |
//! | [`Distinct`] | how many different things does it ask, with how many repeats | 1088 |
//! | [`Reruns`] | which of it does it ask again on another day or of another model | 320 |
//! | [`RepeatRing`] | does it send the same prompt again within a minute | 784 |
//! | [`CueSums`] | what does it ask for | 424 |
//! | [`JudgedTexts`] | which texts were judged already | 512 |
//! | [`ModelMix`] | which models does it ask | 128 |
//! | [`RequestStats`] | with which tools and outcomes, how much of it unreadable | 48 |
//! | [`Clients`] | whom does it serve, how many concurrently, on how many devices | 184 |
//! | [`TypedTurns`] | do several people type at once | 176 |
//! | [`Refusals`] | what is refused, and what does it try then | 136 |
//! | [`ChangeDetector`] | does it still ask what it used to | 576 |
//!
//! Nothing is kept that no detector reads.
//!
//! Exactness of merging: hashes, counts, extremes and undecayed sums merge to the very same bytes in any order. Decayed
//! sums and feature sums are floats and merge up to rounding. Heavy hitters beyond their capacity keep their bounds,
//! but not necessarily the same rare digests. Relations *between* two consecutive exchanges (gaps, switches, repeats
//! within the ring) are counted in each account's own order; a merged profile has the sum of its members' counts. A
//! change relative to an account's own past belongs to that account alone: a merged profile has that of the member with
//! the most evidence.

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
mod intent_tail;
mod judged_texts;
mod mean_embedding;
mod model_mix;
mod moments;
mod random_features;
mod refusals;
mod repeat_ring;
mod request_stats;
mod reruns;
mod small_count;
mod space_saving;
mod typed_turns;

pub use bottom_k::RepeatEstimate;
pub use bytes::{PROFILE_BYTES, PROFILE_VERSION, ProfileBytesError};
pub(crate) use change_detector::ChangeDetector;
pub(crate) use clients::Clients;
pub(crate) use cue_sums::CueSums;
pub(crate) use distinct::Distinct;
pub(crate) use heavy_hitters::HeavyHitters;
pub(crate) use judged_texts::JudgedTexts;
pub(crate) use mean_embedding::MeanEmbedding;
pub(crate) use model_mix::ModelMix;
pub(crate) use random_features::InvalidBandwidth;
pub use random_features::RandomFeatures;
pub(crate) use refusals::Refusals;
pub(crate) use repeat_ring::{RING_LENGTH, RepeatRing};
pub(crate) use request_stats::RequestStats;
pub(crate) use reruns::Reruns;
pub(crate) use space_saving::SpaceSaving;
pub(crate) use typed_turns::TypedTurns;

use crate::domain::{CueProbabilities, Digest, Evidence, Observation, Timestamp};
use crate::statistics::splitmix::mix;

/// The summary of one account, or of several as one. It owns no heap memory, so its size is its full cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    seen: u64,
    /// Microseconds since the Unix epoch; the earliest possible time before the first exchange.
    last: i64,
    mean_embedding: MeanEmbedding,
    heavy_hitters: HeavyHitters,
    distinct: Distinct,
    reruns: Reruns,
    repeat_ring: RepeatRing,
    cues: CueSums,
    judged_texts: JudgedTexts,
    model_mix: ModelMix,
    request_stats: RequestStats,
    clients: Clients,
    typed_turns: TypedTurns,
    refusals: Refusals,
    change_detector: ChangeDetector,
}

/// Maximum size of a profile in bytes, whatever the account does.
pub(crate) const PROFILE_SIZE_LIMIT: usize = 6_216;

const _: () = assert!(size_of::<Profile>() <= PROFILE_SIZE_LIMIT);

impl Profile {
    /// Returns the empty profile, the identity of [`Profile::merge`].
    pub const fn empty() -> Self {
        Self {
            seen: 0,
            last: i64::MIN,
            mean_embedding: MeanEmbedding::empty(),
            heavy_hitters: HeavyHitters::empty(),
            distinct: Distinct::empty(),
            reruns: Reruns::empty(),
            repeat_ring: RepeatRing::empty(),
            cues: CueSums::empty(),
            judged_texts: JudgedTexts::empty(),
            model_mix: ModelMix::empty(),
            request_stats: RequestStats::empty(),
            clients: Clients::empty(),
            typed_turns: TypedTurns::empty(),
            refusals: Refusals::empty(),
            change_detector: ChangeDetector::empty(),
        }
    }

    /// Updates the profile with one exchange. Any event time is accepted, including late ones.
    ///
    /// A call that failed, that could not be read or that asks too little is counted and says nothing about what the
    /// account asks for: it reaches no other block than the counts of outcomes.
    pub fn update(&mut self, observation: &Observation, random_features: &RandomFeatures) {
        let before = (self.seen > 0).then_some(self.last);
        self.seen = self.seen.saturating_add(1);
        self.last = self.last.max(observation.time.as_micros());
        self.request_stats.update(observation);
        if says_nothing(observation) {
            return;
        }
        let features = random_features.project(&observation.embedding);
        let signs = features.as_ref().map(change_detector::signs);
        if let Some(features) = &features {
            self.mean_embedding.update(features);
        }
        self.heavy_hitters.update(observation);
        self.distinct.update(observation);
        self.reruns.update(observation);
        let ring_match = self.repeat_ring.update(observation);
        if let Some(cues) = self.cues_to_judge(observation) {
            self.cues.update(&cues, observation.time);
        }
        self.model_mix.update(observation, ring_match);
        self.clients.update(observation, ring_match.turn);
        self.typed_turns.update(observation, signs, before);
        self.refusals
            .update(observation, signs, ring_match.refused_here);
        // Turns of a conversation are similar because they belong together, so only the beginnings of conversations are
        // compared.
        if let Some(signs) = signs
            && ring_match.turn == repeat_ring::Turn::First
        {
            self.change_detector
                .update(signs, observation.prompt, self.seen);
        }
    }

    /// Returns the cues by which an exchange is judged: those of its request, unless that is trivial or was judged
    /// often enough, or those of such a text elsewhere in the call that resembles a pipeline more.
    fn cues_to_judge(&mut self, observation: &Observation) -> Option<CueProbabilities> {
        let elsewhere = observation
            .elsewhere
            .filter(|elsewhere| self.judged_texts.is_new(elsewhere.text));
        let own =
            (asks(observation) && self.is_to_be_judged(observation)).then_some(observation.cues);
        match (own, elsewhere) {
            (Some(own), Some(elsewhere)) => Some(own.or_elsewhere(elsewhere.cues)),
            (own, elsewhere) => own.or(elsewhere.map(|elsewhere| elsewhere.cues)),
        }
    }

    /// Records what a call asks and returns whether it is to be judged. Under another system prompt the same words ask
    /// something else; by themselves they are recorded as well, since they come back in the history.
    fn is_to_be_judged(&mut self, observation: &Observation) -> bool {
        let alone = self.judged_texts.is_to_be_judged(observation.request);
        observation.system.map_or(alone, |system| {
            let both = Digest(mix(observation.request.0 ^ mix(system.0)));
            self.judged_texts.is_to_be_judged(both)
        })
    }

    /// Merges another profile into this one.
    pub fn merge(&mut self, other: &Self) {
        self.seen = self.seen.saturating_add(other.seen);
        self.last = self.last.max(other.last);
        self.mean_embedding.merge(&other.mean_embedding);
        self.heavy_hitters.merge(&other.heavy_hitters);
        self.distinct.merge(&other.distinct);
        self.reruns.merge(&other.reruns);
        self.repeat_ring.merge(&other.repeat_ring);
        self.cues.merge(&other.cues);
        self.judged_texts.merge(&other.judged_texts);
        self.model_mix.merge(&other.model_mix);
        self.request_stats.merge(&other.request_stats);
        self.clients.merge(&other.clients);
        self.typed_turns.merge(&other.typed_turns);
        self.refusals.merge(&other.refusals);
        self.change_detector.merge(&other.change_detector);
    }

    /// Returns the number of exchanges.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns the number of exchanges by which the account is judged: answered or refused, with a text that is neither
    /// trivial nor was judged often enough before.
    pub const fn judged(&self) -> u64 {
        self.cues.count
    }

    /// Returns the number of exchanges whose text was read and says something.
    pub const fn texts_read(&self) -> u64 {
        self.repeat_ring.exchanges
    }

    /// Returns the time of the latest exchange; `None` before the first.
    pub fn last_seen(&self) -> Option<Timestamp> {
        (self.seen > 0).then(|| Timestamp::from_micros(self.last))
    }

    /// Returns what the requests are about.
    pub const fn mean_embedding(&self) -> &MeanEmbedding {
        &self.mean_embedding
    }

    /// Returns which templates carry the traffic.
    pub const fn heavy_hitters(&self) -> &HeavyHitters {
        &self.heavy_hitters
    }

    /// Returns how many different things were asked.
    pub const fn distinct(&self) -> &Distinct {
        &self.distinct
    }

    /// Returns what was asked again on another day or of another model.
    pub const fn reruns(&self) -> &Reruns {
        &self.reruns
    }

    /// Returns repeats of the same prompt within a minute.
    pub const fn repeat_ring(&self) -> &RepeatRing {
        &self.repeat_ring
    }

    /// Returns what the requests ask for.
    pub const fn cues(&self) -> &CueSums {
        &self.cues
    }

    /// Returns which models are asked.
    pub const fn model_mix(&self) -> &ModelMix {
        &self.model_mix
    }

    /// Returns the use of tools and the outcomes.
    pub const fn request_stats(&self) -> &RequestStats {
        &self.request_stats
    }

    /// Returns the client programs and conversations served.
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Returns whether several people type at once.
    pub const fn typed_turns(&self) -> &TypedTurns {
        &self.typed_turns
    }

    /// Returns what is refused and what is tried then.
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Returns whether the requests still resemble the account's own past.
    pub const fn change_detector(&self) -> &ChangeDetector {
        &self.change_detector
    }

    /// Returns the first block whose state no update or merge can produce.
    fn invalid_block(&self) -> Option<&'static str> {
        [
            ("seen", self.counts_agree()),
            ("mean_embedding", self.mean_embedding.is_valid()),
            ("heavy_hitters", self.heavy_hitters.is_valid()),
            ("distinct", self.distinct.is_valid()),
            ("reruns", self.reruns.is_valid()),
            ("repeat_ring", self.repeat_ring.is_valid()),
            ("cues", self.cues.is_valid()),
            ("model_mix", self.model_mix.is_valid()),
            ("request_stats", self.request_stats.is_valid()),
            ("clients", self.clients.is_valid()),
            ("typed_turns", self.typed_turns.is_valid()),
            ("refusals", self.refusals.is_valid()),
            ("change_detector", self.change_detector.is_valid()),
        ]
        .into_iter()
        .find_map(|(block, is_valid)| (!is_valid).then_some(block))
    }

    /// Returns whether the blocks, which count independently, saw the same exchanges.
    fn counts_agree(&self) -> bool {
        let read = self.texts_read();
        self.seen == self.request_stats.exchanges
            && self.seen >= read
            && read == self.heavy_hitters.skeletons().total()
            && read == self.model_mix.models().total()
            && read >= self.cues.count
            && read >= self.mean_embedding.count()
            && read >= self.clients.in_conversation
            && (self.seen > 0 || self.last == i64::MIN)
    }
}

/// Returns whether an exchange says nothing about what its account asks for. A request that is too short to say
/// anything may stand beside a text that does.
fn says_nothing(observation: &Observation) -> bool {
    !asks(observation)
        && (observation.evidence != Evidence::Trivial || observation.elsewhere.is_none())
}

/// Returns whether an exchange asks for something by its request, or by a telling system prompt over a request that is
/// too short to ask by itself.
fn asks(observation: &Observation) -> bool {
    match observation.evidence {
        Evidence::Asks => true,
        Evidence::Trivial => observation.cues.is_telling(),
        Evidence::Failed | Evidence::Unread => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table in the module's documentation is the size budget; a block that grows must be updated there.
    #[test]
    fn the_table_of_sizes_is_correct() {
        let sizes = [
            ("MeanEmbedding", size_of::<MeanEmbedding>()),
            ("HeavyHitters", size_of::<HeavyHitters>()),
            ("Distinct", size_of::<Distinct>()),
            ("Reruns", size_of::<Reruns>()),
            ("RepeatRing", size_of::<RepeatRing>()),
            ("CueSums", size_of::<CueSums>()),
            ("JudgedTexts", size_of::<JudgedTexts>()),
            ("ModelMix", size_of::<ModelMix>()),
            ("RequestStats", size_of::<RequestStats>()),
            ("Clients", size_of::<Clients>()),
            ("TypedTurns", size_of::<TypedTurns>()),
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
