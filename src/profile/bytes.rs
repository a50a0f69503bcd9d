//! The binary encoding of a profile, for snapshots.
//!
//! Little endian and of one fixed length: magic, version, the fields of every block in the order of declaration, and
//! a BLAKE3 checksum. Because the length is fixed, it is checked once, and reading cannot run out of bytes. Because a
//! checksum proves only that nothing was damaged, every block then checks its own invariants, so that no accessor can
//! meet a state that updates and merges could not have produced.

use thiserror::Error;

use super::Profile;
use super::bottom_k::{BottomK, Sampled};
use super::change_detector::{ChangeDetector, Evidence};
use super::clients::{Clients, DeviceVersion};
use super::cue_sums::CueSums;
use super::decay::Landmark;
use super::distinct::Distinct;
use super::heavy_hitters::HeavyHitters;
use super::hyper_log_log::HyperLogLog;
use super::intent_tail::IntentTail;
use super::judged_texts::JudgedTexts;
use super::mean_embedding::MeanEmbedding;
use super::model_mix::{ModelMix, Reaction};
use super::moments::FixedSum;
use super::refusals::{Refusals, Refused};
use super::repeat_ring::{Remembered, RepeatRing};
use super::request_stats::RequestStats;
use super::reruns::{Item, Reruns};
use super::small_count::SmallCount;
use super::space_saving::{Hitter, SpaceSaving};
use super::typed_turns::{Typed, TypedTurns};
use crate::domain::Digest;

const MAGIC: [u8; 4] = *b"SWPF";

/// The layout version that this build writes and reads.
pub const PROFILE_VERSION: u32 = 5;

const CHECKSUM_LENGTH: usize = 8;
const HEADER_LENGTH: usize = MAGIC.len() + u32::LENGTH;

/// Length of every encoded profile, in bytes.
pub const PROFILE_BYTES: usize = HEADER_LENGTH + Profile::LENGTH + CHECKSUM_LENGTH;

/// Error for bytes that are not a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProfileBytesError {
    /// The bytes are truncated or too long.
    #[error("profile: expected {PROFILE_BYTES} bytes, got {actual}")]
    Length {
        /// Actual number of bytes.
        actual: usize,
    },
    /// The bytes do not start with the magic number.
    #[error("profile: expected to start with {MAGIC:?}, got {actual:?}")]
    Magic {
        /// Actual first four bytes.
        actual: [u8; 4],
    },
    /// The bytes were written by another version of the layout.
    #[error("profile: expected layout version {PROFILE_VERSION}, got {actual}")]
    Version {
        /// Actual version.
        actual: u32,
    },
    /// The bytes are damaged.
    #[error("profile: the checksum does not match the bytes")]
    Checksum,
    /// The bytes are undamaged, but no update or merge could have produced the state.
    #[error("profile: block {block} expected a state that folding can produce, got another")]
    Invalid {
        /// The invalid block.
        block: &'static str,
    },
}

impl Profile {
    /// Encodes the profile as [`PROFILE_BYTES`] bytes. The same profile always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PROFILE_BYTES);
        bytes.extend_from_slice(&MAGIC);
        PROFILE_VERSION.write(&mut bytes);
        self.write(&mut bytes);
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// Decodes a profile encoded by [`Profile::to_bytes`].
    ///
    /// # Errors
    /// If the length, magic, version or checksum is wrong, or if no update or merge can produce the state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProfileBytesError> {
        if bytes.len() != PROFILE_BYTES {
            return Err(ProfileBytesError::Length {
                actual: bytes.len(),
            });
        }
        let (body, stored_checksum) = bytes.split_at(PROFILE_BYTES - CHECKSUM_LENGTH);
        let mut reader = Reader { rest: body };
        let magic = reader.take();
        if magic != MAGIC {
            return Err(ProfileBytesError::Magic { actual: magic });
        }
        let version = u32::read(&mut reader);
        if version != PROFILE_VERSION {
            return Err(ProfileBytesError::Version { actual: version });
        }
        if checksum(body) != stored_checksum {
            return Err(ProfileBytesError::Checksum);
        }
        let profile = Self::read(&mut reader);
        match profile.invalid_block() {
            Some(block) => Err(ProfileBytesError::Invalid { block }),
            None => Ok(profile),
        }
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let hash = blake3::hash(bytes);
    std::array::from_fn(|i| hash.as_bytes()[i])
}

/// The bytes not read yet. The total length was checked before, so reading never runs out of bytes.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self
            .rest
            .split_first_chunk()
            .expect("the length was checked to be that of a profile");
        self.rest = rest;
        *head
    }
}

