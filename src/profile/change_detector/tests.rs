//! Tests of the change detector: it seldom alarms on an account that does not change, and soon on one that does.

use super::{ChangeDetector, Evidence, PAST_LENGTH, RUN_LENGTH, mix};
use crate::domain::Digest;
use proptest::prelude::*;

/// A kind of account, defined by how it generates sign patterns.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One application: all requests are near one subject.
    Application,
    /// A person with a dozen subjects.
    Varied,
    /// The end users of a relay: hundreds of subjects.
    Crowd,
    /// One template swept over a dataset.
    Sweep,
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 += 1;
        mix(self.0)
    }

    fn chance(&mut self, share: f64) -> bool {
        (self.roll() >> 11) as f64 / 9_007_199_254_740_992.0 < share
    }

    /// Returns a pattern in which each sign differs from `centre` with probability `apart`.
    fn near(&mut self, centre: u64, apart: f64) -> u64 {
        (0..64).fold(centre, |signs, bit| {
            signs ^ (u64::from(self.chance(apart)) << bit)
        })
    }

    fn request(&mut self, kind: Kind) -> u64 {
        match kind {
            Kind::Application => self.near(mix(1), 0.2),
            Kind::Varied => {
                let subject = self.roll() % 12;
                self.near(mix(100 + subject), 0.15)
            }
            Kind::Crowd => {
                let subject = self.roll() % 300;
                self.near(mix(1_000 + subject), 0.15)
            }
            Kind::Sweep => self.near(mix(3), 0.12),
        }
    }
}

/// Simulates an account and calls `each` after every one of `exchanges`, whose kind may depend on their number.
fn play(
    seed: u64,
    exchanges: u64,
    kind: impl Fn(u64) -> Kind,
    mut each: impl FnMut(u64, &mut ChangeDetector),
) {
    let mut dice = Dice(mix(seed));
    let mut past = ChangeDetector::empty();
    for seen in 1..=exchanges {
        let signs = dice.request(kind(seen));
        past.update(signs, Digest(dice.roll()), seen);
        each(seen, &mut past);
    }
}

/// Checks the bound of [`RUN_LENGTH`], at a level low enough to be reached often, and at its own. A longer run of the
/// same, of 400,000 exchanges per kind, gave 15 to 26 alarms.
#[test]
fn an_unchanged_account_seldom_alarms() {
    const EXCHANGES: u64 = 10_000;
    const LEVEL: f64 = 100.0;
    for kind in [Kind::Application, Kind::Varied, Kind::Crowd] {
        let (mut passed, mut alarms, mut changed_at) = (0.0, 0.0, None);
        play(
            5,
            EXCHANGES,
            |_| kind,
            |_, past| {
                if past.changed_at() != changed_at {
                    (alarms, changed_at) = (alarms + 1.0, past.changed_at());
                }
            },
        );
        play(
            6,
            EXCHANGES,
            |_| kind,
            |_, past| {
                if f64::midpoint(past.dissimilar.sum, past.similar.sum) >= LEVEL {
                    passed += 1.0;
                    (past.dissimilar, past.similar) = (Evidence::NONE, Evidence::NONE);
                }
            },
        );
        // Three standard deviations of a Poisson count above the guaranteed mean.
        let most = |level: f64| {
            let mean = EXCHANGES as f64 / level;
            mean + 3.0 * mean.sqrt()
        };
        assert!(alarms <= most(RUN_LENGTH), "{kind:?}: {alarms} alarms");
        assert!(passed <= most(LEVEL), "{kind:?}: {passed} times at {LEVEL}");
        assert!(passed > 0.0, "{kind:?}: the evidence never moves");
    }
}

#[test]
fn a_takeover_is_seen_within_a_few_exchanges_and_dated() {
    const BEFORE: u64 = 200;
    const ACCOUNTS: u64 = 20;
    // Number of exchanges within which at least half of the accounts must be found: a bound on the median delay.
    for (old, new, within) in [
        (Kind::Application, Kind::Crowd, 12),
        (Kind::Application, Kind::Sweep, 20),
        (Kind::Crowd, Kind::Sweep, 30),
        (Kind::Varied, Kind::Sweep, 45),
    ] {
        let mut found = 0;
        for seed in 0..ACCOUNTS {
            let mut before = None;
            let mut dated = None;
            let kind = |seen| if seen > BEFORE { new } else { old };
            play(seed, BEFORE + within, kind, |seen, past| {
                if seen <= BEFORE {
                    before = past.changed_at();
                } else if dated.is_none() && past.changed_at() != before {
                    dated = past.changed_at();
                }
            });
            found += u64::from(dated.is_some_and(|at| at.abs_diff(BEFORE) <= 30));
        }
        assert!(
            2 * found >= ACCOUNTS,
            "{old:?} to {new:?}: {found} of {ACCOUNTS} within {within}"
        );
    }
}

#[test]
fn the_same_request_repeated_is_no_change() {
    let mut past = ChangeDetector::empty();
    for seen in 1..2_000 {
        past.update(7, Digest(mix(seen)), seen);
    }
    assert_eq!(past.changed_at(), None);
    assert!(past.is_known() && past.is_valid());
}

proptest! {
    #[test]
    fn any_stream_leaves_a_valid_block(
        signs in prop::collection::vec(prop::sample::select(vec![0, 1, u64::MAX, 77]), 0..150),
    ) {
        let mut past = ChangeDetector::empty();
        for (seen, signs) in (1..).zip(&signs) {
            past.update(*signs, Digest(seen / 2), seen);
            prop_assert!(past.is_valid());
        }
        prop_assert_eq!(past.length as usize, signs.len().min(PAST_LENGTH));
    }
}
