//! Planning of benign accounts.

use crate::domain::GroupKind;
use crate::simulate::behaviour::population::Population;
use crate::simulate::plan::feed::{Feed, Manner, Repeats};
use crate::simulate::plan::group::Group;
use crate::simulate::plan::planner::{Organisation, Own, PlanError, Planner, Workload};
use crate::simulate::prompt::draw::sample;
use crate::simulate::prompt::record_sets::RecordSet;
use crate::simulate::prompt::request_sequence::RequestSequence;
use crate::simulate::prompt::request_spec::RequestSpec;
use crate::simulate::rng::SeededRng;

impl<'a> Planner<'a> {
    /// Adds the benign accounts, divided among the populations by their shares.
    pub(crate) fn add_benign(&mut self) -> Result<(), PlanError> {
        let benign = &self.scenario.benign;
        let counts = apportion(benign.accounts, &benign.populations.weights());
        for (&population, count) in Population::ALL.iter().zip(counts) {
            let until = self.accounts.len() + count as usize;
            while self.accounts.len() < until {
                let left = until - self.accounts.len();
                match population {
                    Population::Classroom => self.add_class(left)?,
                    Population::Organisation => self.add_organisation(left)?,
                    _ => {
                        let organisation = self.organisation();
                        let length = self.length_of(population);
                        let own = self.own(population, length as usize, None)?;
                        let length = self.unrepeated(length, &own);
                        self.add(own, &organisation, length, None);
                    }
                }
            }
        }
        Ok(())
    }

    /// Draws the number of exchanges of a benign account.
    fn length_of(&mut self, population: Population) -> u32 {
        let exchanges = &self.scenario.exchanges;
        if population == Population::ChunkedExtraction && !exchanges.by_rhythm {
            self.scenario.benign.chunks.draw(&mut self.rng).round() as u32
        } else {
            self.length(exchanges)
        }
    }

    /// Draws the traffic of a benign account of `population` with `count` exchanges, in `language` where that exists;
    /// each end user of a reseller has a language of their own.
    pub(crate) fn own(
        &mut self,
        population: Population,
        count: usize,
        language: Option<&str>,
    ) -> Result<Own, PlanError> {
        if let Some(own) = self.popular_template(population, count, language)? {
            return Ok(own);
        }
        let workload = match population {
            Population::Consumer => self.person_workload(count, language)?,
            Population::Household => return self.household(count, language),
            Population::Company => return self.company(count),
            Population::Researcher => self.research_workload(count)?,
            Population::Comparison => {
                let group = self.tenant_group(language)?;
                let mut workload = self.tenant_workload(group, count);
                // Each prompt goes to both models.
                workload.feed.repeats = Repeats {
                    copies: 2,
                    ..Repeats::default()
                };
                workload
            }
            Population::Developer | Population::Heavy | Population::TwoMachines => {
                self.developer_workload(count, language)?
            }
            Population::Tenant | Population::Organisation => {
                let group = self.tenant_group(language)?;
                self.tenant_workload(group, count)
            }
            Population::Batch => self.batch_workload(count, language)?,
            Population::ChunkedExtraction => self.chunks_workload(count, language)?,
            Population::Evaluator => return self.suites(count, language),
            Population::Classroom => {
                let class = self.assignment(language)?;
                self.student_workload(&class, count)
            }
            Population::Reseller => {
                let users = self.end_user_kinds(None);
                return self.end_user_workloads(users, count, None);
            }
        };
        let own = Own::one(population, workload);
        self.with_other_uses(own, count, language)
    }

