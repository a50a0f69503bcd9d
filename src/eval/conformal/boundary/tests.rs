//! Tests of the boundary: the guarantee, by simulation against the nominal rates.

#[path = "paths.rs"]
mod paths;

use paths::{Draw, Motion, World, share};
use proptest::prelude::*;

use super::*;
use crate::domain::Recommendation;
use crate::eval::conformal::alpha_spending::{Highs, spending};
use crate::train::benign_sample::BenignScore;
use crate::train::operating_points::fit_operating_points;

const RATES: TargetRates = TargetRates {
    watch: 0.2,
    review: 0.1,
    restrict: 0.05,
};

/// Returns the mean over calibrations of the share of new accounts, of new applications, that ever pass.
fn ever(world: World, cells: usize, trials: u64) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for trial in 0..trials {
        let mut draw = Draw::new(world, trial);
        let boundary = ConformalBoundary::fit(&draw.applications(399), cells, RATES).unwrap();
        let fresh = draw.applications(200);
        for (sum, edge) in sums.iter_mut().zip(boundary.hardest().edges()) {
            *sum += share(&fresh, |highs| edge.passed(highs)) / trials as f64;
        }
    }
    sums
}

#[test]
fn benign_accounts_ever_pass_no_more_than_promised() {
    let steady = World::of(Motion::Steady);
    let worlds = [
        World::of(Motion::Walk),
        World {
            heavy: true,
            ..World::of(Motion::Walk)
        },
        World {
            unequal: true,
            ..steady
        },
        World {
            stopping: true,
            unequal: true,
            ..World::of(Motion::Settling)
        },
        World {
            heavy: true,
            stopping: true,
            ..steady
        },
    ];
    let trials = 30;
    for world in worlds {
        let [watch, review, restrict] = ever(world, 4, trials);
        // Three standard errors of the new accounts, and of calibrating on 399 applications.
        let slack = |rate: f64| {
            let variance = rate * (1.0 - rate) * (1.0 / 200.0 + 1.0 / 400.0);
            3.0 * (variance / trials as f64).sqrt()
        };
        assert!(
            watch <= 0.2 + slack(0.2) && watch > 0.15,
            "{world:?}: {watch}"
        );
        assert!(
            review <= 0.1 + slack(0.1) && review > 0.06,
            "{world:?}: {review}"
        );
        assert!(
            restrict <= 0.05 + slack(0.05) && restrict > 0.015,
            "{world:?}: {restrict}"
        );
    }
}

