//! Score paths of simulated accounts, for the tests of the boundary.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::ScorePath;
use crate::eval::conformal::alpha_spending::Highs;

/// Exchanges after which a path is scored: dense at first, then four to a doubling.
const SCORED: [u64; 18] = [
    5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256,
];

/// How the score of a benign account varies around the level of its application.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Motion {
    /// Noise around the level that neither decays nor wanders.
    Steady,
    /// A mean that settles: noise falls with the square root of the exchanges.
    Settling,
    /// A random walk from the level.
    Walk,
}

/// The distribution that accounts are drawn from.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    pub(super) motion: Motion,
    /// Whether levels follow Student's t with two degrees of freedom instead of the normal distribution.
    pub(super) heavy: bool,
    /// Whether one application in twenty has forty accounts, and scores higher.
    pub(super) unequal: bool,
    /// Whether an account ends at a time that depends on its score.
    pub(super) stopping: bool,
    /// Shift added to every level.
    pub(super) shift: f64,
}

impl World {
    pub(super) const fn of(motion: Motion) -> Self {
        Self {
            motion,
            heavy: false,
            unequal: false,
            stopping: false,
            shift: 0.0,
        }
    }
}

pub(super) struct Draw {
    rng: ChaCha8Rng,
    world: World,
    next: u64,
}

impl Draw {
    pub(super) fn new(world: World, seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            world,
            next: 0,
        }
    }

    pub(super) const fn shifted(&mut self, shift: f64) {
        self.world.shift = shift;
    }

    fn normal(&mut self) -> f64 {
        let u: f64 = self.rng.random_range(1e-12..1.0);
        let v: f64 = self.rng.random_range(0.0..std::f64::consts::TAU);
        (-2.0 * u.ln()).sqrt() * v.cos()
    }

    fn noise(&mut self) -> f64 {
        let normal = self.normal();
        if self.world.heavy {
            let exponential = -self.rng.random_range(1e-12_f64..1.0).ln();
            normal / exponential.sqrt()
        } else {
            normal
        }
    }

    /// Draws the accounts of this number of new applications.
    pub(super) fn applications(&mut self, count: u64) -> Vec<ScorePath<'static>> {
        let mut paths = Vec::new();
        for _ in 0..count {
            self.next += 1;
            let large = self.world.unequal && self.rng.random_range(0..20) == 0;
            let level = self.noise() + if large { 1.0 } else { 0.0 };
            let accounts = match (large, self.world.unequal) {
                (true, _) => 40,
                (false, true) => self.rng.random_range(1..4),
                (false, false) => 1,
            };
            for _ in 0..accounts {
                paths.push(ScorePath {
                    stratum: "all",
                    application: self.next,
                    highs: self.path(level),
                });
            }
        }
        paths
    }

    /// Draws one account around a level.
    pub(super) fn path(&mut self, level: f64) -> Highs {
        let scored = self.rng.random_range(1..=SCORED.len());
        let (mut walk, mut before) = (0.0, 0);
        let mut highs = Highs::default();
        for &seen in &SCORED[..scored] {
            let step = self.noise();
            walk += step * ((seen - before) as f64).sqrt();
            before = seen;
            let score = self.world.shift
                + match self.world.motion {
                    Motion::Steady => level + 0.5 * step,
                    Motion::Settling => 0.3 * level + 4.0 * walk / seen as f64,
                    Motion::Walk => level + 0.15 * walk,
                };
            highs.add(seen, score);
            if self.world.stopping && score > 1.0 {
                break;
            }
        }
        highs
    }
}

/// Returns the share of accounts for which `passed` holds, when every application counts equally.
pub(super) fn share(paths: &[ScorePath<'_>], passed: impl Fn(&Highs) -> bool) -> f64 {
    let mut applications = std::collections::BTreeMap::<u64, (f64, f64)>::new();
    for path in paths {
        let own = applications.entry(path.application).or_default();
        own.0 += f64::from(u8::from(passed(&path.highs)));
        own.1 += 1.0;
    }
    let shares = applications.values().map(|(hits, all)| hits / all);
    shares.sum::<f64>() / applications.len() as f64
}