    pub(crate) fn person_workload(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Workload, PlanError> {
        let circle = in_language(&self.record_sets.consumers, language, "consumers")?;
        let home = self.rng.weighted(&sizes(&circle));
        let specs = self.record_sets.person(&circle, home, count, &mut self.rng);
        let repeats = talk_repeats(&mut self.rng);
        let sequence = RequestSequence::listed(specs);
        Ok(workload(circle[home], sequence, Manner::Talk, repeats))
    }

    /// Draws a corpus to translate or label from end to end: one application, nothing asked twice.
    fn batch_workload(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Workload, PlanError> {
        let record_sets = in_language(&self.record_sets.batches, language, "batches")?;
        let record_set = *self.rng.pick(&record_sets);
        let sequence = self.record_sets.work(record_set, count, &mut self.rng);
        let repeats = Repeats {
            copies: 1,
            ..Repeats::default()
        };
        Ok(workload(record_set, sequence, Manner::Work, repeats))
    }

    /// Draws one corpus to send chunk by chunk through one template, as far as possible without an input twice.
    fn chunks_workload(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Workload, PlanError> {
        let record_sets = in_language(&self.record_sets.batches, language, "batches")?;
        let inputs = |record_set: &&RecordSet| self.record_sets.inputs(record_set);
        let most = record_sets.iter().map(inputs).max().unwrap_or(0);
        let large: Vec<&RecordSet> = record_sets
            .iter()
            .copied()
            .filter(|record_set| inputs(record_set) >= count.min(most))
            .collect();
        let record_set = *self.rng.pick(&large);
        let sequence = self.record_sets.work(record_set, count, &mut self.rng);
        let repeats = Repeats {
            copies: 1,
            ..Repeats::default()
        };
        Ok(workload(record_set, sequence, Manner::Work, repeats))
    }

    fn developer_workload(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Workload, PlanError> {
        let record_sets = in_language(&self.record_sets.developers, language, "developers")?;
        let home = record_sets[self.rng.weighted(&sizes(&record_sets))];
        let tasks = if home.records.len() > count {
            RequestSequence::listed(self.record_sets.subject(home, count, &mut self.rng))
        } else {
            self.record_sets.work(home, count, &mut self.rng)
        };
        let repeats = talk_repeats(&mut self.rng);
        Ok(workload(home, tasks, Manner::Agent, repeats))
    }

    /// Draws a group of applications, each group equally likely.
    pub(crate) fn tenant_group(
        &mut self,
        language: Option<&str>,
    ) -> Result<&'a [RecordSet], PlanError> {
        let groups = present(&self.record_sets.tenants, "tenants")?;
        let all = groups.iter().map(Vec::as_slice);
        let speaking: Vec<&[RecordSet]> = all
            .clone()
            .filter(|group| {
                group
                    .iter()
                    .any(|record_set| Some(record_set.language.as_str()) == language)
            })
            .collect();
        let groups = if speaking.is_empty() {
            all.collect()
        } else {
            speaking
        };
        Ok(groups[self.rng.below(groups.len())])
    }

    /// Draws one application of a group, each equally likely.
    pub(crate) fn tenant_workload(&mut self, group: &[RecordSet], count: usize) -> Workload {
        let application = self.rng.pick(group);
        let sequence = self.record_sets.work(application, count, &mut self.rng);
        let repeats = work_repeats(&mut self.rng, 0.45);
        workload(application, sequence, Manner::Work, repeats)
    }

    fn add_class(&mut self, most: usize) -> Result<(), PlanError> {
        let class = self.assignment(None)?;
        let organisation = self.organisation();
        let group = Group {
            name: self.rng.name("class"),
            kind: GroupKind::Classroom,
        };
        for _ in 0..self.rng.between(8, 25).min(most) {
            let length = self.length(&self.scenario.exchanges);
            let workload = self.student_workload(&class, length as usize);
            let own = Own::one(Population::Classroom, workload).of(group.clone());
            let length = self.unrepeated(length, &own);
            self.add(own, &organisation, length, None);
        }
        Ok(())
    }

    /// Draws the exercises of a class: neighbours by subject.
    fn assignment(&mut self, language: Option<&str>) -> Result<Assignment<'a>, PlanError> {
        let record_sets = in_language(&self.record_sets.classrooms, language, "classrooms")?;
        let record_set = record_sets[self.rng.weighted(&sizes(&record_sets))];
        let size = self.rng.between(15, 80);
        let specs = self.record_sets.subject(record_set, size, &mut self.rng);
        Ok(Assignment { record_set, specs })
    }

    /// Draws a student's requests: most of the exercises and a few questions of their own.
    fn student_workload(&mut self, class: &Assignment<'_>, count: usize) -> Workload {
        let record_set = class.record_set;
        let done = class.specs.len() * self.rng.between(5, 10) / 10;
        let mut specs = sample(&class.specs, done.clamp(1, count), &mut self.rng);
        let circle: Vec<&RecordSet> = self.record_sets.consumers.iter().collect();
        let home = (0..circle.len()).find(|index| circle[*index].language == record_set.language);
        let missing = count - specs.len();
        let own = match home {
            Some(home) => self
                .record_sets
                .person(&circle, home, missing, &mut self.rng),
            // No other material is in the class's language, so the rest is homework too.
            None => sample(&class.specs, missing, &mut self.rng),
        };
        specs.extend(own);
        let repeats = talk_repeats(&mut self.rng);
        workload(
            record_set,
            RequestSequence::listed(specs),
            Manner::Talk,
            repeats,
        )
    }

    /// Adds the keys of one organisation: its applications, or one application's environments.
    fn add_organisation(&mut self, most: usize) -> Result<(), PlanError> {
        let applications = self.tenant_group(None)?;
        let organisation = self.organisation();
        let group = Group {
            name: self.rng.name("organisation"),
            kind: GroupKind::Organisation,
        };
        for _ in 0..self.rng.between(3, 8).min(most) {
            let length = self.length(&self.scenario.exchanges);
            let count = length as usize;
            let population = Population::Organisation;
            let own = if let Some(own) = self.popular_template(population, count, None)? {
                own
            } else {
                let workload = self.tenant_workload(applications, count);
                let own = Own::one(population, workload).of(group.clone());
                self.with_other_uses(own, count, None)?
            };
            let length = self.unrepeated(length, &own);
            self.add(own, &organisation, length, None);
        }
        Ok(())
    }

    /// Returns an account's number of exchanges, cut where a person would start over for lack of records, because
    /// people do not repeat everything they said. Not cut where rhythms are compared with traces, since only the times
    /// matter there.
    fn unrepeated(&self, length: u32, own: &Own) -> u32 {
        match own.workloads.as_slice() {
            [Workload { feed, .. }] if !self.scenario.exchanges.by_rhythm => {
                let typed = feed.sequence.is_listed() && feed.manner != Manner::Agent;
                if typed || feed.manner == Manner::Talk {
                    length.min(feed.sequence.len() as u32)
                } else {
                    length
                }
            }
            _ => length,
        }
    }

    /// Returns the shared organisation, or a new one for this account alone.
    pub(crate) fn organisation_or(&mut self, shared: Option<&Organisation>) -> Organisation {
        let own = self.organisation();
        match shared {
            None => own,
            Some(shared) => Organisation {
                site: shared.site.clone(),
                start: shared.start,
            },
        }
    }
}

/// The exercises of one class.
struct Assignment<'a> {
    record_set: &'a RecordSet,
    specs: Vec<RequestSpec>,
}

/// Draws the repeats of a person: some never ask again, some regenerate often.
pub(crate) fn talk_repeats(rng: &mut SeededRng) -> Repeats {
    Repeats {
        regenerated: 0.12 * rng.unit() * rng.unit(),
        ..Repeats::default()
    }
}

/// Draws the repeats of a program: none for a batch over a corpus (`batches` is the share of these), otherwise from few
/// to most; and occasionally best-of-n sampling. Benign applications and extractions draw from the same shapes in other
/// proportions.
pub(crate) fn work_repeats(rng: &mut SeededRng, batches: f64) -> Repeats {
    let popular = if rng.chance(batches) {
        0.0
    } else {
        0.6 * rng.unit() * rng.unit()
    };
    let copies = if rng.chance(0.05) {
        rng.between(2, 4) as u32
    } else {
        1
    };
    Repeats {
        regenerated: 0.0,
        popular,
        copies,
    }
}

pub(crate) fn workload(
    record_set: &RecordSet,
    sequence: RequestSequence,
    manner: Manner,
    repeats: Repeats,
) -> Workload {
    Workload {
        feed: Feed {
            sequence,
            manner,
            repeats,
            evasion: None,
            rerun: None,
        },
        name: record_set.name.clone(),
        language: record_set.language.clone(),
        groups: vec![record_set.group.clone()],
    }
}

/// Returns the weights of the record sets, the square roots of their sizes, so that neither one source nor a hundred
/// small ones dominate.
pub(crate) fn sizes(record_sets: &[&RecordSet]) -> Vec<f64> {
    record_sets
        .iter()
        .map(|record_set| (record_set.records.len() as f64).sqrt())
        .collect()
}

/// Returns the record sets in `language`, or all of them if there are none.
pub(crate) fn in_language<'a>(
    record_sets: &'a [RecordSet],
    language: Option<&str>,
    user: &'static str,
) -> Result<Vec<&'a RecordSet>, PlanError> {
    let all = present(record_sets, user)?;
    let speaking: Vec<&RecordSet> = all
        .iter()
        .filter(|record_set| Some(record_set.language.as_str()) == language)
        .collect();
    Ok(if speaking.is_empty() {
        all.iter().collect()
    } else {
        speaking
    })
}

