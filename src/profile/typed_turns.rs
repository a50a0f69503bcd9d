//! Whether several people type behind one account, seen from their turns alone.
//!
//! A relay can make all its users look like one client: one program, one device, one version, sessions renamed. What it
//! cannot hide is that they type at once, each about their own affairs. Three signs need no name that a client states:
//!
//! * Turns that users typed within a minute of each other, about unlike subjects and in different settings: another
//!   set of tools or another writing. A setting is a keyed digest, so that what is known of two of them is that they
//!   differ.
//! * A floor under the gaps between typed turns, which a relay that queues them leaves: many are just above it and
//!   hardly any below, while tools' turns, which are not queued, come sooner than any model could have answered. A
//!   person's own pace has a floor of seconds, and independent people have none.
//! * Sessions of one device that cross within a minute, where sessions are named.
//!
//! Turns under the same system prompt are one application's, and those of a named end user are disclosed: neither is
//! compared.

use super::moments::{count_if, ratio};
use crate::domain::{Digest, Observation};

/// Number of typed turns that are remembered.
pub(super) const TURNS_LENGTH: usize = 3;

/// Number of classes of gaps: below 100 ms, then doubling up to 6.4 s, then the rest.
pub(super) const GAP_CLASSES: usize = 8;

const MINUTE_MICROS: u64 = 60_000_000;

/// Minimum number of the 64 signs that differ between unlike requests: a cosine below about 0.4.
const SIGNS_APART_MIN: u32 = 24;

/// Turns within a minute of another below which no share of them is known.
const NEAR_NEEDED: u32 = 10;

/// Gaps of each kind below which no floor is known.
const GAPS_NEEDED: u32 = 20;

/// Share of the typed gaps that may lie below a floor.
const BELOW_FLOOR_MAX: f64 = 0.01;

/// Classes that a floor may lie in: from 100 ms to 3.2 s. A higher one is a person's own pace.
const FLOOR_CLASSES: std::ops::RangeInclusive<usize> = 1..=5;

/// Classes of gaps in which no model has answered the exchange before, so that two exchanges overlap: below 200 ms.
const OVERLAP_CLASSES: usize = 2;

/// One turn that a user typed. The order of the fields is the sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Typed {
    pub(super) time: i64,
    pub(super) signs: u64,
    /// 32 bits of the digests of the system prompt, session and device, 0 if there is none; and of the setting.
    pub(super) system: u32,
    pub(super) session: u32,
    pub(super) device: u32,
    pub(super) setting: u32,
}

impl Typed {
    const NOTHING: Self = Self {
        time: i64::MIN,
        signs: 0,
        system: 0,
        session: 0,
        device: 0,
        setting: 0,
    };

    fn of(observation: &Observation, signs: u64) -> Self {
        let tag = |name: Option<Digest>| name.map_or(0, |name| (name.0 as u32).max(1));
        let origin = &observation.origin;
        Self {
            time: observation.time.as_micros(),
            signs,
            system: tag(observation.system),
            session: tag(origin.session),
            device: tag(origin.device),
            setting: tag(Some(observation.setting)),
        }
    }

    /// Returns whether two turns are of different applications, settings and subjects.
    const fn is_unlike(&self, other: &Self) -> bool {
        let one_application = self.system == other.system && self.system != 0;
        !one_application
            && self.setting != other.setting
            && (self.signs ^ other.signs).count_ones() >= SIGNS_APART_MIN
    }

    /// Returns whether two turns are of different sessions on one device, where sessions are named.
    const fn crosses(&self, other: &Self) -> bool {
        self.session != 0
            && other.session != 0
            && self.session != other.session
            && self.device == other.device
    }
}

/// The latest typed turns, and counts of gaps and of turns within a minute of another. The remembered turns merge
/// exactly in every order; the counts relate exchanges of one account and add. Update cost: three comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedTurns {
    /// Ascending; vacant entries first.
    pub(super) latest: [Typed; TURNS_LENGTH],
    /// Gaps from a typed turn to the typed turn before it, by class.
    pub(super) typed_gaps: [u32; GAP_CLASSES],
    /// Gaps from any other turn to the exchange before it, by class.
    pub(super) other_gaps: [u32; GAP_CLASSES],
    /// Typed turns within a minute of another, and those of them that are unlike it.
    pub(super) near: u32,
    pub(super) unlike: u32,
    /// Typed turns of a named session, and those of them that cross another session of the device.
    pub(super) in_session: u32,
    pub(super) crossing: u32,
}

impl TypedTurns {
    pub(super) const fn empty() -> Self {
        Self {
            latest: [Typed::NOTHING; TURNS_LENGTH],
            typed_gaps: [0; GAP_CLASSES],
            other_gaps: [0; GAP_CLASSES],
            near: 0,
            unlike: 0,
            in_session: 0,
            crossing: 0,
        }
    }

