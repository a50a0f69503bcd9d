//! Forward decay in event time, on one grid of landmarks for all profiles.
//!
//! An event at `t` has the weight `2^((t - L) / h)` relative to a landmark `L` (forward decay: Cormode, Shkapenyuk,
//! Srivastava and Xu, *Forward Decay*, ICDE 2009). Landmarks are the multiples of the half-life `h` since the
//! epoch, so any two profiles are a whole number of half-lives apart: moving a sum to a later landmark multiplies
//! it by a power of two, which floating point does without rounding. Weights lie in [1, 2) in the newest cell and
//! below 1 for late events; nothing grows without bound, whatever the event times.

use super::elementary::{exp2_fraction, halvings};
use crate::domain::{DAY_MICROS, Timestamp};

/// The landmark of sums whose half-life is `DAYS` days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Landmark<const DAYS: i64> {
    /// The landmark is at `cell * DAYS` days after the epoch.
    pub(super) cell: i64,
}

/// The update of a sum for one event: multiply the sum by `rescale`, then add the event times `weight`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// A power of two in [0, 1]; 1 unless the landmark moved.
    pub(super) rescale: f64,
    /// In (0, 2), or 0 for an event more than a thousand half-lives late.
    pub(super) weight: f64,
}

impl<const DAYS: i64> Landmark<DAYS> {
    /// The landmark of an empty sum, before every event.
    pub(super) const EMPTY: Self = Self { cell: i64::MIN };

    const HALF_LIFE_MICROS: i64 = DAYS * DAY_MICROS;

    /// Moves to the cell of `time` if that is later, and returns the update of the sums.
    pub(super) fn update(&mut self, time: Timestamp) -> Step {
        let cell = Self::cell_of(time);
        let rescale = halvings(steps(self.cell, cell));
        let late = halvings(steps(cell, self.cell));
        self.cell = self.cell.max(cell);
        Step {
            rescale,
            weight: Self::growth_within_cell(time) * late,
        }
    }

    /// Moves to the later of both landmarks; returns the factors for the sums of this side and of the other.
    pub(super) fn merge(&mut self, other: Self) -> (f64, f64) {
        let factors = (
            halvings(steps(self.cell, other.cell)),
            halvings(steps(other.cell, self.cell)),
        );
        self.cell = self.cell.max(other.cell);
        factors
    }

    const fn cell_of(time: Timestamp) -> i64 {
        time.as_micros().div_euclid(Self::HALF_LIFE_MICROS)
    }

    fn growth_within_cell(time: Timestamp) -> f64 {
        let within = time.as_micros().rem_euclid(Self::HALF_LIFE_MICROS);
        exp2_fraction(within as f64 / Self::HALF_LIFE_MICROS as f64)
    }
}

/// Returns the number of cells from `from` forward to `to`; 0 if `to` is not later.
fn steps(from: i64, to: i64) -> u64 {
    if to > from { to.abs_diff(from) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::Landmark;
    use crate::domain::{DAY_MICROS, Timestamp};
    use proptest::prelude::*;

    fn days(days: f64) -> Timestamp {
        Timestamp::from_micros((days * DAY_MICROS as f64) as i64)
    }

    #[test]
    fn an_event_halves_with_each_half_life() {
        // The sum of one event on day 20,000.3, in units of an event at the later day.
        for (later, expected) in [
            (0.0, 1.0),
            (30.0, 0.5),
            (15.0, 0.5_f64.sqrt()),
            (300.0, 1.0 / 1024.0),
        ] {
            let mut landmark = Landmark::<30>::EMPTY;
            let first = landmark.update(days(20_000.3));
            let next = landmark.update(days(20_000.3 + later));
            let seen = first.weight * next.rescale / next.weight;
            assert!((seen - expected).abs() < 1e-9, "{later} days: {seen}");
        }
    }

    #[test]
    fn extreme_times_neither_panic_nor_overflow() {
        let mut landmark = Landmark::<1>::EMPTY;
        for micros in [i64::MAX, i64::MIN, 0, i64::MAX] {
            let step = landmark.update(Timestamp::from_micros(micros));
            assert!((0.0..=1.0).contains(&step.rescale) && (0.0..2.0).contains(&step.weight));
        }
    }

    proptest! {
        #[test]
        fn moving_the_landmark_never_rounds(
            start in 0.0..1e9_f64,
            jumps in prop::collection::vec(0.0..50.0_f64, 1..10),
        ) {
            let mut landmark = Landmark::<1>::EMPTY;
            let mut stepped = start;
            let mut now = 10_000.0;
            landmark.update(days(now));
            let mut direct = landmark;
            for jump in jumps {
                now += jump;
                stepped *= landmark.update(days(now)).rescale;
            }
            let at_once = start * direct.update(days(now)).rescale;
            prop_assert_eq!(stepped.to_bits(), at_once.to_bits());
        }
    }
}
