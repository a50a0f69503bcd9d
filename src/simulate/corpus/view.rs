//! A part of a corpus: the units that accounts may be drawn from.

use super::{Application, BenignSource, Corpus, LicenceClass, Partition, Pipeline};

/// The facts by which units of a corpus are selected.
#[derive(Clone, Copy, Debug)]
pub struct UnitFacts<'a> {
    /// Split key: the group of a pipeline, a harness or an application, the name of a benign source.
    pub split_key: &'a str,
    /// The use its licence allows.
    pub licence: LicenceClass,
    /// Side of the split.
    pub partition: Partition,
}

/// The units of some partitions that pass a filter. Borrows the corpus without changing it.
#[derive(Clone, Copy)]
pub struct CorpusView<'a> {
    corpus: &'a Corpus,
    partitions: &'a [Partition],
    keeps: &'a dyn Fn(UnitFacts<'_>) -> bool,
}

impl<'a> CorpusView<'a> {
    /// Selects every unit of these partitions.
    pub fn new(corpus: &'a Corpus, partitions: &'a [Partition]) -> Self {
        Self {
            corpus,
            partitions,
            keeps: &|_| true,
        }
    }

    /// Selects the units of these partitions for which `keeps` returns true.
    pub fn filtered(
        corpus: &'a Corpus,
        partitions: &'a [Partition],
        keeps: &'a dyn Fn(UnitFacts<'_>) -> bool,
    ) -> Self {
        Self {
            corpus,
            partitions,
            keeps,
        }
    }

    /// Returns the whole corpus, whose units keep their positions.
    pub const fn corpus(&self) -> &'a Corpus {
        self.corpus
    }

    pub(in crate::simulate) fn has_pipeline(&self, pipeline: &Pipeline) -> bool {
        self.has(&pipeline.group, pipeline.licence, pipeline.partition)
    }

    pub(in crate::simulate) fn has_source(&self, source: &BenignSource) -> bool {
        self.has(&source.name, source.licence, source.partition)
    }

    pub(in crate::simulate) fn has_application(&self, application: &Application) -> bool {
        self.has(
            &application.group,
            application.licence,
            application.partition,
        )
    }

    fn has(&self, split_key: &str, licence: LicenceClass, partition: Partition) -> bool {
        let unit = UnitFacts {
            split_key,
            licence,
            partition,
        };
        self.partitions.contains(&partition) && (self.keeps)(unit)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::simulate::{Plan, PlanError, Scenario};

    fn scenario() -> Scenario {
        Scenario::parse(include_str!("../../../eval/scenarios/smoke.toml")).expect("a scenario")
    }

    #[test]
    fn a_plan_draws_from_what_the_view_keeps() {
        let (corpus, scenario) = (Corpus::miniature(), scenario());
        let all = Plan::new(&scenario, &corpus, 1).expect("a plan of all units");
        let named: BTreeSet<String> = all.accounts.iter().filter_map(unit_of).collect();
        let left_out = named.first().expect("an account names its unit").clone();
        let keeps = |unit: UnitFacts<'_>| unit.split_key != left_out;
        let view = CorpusView::filtered(&corpus, &scenario.partitions, &keeps);
        let some = Plan::of_view(&scenario, view, 1).expect("a plan of the others");
        assert!(
            some.accounts
                .iter()
                .filter_map(unit_of)
                .all(|unit| unit != left_out)
        );
    }

    fn unit_of(account: &crate::simulate::AccountPlan) -> Option<String> {
        account.label.application.clone()
    }

    #[test]
    fn a_view_of_nothing_has_no_plan() {
        let (corpus, scenario) = (Corpus::miniature(), scenario());
        let view = CorpusView::filtered(&corpus, &scenario.partitions, &|_| false);
        let refused: Result<_, PlanError> = Plan::of_view(&scenario, view, 1);
        assert!(refused.is_err());
    }
}