    /// Updates the counts with one exchange. `signs` is `None` if it has no text, and `before` is the time of the
    /// account's latest exchange before it in microseconds, if there is one.
    pub(super) fn update(
        &mut self,
        observation: &Observation,
        signs: Option<u64>,
        before: Option<i64>,
    ) {
        let time = observation.time.as_micros();
        if !observation.shape.typed {
            if let Some(before) = before {
                count_gap(&mut self.other_gaps, before, time);
            }
            return;
        }
        let Some(signs) = signs else { return };
        let new = Typed::of(observation, signs);
        if let Some(before) = self.remembered().last().map(|latest| latest.time) {
            count_gap(&mut self.typed_gaps, before, time);
        }
        let (mut near, mut unlike, mut crossing) = (false, false, false);
        for old in self.remembered() {
            if new.time.abs_diff(old.time) <= MINUTE_MICROS {
                near = true;
                unlike |= old.is_unlike(&new);
                crossing |= old.crosses(&new);
            }
        }
        let undisclosed = observation.origin.end_user.is_none();
        count_if(&mut self.near, near && undisclosed);
        count_if(&mut self.unlike, unlike && undisclosed);
        count_if(&mut self.in_session, new.session != 0);
        count_if(&mut self.crossing, crossing);
        self.remember(new);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for old in other.remembered() {
            self.remember(*old);
        }
        let gaps = self.typed_gaps.iter_mut().chain(&mut self.other_gaps);
        for (own, other) in gaps.zip(other.typed_gaps.iter().chain(&other.other_gaps)) {
            *own = own.saturating_add(*other);
        }
        for (own, other) in [
            (&mut self.near, other.near),
            (&mut self.unlike, other.unlike),
            (&mut self.in_session, other.in_session),
            (&mut self.crossing, other.crossing),
        ] {
            *own = own.saturating_add(other);
        }
    }

    /// Returns the share of the typed turns within a minute of another that are unlike it in subject and in setting;
    /// `None` for fewer than ten. Looks back over the last three typed turns.
    pub fn unlike_share(&self) -> Option<f64> {
        let share = ratio(u64::from(self.unlike), u64::from(self.near))?;
        (self.near >= NEAR_NEEDED).then_some(share)
    }

    /// Returns the share of the typed turns of a named session that come within a minute of another session of the same
    /// device; `None` for fewer than ten.
    pub fn crossing_share(&self) -> Option<f64> {
        let share = ratio(u64::from(self.crossing), u64::from(self.in_session))?;
        (self.in_session >= NEAR_NEEDED).then_some(share)
    }

    /// Returns how sharply the gaps between typed turns are cut off from below while other turns are not: the share of
    /// typed gaps in the two classes above the floor, times the share of other turns that come sooner than the floor
    /// and than any answer. Of independent people's gaps some eight in a hundred lie in those two classes. `None` for
    /// fewer than twenty gaps of either kind.
    pub fn gap_floor(&self) -> Option<f64> {
        let sum = |gaps: &[u32]| gaps.iter().map(|gaps| f64::from(*gaps)).sum::<f64>();
        let (typed, other) = (sum(&self.typed_gaps), sum(&self.other_gaps));
        if typed.min(other) < f64::from(GAPS_NEEDED) {
            return None;
        }
        let floor = (0..GAP_CLASSES)
            .find(|class| sum(&self.typed_gaps[..=*class]) > BELOW_FLOOR_MAX * typed)?;
        if !FLOOR_CLASSES.contains(&floor) {
            return Some(0.0);
        }
        let above = sum(&self.typed_gaps[floor..floor + 2]) / typed;
        let overlapping = sum(&self.other_gaps[..floor.min(OVERLAP_CLASSES)]) / other;
        Some(above * overlapping)
    }

    pub(super) fn is_valid(&self) -> bool {
        let vacant = &self.latest[..TURNS_LENGTH - self.remembered().len()];
        self.latest.is_sorted()
            && vacant.iter().all(|turn| *turn == Typed::NOTHING)
            && self.unlike <= self.near
            && self.crossing <= self.in_session
    }

    /// Returns the remembered turns, earliest first. A turn of the earliest possible time without any digest is not
    /// distinguished from none.
    fn remembered(&self) -> &[Typed] {
        let vacant = self.latest.partition_point(|turn| *turn == Typed::NOTHING);
        &self.latest[vacant..]
    }

    /// Inserts a turn and drops the earliest.
    fn remember(&mut self, new: Typed) {
        let at = self.latest.partition_point(|old| *old <= new);
        if at > 0 {
            self.latest[..at].rotate_left(1);
            self.latest[at - 1] = new;
        }
    }
}

/// Counts the gap between two moments in its class; a late exchange has none.
fn count_gap(gaps: &mut [u32; GAP_CLASSES], before: i64, time: i64) {
    if time >= before {
        // Tenths of a second; 0 has no logarithm and is the lowest class.
        let tenths = time.abs_diff(before) / 100_000;
        let class = tenths.checked_ilog2().map_or(0, |power| power as usize + 1);
        count_if(&mut gaps[class.min(GAP_CLASSES - 1)], true);
    }
}
