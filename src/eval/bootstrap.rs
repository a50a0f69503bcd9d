//! Confidence intervals by resampling whole groups (cluster bootstrap).
//!
//! Accounts of one application, or of one campaign, are not independent; resampling rows would treat ten thousand
//! accounts of eight applications as ten thousand independent observations. Groups are drawn with replacement, within
//! each stratum, so that a figure that needs both benign and extracting units always has both (cluster bootstrap,
//! Davison & Hinkley 1997, section 3.8; percentile interval, Efron 1981).

use std::collections::BTreeMap;
use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::metrics::Interval;

/// Settings of the bootstrap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bootstrap {
    /// Number of resamples to draw.
    pub resamples: u32,
    /// Nominal coverage of the interval.
    pub level: f64,
    /// Seed of the random draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 1,000 resamples at 95%.
    fn default() -> Self {
        Self {
            resamples: 1_000,
            level: 0.95,
            seed: 1,
        }
    }
}

/// A bootstrap interval with its sample size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Resampled {
    /// The percentile interval.
    pub interval: Interval,
    /// Distinct groups over all strata: the sample size to print beside the figure.
    pub groups: u64,
    /// Number of resamples in which the figure was defined.
    pub defined: u32,
}

impl Bootstrap {
    /// Returns the interval of `metric` over `rows`; `unit_of` gives the stratum and the group of a row.
    ///
    /// `None` when no stratum has two groups, or the metric is undefined in half of the resamples: no interval would
    /// be justified then. With fewer than about twenty groups a stratum the interval is too narrow; print the number
    /// of groups. The same rows in the same order and the same seed give the same interval on any number of threads.
    ///
    /// A resample keeps the order of the rows, so rows sorted beforehand are sorted in every resample.
    pub(crate) fn interval<T, S, G>(
        &self,
        rows: &[T],
        unit_of: impl Fn(&T) -> (S, G),
        metric: impl Fn(&[T]) -> Option<f64> + Sync,
    ) -> Option<Resampled>
    where
        T: Clone + Sync,
        S: Ord,
        G: Ord,
    {
        let [interval] = self.intervals(rows, unit_of, |rows| [metric(rows)]);
        interval
    }

    /// Like [`Self::interval`], for several figures of the same resamples at once.
    pub(crate) fn intervals<T, S, G, const N: usize>(
        &self,
        rows: &[T],
        unit_of: impl Fn(&T) -> (S, G),
        metrics: impl Fn(&[T]) -> [Option<f64>; N] + Sync,
    ) -> [Option<Resampled>; N]
    where
        T: Clone + Sync,
        S: Ord,
        G: Ord,
    {
        let units = Units::of(rows, unit_of);
        if units.strata.iter().all(|groups| groups.len() < 2) {
            return [None; N];
        }
        let figures: Vec<[Option<f64>; N]> = (0..self.resamples)
            .into_par_iter()
            .map(|index| metrics(&self.draw(index, rows, &units)))
            .collect();
        let groups = units.groups() as u64;
        std::array::from_fn(|metric| {
            let figures = figures.iter().filter_map(|figures| figures[metric]);
            self.percentile(figures.filter(|figure| !figure.is_nan()).collect(), groups)
        })
    }

    /// Returns the percentile interval of a figure, if it was defined in half of the resamples.
    fn percentile(&self, mut figures: Vec<f64>, groups: u64) -> Option<Resampled> {
        let defined = figures.len();
        if defined == 0 || defined * 2 < self.resamples as usize {
            return None;
        }
        figures.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        // Ranks are rounded outward: the interval is never narrower than requested.
        let low = ((tail * defined as f64 + 1e-9).floor() as usize).min(defined - 1);
        Some(Resampled {
            interval: Interval {
                low: figures[low],
                high: figures[defined - 1 - low],
            },
            groups,
            defined: defined as u32,
        })
    }

    /// Draws one resample. Each has its own random stream, so that the number of threads does not matter.
    fn draw<T: Clone>(&self, index: u32, rows: &[T], units: &Units) -> Vec<T> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(index));
        let mut times = vec![0_usize; units.groups()];
        for groups in &units.strata {
            for _ in groups.clone() {
                // A fixed width, since draws of `usize` differ between machines.
                times[groups.start + rng.random_range(0..groups.len() as u64) as usize] += 1;
            }
        }
        let mut drawn = Vec::with_capacity(rows.len());
        for (row, &group) in rows.iter().zip(&units.group_of) {
            drawn.extend(std::iter::repeat_n(row, times[group]).cloned());
        }
        drawn
    }
}

/// The groups that are drawn as a whole, by stratum.
struct Units {
    /// Index range of the groups of each stratum, one range after the other.
    strata: Vec<Range<usize>>,
    /// Index of the group of each row.
    group_of: Vec<usize>,
}

