//! The charts of a report: score curves, time to detection, cost to benign accounts.

use super::campaigns::leaked;
use super::detection::BINS;
use super::options::Options;
use super::sample::{Moment, curve, sample};
use super::trail::AccountTrail;
use super::{grid, operating, time};
use crate::eval::metrics::{Scored, reliability};
use crate::eval::plot::{Axis, Drawing, Lines, Plot, Series, round_up};
use crate::eval::table::Table;

/// Exchanges shown in the chart of detection times.
const SHOWN: u64 = 200;

/// Prevalence assumed by the precision-recall curve.
const PREVALENCE: f64 = 1e-3;

/// Builds all charts, in the order of the report.
pub(super) fn all(trails: &[&AccountTrail], grid: &Table, options: &Options) -> Vec<Plot> {
    let benign: Vec<&AccountTrail> = trails.iter().copied().filter(|t| !t.extraction()).collect();
    vec![
        precision_recall(trails, options),
        detection_time(trails),
        calibration(trails, options),
        Plot {
            title: "Benign accounts ever recommended for review, by slice".to_owned(),
            about: "Each dot is a share of accounts, each line its 95% Wilson interval.".to_owned(),
            drawing: Drawing::Bars(operating::bars(&benign, options)),
        },
        leak(trails),
        Plot {
            title: "Grid: recall at FPR 1%, by cell and moment".to_owned(),
            about: "Each field holds its share in figures; darker means more is found.".to_owned(),
            drawing: Drawing::Heat(grid::heat(grid)),
        },
    ]
}

fn lines(title: &str, about: String, x: Axis, y: Axis, series: Vec<Series>) -> Plot {
    Plot {
        title: title.to_owned(),
        about,
        drawing: Drawing::Lines(Lines { x, y, series }),
    }
}

fn precision_recall(trails: &[&AccountTrail], options: &Options) -> Plot {
    let series: Vec<Series> = [Moment::Last, Moment::After(50)]
        .into_iter()
        .map(|moment| {
            let curve = curve(&sample(trails, moment, options.prior));
            Series {
                name: moment.name(),
                points: curve.map_or_else(Vec::new, |curve| curve.precision_recall(PREVALENCE)),
                marked: false,
            }
        })
        .collect();
    let reach = |least: f64| {
        let kept = series[0].points.iter().filter(|point| point.1 >= least);
        kept.map(|point| point.0).fold(0.0, f64::max) * 100.0
    };
    let about = format!(
        "At the last exchange, {:.1}% of extracting accounts are found with a precision of one half or more, {:.1}% with \
         one tenth or more.",
        reach(0.5),
        reach(0.1)
    );
    lines(
        "Precision and recall of accounts, at a prevalence of 1 in 1,000",
        about,
        Axis::share("recall"),
        Axis::share("precision"),
        series,
    )
}

fn detection_time(trails: &[&AccountTrail]) -> Plot {
    let of = |name: &str, extraction: bool| {
        let members: Vec<&AccountTrail> = trails
            .iter()
            .copied()
            .filter(|trail| trail.extraction() == extraction)
            .collect();
        let survival = time::survival(&members);
        Series {
            name: name.to_owned(),
            points: survival.stairs(SHOWN),
            marked: false,
        }
    };
    let series = vec![of("extracting", true), of("benign (false alarms)", false)];
    let end = |series: &Series| series.points.last().map_or(0.0, |last| last.1 * 100.0);
    let about = format!(
        "After {SHOWN} exchanges, {:.1}% of extracting and {:.2}% of benign accounts have had a review (Kaplan-Meier).",
        end(&series[0]),
        end(&series[1])
    );
    let x = Axis {
        label: "exchanges of the account".to_owned(),
        to: SHOWN as f64,
        percent: false,
    };
    let y = Axis {
        to: round_up(
            series
                .iter()
                .map(|series| end(series) / 100.0)
                .fold(0.0, f64::max),
        ),
        ..Axis::share("share with a review")
    };
    lines("Accounts with a review by exchanges", about, x, y, series)
}

fn calibration(trails: &[&AccountTrail], options: &Options) -> Plot {
    let calibrated: Vec<Scored> = sample(trails, Moment::Last, options.prior)
        .iter()
        .map(|row| row.calibrated)
        .collect();
    let bins = reliability(&calibrated, BINS);
    let furthest = bins.iter().map(|bin| (bin.stated - bin.observed).abs());
    let about = format!(
        "Of accounts of about one risk, the share that extracts. The furthest tenth is {:.1} points off.",
        furthest.fold(0.0, f64::max) * 100.0
    );
    let series = vec![
        Series {
            name: "accounts, by tenth".to_owned(),
            points: bins.iter().map(|bin| (bin.stated, bin.observed)).collect(),
            marked: true,
        },
        Series {
            name: "right".to_owned(),
            points: vec![(0.0, 0.0), (1.0, 1.0)],
            marked: false,
        },
    ];
    lines(
        "Reliability at the last exchange, at the stream's prevalence",
        about,
        Axis::share("mean risk said"),
        Axis::share("share extracting"),
        series,
    )
}

fn leak(trails: &[&AccountTrail]) -> Plot {
    let shares = leaked(trails);
    let n = shares.len() as f64;
    let mut points = vec![(0.0, 0.0)];
    for (index, share) in shares.iter().enumerate() {
        points.push((*share, index as f64 / n));
        points.push((*share, (index + 1) as f64 / n));
    }
    let half = shares.iter().filter(|share| **share <= 0.5).count();
    let about = format!(
        "{half} of {} campaigns had half or less of their exchanges answered before anybody looked.",
        shares.len()
    );
    lines(
        "Campaigns by the share of their exchanges that leaked before the first review",
        about,
        Axis::share("leaked share, at most"),
        Axis::share("share of campaigns"),
        vec![Series {
            name: "campaigns".to_owned(),
            points,
            marked: false,
        }],
    )
}