/// A value that is always encoded in the same number of bytes.
trait Layout {
    const LENGTH: usize;
    fn write(&self, bytes: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Self;
}

macro_rules! number_layout {
    ($($number:ty),*) => {$(
        impl Layout for $number {
            const LENGTH: usize = size_of::<$number>();
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn read(reader: &mut Reader<'_>) -> Self {
                Self::from_le_bytes(reader.take())
            }
        }
    )*};
}

number_layout!(u8, u16, u32, u64, i64, f32, f64);

impl<T: Layout, const N: usize> Layout for [T; N] {
    const LENGTH: usize = N * T::LENGTH;
    fn write(&self, bytes: &mut Vec<u8>) {
        for item in self {
            item.write(bytes);
        }
    }
    fn read(reader: &mut Reader<'_>) -> Self {
        std::array::from_fn(|_| T::read(reader))
    }
}

impl Layout for (i64, u64) {
    const LENGTH: usize = i64::LENGTH + u64::LENGTH;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }
    fn read(reader: &mut Reader<'_>) -> Self {
        (i64::read(reader), u64::read(reader))
    }
}

impl Layout for Digest {
    const LENGTH: usize = u64::LENGTH;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(u64::read(reader))
    }
}

impl Layout for SmallCount {
    const LENGTH: usize = u64::LENGTH;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(u64::read(reader))
    }
}

impl Layout for FixedSum {
    const LENGTH: usize = i64::LENGTH;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(i64::read(reader))
    }
}

/// Returns the encoded length of a field: lets `fields_layout` sum lengths without naming the types again.
const fn length_of<S, T: Layout>(_field: fn(&S) -> &T) -> usize {
    T::LENGTH
}

/// Implements the layout of a struct: its fields, in the order given.
macro_rules! fields_layout {
    ($(impl [$($parameter:tt)*] $block:ty { $($field:ident),* $(,)? })*) => {$(
        impl<$($parameter)*> Layout for $block {
            const LENGTH: usize = 0 $(+ length_of(|block: &Self| &block.$field))*;
            fn write(&self, bytes: &mut Vec<u8>) {
                $(self.$field.write(bytes);)*
            }
            fn read(reader: &mut Reader<'_>) -> Self {
                // Struct expressions evaluate their fields in the order written.
                Self { $($field: Layout::read(reader)),* }
            }
        }
    )*};
}

fields_layout! {
    impl [] Profile {
        seen, last, mean_embedding, heavy_hitters, distinct, reruns, repeat_ring, cues, judged_texts, model_mix,
        request_stats, clients, typed_turns, refusals, change_detector,
    }
    impl [] MeanEmbedding { total, total_count }
    impl [] HeavyHitters { skeletons, heads, tails }
    impl [] Distinct { skeletons, slot_sample }
    impl [] Reruns { sample }
    impl [] Item { hash, first, last, least_model, greatest_model }
    impl [] RepeatRing { entries, exchanges, repeats }
    impl [] CueSums { count, probabilities, strongest, tail }
    impl [] IntentTail { landmark, newest, weights, sums }
    impl [] ModelMix {
        models, latest, switches, prompts_moved, refusals_moved, after_refusal, after_answer,
    }
    impl [] Reaction { prompts, moved }
    impl [] JudgedTexts { tags }
    impl [] RequestStats { exchanges, outcome_known, refused, with_tools, with_text, unreadable }
    impl [] Clients {
        programs, in_conversation, returns, devices, end_users, with_end_user, with_version, version_returns,
        versions,
    }
    impl [] DeviceVersion { device, version, left }
    impl [] TypedTurns { latest, typed_gaps, other_gaps, near, unlike, in_session, crossing }
    impl [] Typed { time, signs, system, session, device, setting }
    impl [] Refusals {
        latest, reworded, intent, categorised, named_extraction, extraction, phrasings, retried,
    }
    impl [] ChangeDetector { bag, length, dissimilar, similar, changed_at }
    impl [] Remembered { time, prompt, conversation, model, kind }
    impl [] Refused { time, signs, skeleton }
    impl [] Evidence { sum, product, since }
    impl [] Hitter { digest, count, error }
    impl [] Sampled { hash, tag, count }
    impl [const K: usize] SpaceSaving<K> { total, hitters }
    impl [const K: usize] BottomK<K> { sample }
    impl [const M: usize] HyperLogLog<M> { registers }
    impl [const DAYS: i64] Landmark<DAYS> { cell }
}