impl Units {
    /// Numbers strata and groups in the order of their names.
    fn of<T, S: Ord, G: Ord>(rows: &[T], unit_of: impl Fn(&T) -> (S, G)) -> Self {
        let mut named: BTreeMap<S, BTreeMap<G, Vec<usize>>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let (stratum, group) = unit_of(row);
            let groups = named.entry(stratum).or_default();
            groups.entry(group).or_default().push(index);
        }
        let mut units = Self {
            strata: Vec::with_capacity(named.len()),
            group_of: vec![0; rows.len()],
        };
        for groups in named.into_values() {
            let first = units.groups();
            units.strata.push(first..first + groups.len());
            for (group, members) in (first..).zip(groups.into_values()) {
                for row in members {
                    units.group_of[row] = group;
                }
            }
        }
        units
    }

    fn groups(&self) -> usize {
        self.strata.last().map_or(0, |groups| groups.end)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;

    #[derive(Clone, Debug)]
    struct Row {
        extraction: bool,
        group: u32,
        value: f64,
    }

    fn mean(rows: &[Row]) -> Option<f64> {
        (!rows.is_empty())
            .then(|| rows.iter().map(|row| row.value).sum::<f64>() / rows.len() as f64)
    }

    fn unit_of(row: &Row) -> (bool, u32) {
        (row.extraction, row.group)
    }

    /// Builds `groups` groups of `each` rows that all have their group's value.
    fn clustered(groups: u32, each: u32, seed: u64) -> Vec<Row> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..groups)
            .flat_map(|group| {
                let value = rng.random_range(-1.0..1.0);
                (0..each).map(move |_| Row {
                    extraction: false,
                    group,
                    value,
                })
            })
            .collect()
    }

    #[test]
    fn copies_of_a_witness_add_nothing() {
        let bootstrap = Bootstrap::default();
        let one = bootstrap
            .interval(&clustered(40, 1, 3), unit_of, mean)
            .unwrap();
        let many = bootstrap
            .interval(&clustered(40, 25, 3), unit_of, mean)
            .unwrap();
        assert_eq!((one.groups, many.groups), (40, 40));
        assert!((one.interval.low - many.interval.low).abs() < 1e-9);
        // The standard error of the mean of 40 uniforms on [-1, 1] is 0.0913; the interval is 3.92 of them wide.
        let width = many.interval.high - many.interval.low;
        assert!((width - 0.358).abs() < 0.06, "{width}");
    }

    #[test]
    fn covers_the_truth_about_as_often_as_it_says() {
        let bootstrap = Bootstrap {
            resamples: 300,
            ..Bootstrap::default()
        };
        let covered = (0..200)
            .filter(|&seed| {
                let interval = bootstrap
                    .interval(&clustered(50, 3, seed), unit_of, mean)
                    .unwrap()
                    .interval;
                (interval.low..=interval.high).contains(&0.0)
            })
            .count();
        assert!((178..=199).contains(&covered), "{covered} of 200");
    }

    #[test]
    fn the_seed_decides_and_threads_do_not() {
        let rows = clustered(12, 4, 5);
        let on = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                Bootstrap {
                    seed,
                    ..Bootstrap::default()
                }
                .interval(&rows, unit_of, mean)
            })
        };
        assert_eq!(on(1, 7), on(3, 7));
        assert_ne!(on(1, 7), on(1, 8));
    }

    #[test]
    fn strata_keep_their_size() {
        let mut rows = clustered(10, 1, 1);
        rows.extend((0..3).map(|group| Row {
            extraction: true,
            group,
            value: 0.0,
        }));
        let attacks = |rows: &[Row]| Some(rows.iter().filter(|row| row.extraction).count() as f64);
        let resampled = Bootstrap::default()
            .interval(&rows, unit_of, attacks)
            .unwrap();
        assert_eq!(
            resampled.interval,
            Interval {
                low: 3.0,
                high: 3.0
            }
        );
        assert_eq!(resampled.groups, 13);
    }

    #[test]
    fn several_figures_are_as_each_alone() {
        let rows = clustered(12, 4, 5);
        let size = |rows: &[Row]| Some(rows.len() as f64);
        let bootstrap = Bootstrap::default();
        let together = bootstrap.intervals(&rows, unit_of, |rows| [size(rows), mean(rows), None]);
        let alone = |metric: fn(&[Row]) -> Option<f64>| bootstrap.interval(&rows, unit_of, metric);
        assert_eq!(together, [alone(size), alone(mean), None]);
    }

    #[test]
    fn says_nothing_when_there_is_nothing_to_say() {
        let bootstrap = Bootstrap::default();
        assert_eq!(
            bootstrap.interval(&clustered(1, 50, 1), unit_of, mean),
            None
        );
        assert_eq!(bootstrap.interval(&[], unit_of, mean), None);
        assert_eq!(
            bootstrap.interval(&clustered(9, 2, 1), unit_of, |_| None),
            None
        );
        // Defined in every resample, or in too few.
        let rare = |rows: &[Row]| rows.iter().all(|row| row.group == 0).then_some(1.0);
        assert_eq!(bootstrap.interval(&clustered(9, 2, 1), unit_of, rare), None);
    }
}
