//! Suites of evaluators: fixed lists of items under one template. Most are run again, on another day or another model;
//! the others are run once, and the evaluator goes on to the next suite.

use crate::domain::GroupKind;
use crate::simulate::behaviour::population::Population;
use crate::simulate::plan::benign::{in_language, sizes, workload};
use crate::simulate::plan::feed::{Manner, Repeats, Rerun};
use crate::simulate::plan::group::Group;
use crate::simulate::plan::planner::{Own, PlanError, Planner};
use crate::simulate::prompt::request_sequence::RequestSequence;

/// Fewest and most items of a suite.
const ITEMS: (f64, f64) = (10.0, 100_000.0);

/// Share of the evaluators that sample each item several times in a row.
const SAMPLES_ITEMS: f64 = 0.15;

/// Share of the re-run suites whose items keep their order.
const KEEPS_ORDER: f64 = 0.6;

/// Weights of running again on another day, on another model, and on both.
const OCCASIONS: [f64; 3] = [0.4, 0.2, 0.4];

impl Planner<'_> {
    /// Draws the suites of one evaluator who sends `count` requests.
    pub(crate) fn suites(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Own, PlanError> {
        let record_sets = in_language(&self.record_sets.evaluators, language, "evaluators")?;
        let weights = sizes(&record_sets);
        let again = self.rng.chance(self.scenario.benign.suites.rerun);
        let first = record_sets[self.rng.weighted(&weights)];
        let items = self.items();
        let mut pools = vec![self.record_sets.whole(first, items, &mut self.rng)];
        let mut groups = vec![first.group.clone()];
        let mut left = count.saturating_sub(items);
        while left > 0 && !again {
            let next = record_sets[self.rng.weighted(&weights)];
            let items = self.items();
            pools.push(self.record_sets.whole(next, items, &mut self.rng));
            groups.push(next.group.clone());
            left = left.saturating_sub(items);
        }
        let copies = if self.rng.chance(SAMPLES_ITEMS) {
            self.rng.between(2, 5) as u32
        } else {
            1
        };
        let repeats = Repeats {
            copies,
            ..Repeats::default()
        };
        let sequence = RequestSequence::of(pools);
        let mut workload = workload(first, sequence, Manner::Work, repeats);
        workload.groups = groups;
        workload.feed.rerun = again.then(|| self.rerun());
        Ok(Own::one(Population::Evaluator, workload).of(Group {
            name: first.name.clone(),
            kind: GroupKind::Benchmark,
        }))
    }

    fn items(&mut self) -> usize {
        let suites = self.scenario.benign.suites;
        let drawn = suites.median * (suites.sigma * self.rng.normal()).exp();
        drawn.clamp(ITEMS.0, ITEMS.1).round() as usize
    }

    fn rerun(&mut self) -> Rerun {
        let occasion = self.rng.weighted(&OCCASIONS);
        let seed = self.rng.seed();
        Rerun {
            order: (!self.rng.chance(KEEPS_ORDER)).then_some(seed),
            other_day: occasion != 1,
            other_model: occasion != 0,
        }
    }
}