pub(crate) fn present<'a, T>(items: &'a [T], user: &'static str) -> Result<&'a [T], PlanError> {
    if items.is_empty() {
        Err(PlanError::NothingFor(user))
    } else {
        Ok(items)
    }
}

/// Splits `total` in proportion to `weights`, by the largest-remainder method.
fn apportion(total: u32, weights: &[f64]) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|w| f64::from(total) * w / sum).collect();
    let mut counts: Vec<u32> = exact.iter().map(|share| share.floor() as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|left, right| {
        let remainder = |index: &usize| exact[*index].fract();
        remainder(right)
            .total_cmp(&remainder(left))
            .then(left.cmp(right))
    });
    let missing = total - counts.iter().sum::<u32>();
    for index in order.into_iter().take(missing as usize) {
        counts[index] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::apportion;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_account_is_apportioned(
            total in 0_u32..10_000,
            weights in prop::collection::vec(0.0_f64..10.0, 6),
        ) {
            prop_assume!(weights.iter().sum::<f64>() > 0.1);
            let counts = apportion(total, &weights);
            prop_assert_eq!(counts.iter().sum::<u32>(), total);
            for (count, weight) in counts.iter().zip(&weights) {
                let exact = f64::from(total) * weight / weights.iter().sum::<f64>();
                prop_assert!((f64::from(*count) - exact).abs() <= 1.0);
            }
        }
    }
}