/// Returns, of the accounts that reach a cell, the share that passes for the first time there.
fn first_in(edge: &Edge, paths: &[ScorePath<'_>], cell: usize) -> f64 {
    let reached: Vec<ScorePath<'_>> = paths
        .iter()
        .filter(|path| path.highs.within(cell, edge.cells.len()).is_some())
        .copied()
        .collect();
    share(&reached, |highs| {
        let before = (0..cell).any(|before| edge.passed_in(highs, before));
        edge.passed_in(highs, cell) && !before
    })
}

#[test]
fn each_cell_spends_its_own_part() {
    let mut sums = [0.0; 4];
    for trial in 0..60 {
        let mut draw = Draw::new(World::of(Motion::Steady), trial);
        let boundary = ConformalBoundary::fit(&draw.applications(399), 4, RATES).unwrap();
        let edge = &boundary.hardest().watch;
        let fresh = draw.applications(200);
        for (cell, sum) in sums.iter_mut().enumerate() {
            *sum += first_in(edge, &fresh, cell) / 60.0;
        }
    }
    for (sum, part) in sums.into_iter().zip(spending(4)) {
        let rate = 0.2 * part;
        assert!(
            sum <= rate + 3.0 * (rate / (60.0 * 130.0)).sqrt(),
            "{sum} of {rate}"
        );
        assert!(sum > 0.5 * rate, "{sum} of {rate}");
    }
}

#[test]
fn the_certified_bound_of_ever_passing_holds() {
    let (mut held, mut cells_held, mut cells) = (0, 0, 0);
    for trial in 0..100 {
        let mut draw = Draw::new(World::of(Motion::Walk), 1_000 + trial);
        let boundary = ConformalBoundary::fit(&draw.applications(199), 3, RATES).unwrap();
        let edge = &boundary.hardest().watch;
        let fresh = draw.applications(3_000);
        held += u32::from(share(&fresh, |highs| edge.passed(highs)) <= edge.ever_upper);
        for (cell, threshold) in edge.cells.iter().enumerate() {
            let beyond = first_in(edge, &fresh, cell);
            cells += 1;
            cells_held += u32::from(beyond <= threshold.upper_by_applications);
        }
    }
    // Nominal 95, less three standard errors of a hundred trials.
    assert!(held >= 88, "{held} of 100 bounds held");
    assert!(cells_held * 100 >= cells * 88, "{cells_held} of {cells}");
}

#[test]
fn a_shift_of_applications_breaks_it() {
    // A limit of the guarantee: all levels one standard deviation up.
    let mut shares = [0.0; 2];
    for trial in 0..30 {
        let mut draw = Draw::new(World::of(Motion::Steady), trial);
        let boundary = ConformalBoundary::fit(&draw.applications(399), 4, RATES).unwrap();
        for (sum, shift) in shares.iter_mut().zip([0.0, 1.0]) {
            draw.shifted(shift);
            let fresh = draw.applications(200);
            *sum += share(&fresh, |highs| boundary.hardest().review.passed(highs)) / 30.0;
        }
    }
    let [same, shifted] = shares;
    assert!(same < 0.11 && shifted > 0.25, "{same} {shifted}");
}

#[test]
fn which_is_better_when() {
    // Extracting accounts are benign ones shifted up; both rules are set to 10%.
    let found = |motion: Motion, lift: f64, cells: usize| {
        let trials = 12;
        let mut sum = 0.0;
        for trial in 0..trials {
            let mut draw = Draw::new(World::of(motion), trial);
            let boundary = ConformalBoundary::fit(&draw.applications(399), cells, RATES).unwrap();
            draw.shifted(lift);
            let extracting = draw.applications(300);
            sum += share(&extracting, |highs| boundary.hardest().review.passed(highs));
        }
        sum / trials as f64
    };
    let both = |motion, lift| (found(motion, lift, 1), found(motion, lift, 4));
    let (single, boundary) = both(Motion::Steady, 2.0);
    assert!(single > boundary, "steady: {single} {boundary}");
    let (single, boundary) = both(Motion::Walk, 2.0);
    assert!(boundary > single + 0.05, "walk: {single} {boundary}");
    let (single, boundary) = both(Motion::Settling, 1.5);
    assert!(boundary > single + 0.02, "settling: {single} {boundary}");
}

fn flat(strata: &[(&'static str, u64)]) -> Vec<ScorePath<'static>> {
    let mut paths = Vec::new();
    for &(stratum, applications) in strata {
        for _ in 0..applications {
            let application = paths.len() as u64;
            let mut highs = Highs::default();
            highs.add(6, application as f64);
            highs.add(12, -1.0);
            paths.push(ScorePath {
                stratum,
                application,
                highs,
            });
        }
    }
    paths
}

#[test]
fn one_cell_is_the_threshold_on_the_highest_score() {
    let paths = flat(&[("a", 999)]);
    let boundary = ConformalBoundary::fit(&paths, 1, TargetRates::default()).unwrap();
    let rows: Vec<BenignScore> = (0..999)
        .map(|application| BenignScore {
            score: application as f64,
            application,
        })
        .collect();
    let points = fit_operating_points(&rows, TargetRates::default());
    let points = points.unwrap();
    let hardest = boundary.hardest();
    assert_eq!(&hardest.watch.cells, &[*points.watch()]);
    assert_eq!(&hardest.review.cells, &[*points.review()]);
    assert_eq!(&hardest.restrict.cells, &[*points.restrict()]);
    assert_eq!(
        hardest.review.ever_upper,
        points.review().upper_by_applications
    );
}

#[test]
fn strata_have_their_own_and_an_unknown_one_the_hardest() {
    let paths = flat(&[
        ("tenant/chat", 60),
        ("tenant/judge", 60),
        ("tenant/tiny", 5),
    ]);
    let boundary = ConformalBoundary::fit(&paths, 2, RATES).unwrap();
    assert_eq!(boundary.strata().len(), 2);
    assert!(boundary.of("tenant/tiny").pooled());
    assert_eq!(boundary.of("tenant/tiny"), boundary.of("tenant/chat"));
    let judge = boundary.of("tenant/judge");
    assert!(!judge.pooled() && judge.watch.at(3).score > 100.0);
    let hardest = boundary.of("nobody");
    assert_eq!(hardest, boundary.hardest());
    for (edge, others) in hardest.edges().into_iter().zip(0..) {
        for own in boundary.strata() {
            for (high, low) in edge.cells.iter().zip(&own.edges()[others].cells) {
                assert!(high.score >= low.score);
            }
            assert!(edge.ever_upper >= own.edges()[others].ever_upper);
        }
    }
    // A fifth of 5% is more than sixty applications can certify, four fifths are not.
    assert_eq!(hardest.decide(1e9, 6), Recommendation::Restrict);
    assert_eq!(hardest.decide(1e9, 12), Recommendation::Review);
    assert!(hardest.restrict.extrapolated());
    assert_eq!(hardest.decide(f64::NAN, 6), Recommendation::Allow);
}

#[test]
fn cells_that_nobody_reaches_take_no_part() {
    // All end within the second cell.
    let boundary = ConformalBoundary::fit(&flat(&[("a", 100)]), 9, RATES).unwrap();
    let cells = &boundary.hardest().review.cells;
    assert_eq!(cells.len(), 2);
    let spent: f64 = cells.iter().map(|cell| cell.target_rate).sum();
    assert!((spent - 0.1).abs() < 1e-12);
    assert_eq!(boundary.hardest().review.at(1 << 40), &cells[1]);
}

#[test]
fn refuses_what_no_boundary_can_stand_on() {
    let few = flat(&[("a", 39)]);
    let refused = ConformalBoundary::fit(&few, 4, RATES);
    assert_eq!(
        refused,
        Err(BoundaryError::TooFew {
            accounts: 39,
            applications: 39
        })
    );
    let mut silent = flat(&[("a", 40)]);
    silent[3].highs = Highs::default();
    assert!(ConformalBoundary::fit(&silent, 4, RATES).is_err());
    let good = ConformalBoundary::fit(&flat(&[("a", 100)]), 2, RATES).unwrap();
    let good = serde_json::to_value(good).unwrap();
    for (pointer, bad) in [
        ("/strata", serde_json::json!([])),
        ("/strata/0/watch/cells", serde_json::json!([])),
        ("/strata/0/watch/target_rate", serde_json::json!(0.01)),
        (
            "/strata/0/watch/cells/0/target_rate",
            serde_json::json!(0.9),
        ),
        ("/strata/0/watch/cells/0/score", serde_json::json!(1e6)),
    ] {
        let mut spoiled = good.clone();
        *spoiled.pointer_mut(pointer).unwrap() = bad;
        assert!(
            serde_json::from_value::<ConformalBoundary>(spoiled).is_err(),
            "{pointer}"
        );
    }
}

/// Application, stratum, and scores with the numbers of exchanges that they follow.
fn account() -> impl Strategy<Value = (u64, usize, Vec<(u64, f64)>)> {
    let scores = prop::collection::vec((1_u64..300, -9.0_f64..9.0), 1..5);
    (0_u64..30, 0_usize..3, scores)
}

proptest! {
    #[test]
    fn monotone_in_rate_and_score_and_kept_by_text(
        rows in prop::collection::vec(account(), 60..120),
        cells in 1_usize..=CELLS_MAX,
        seen in 1_u64..2_000,
        a in -12.0_f64..12.0,
        b in -12.0_f64..12.0,
    ) {
        let mut paths: Vec<ScorePath<'_>> = rows
            .iter()
            .map(|(application, stratum, scores)| {
                let mut highs = Highs::default();
                for (seen, score) in scores {
                    highs.add(*seen, *score);
                }
                ScorePath { stratum: ["x", "y/a", "y/b"][*stratum], application: *application, highs }
            })
            .collect();
        let boundary = ConformalBoundary::fit(&paths, cells, RATES).unwrap();
        paths.reverse();
        prop_assert_eq!(&ConformalBoundary::fit(&paths, cells, RATES).unwrap(), &boundary);
        for stratum in boundary.strata().iter().chain([boundary.hardest()]) {
            let [watch, review, restrict] = stratum.edges();
            prop_assert!(watch.at(seen).score <= review.at(seen).score);
            prop_assert!(review.at(seen).score <= restrict.at(seen).score);
            prop_assert!(watch.cells.len() <= cells);
            prop_assert!(stratum.decide(a.min(b), seen) <= stratum.decide(a.max(b), seen));
            for edge in stratum.edges() {
                prop_assert!(edge.ever <= edge.ever_upper && edge.ever_upper <= 1.0);
            }
        }
        let text = serde_json::to_string(&boundary).unwrap();
        let back: ConformalBoundary = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.hardest().decide(a, seen), boundary.hardest().decide(a, seen));
        for (own, other) in boundary.strata().iter().zip(back.strata()) {
            prop_assert_eq!(own.watch.at(seen).score, other.watch.at(seen).score);
        }
    }
}
