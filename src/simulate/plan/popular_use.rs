//! Accounts that use a popular template, each with inputs of its own.

use std::collections::BTreeSet;

use crate::simulate::behaviour::population::Population;
use crate::simulate::plan::benign::{in_language, talk_repeats, work_repeats};
use crate::simulate::plan::feed::{Feed, Manner};
use crate::simulate::plan::planner::{Own, PlanError, Planner, Workload};
use crate::simulate::plan::popular::{Circle, share};
use crate::simulate::prompt::request_sequence::RequestSequence;
use crate::simulate::prompt::request_spec::RequestSpec;

impl Planner<'_> {
    /// Draws the traffic of an account that uses a popular template; `None` for the other accounts.
    pub(crate) fn popular_template(
        &mut self,
        population: Population,
        count: usize,
        language: Option<&str>,
    ) -> Result<Option<Own>, PlanError> {
        let Some(circle) = Circle::of(population) else {
            return Ok(None);
        };
        let uses = self.rng.chance(share(&self.scenario.benign, population));
        let popular = match circle {
            Circle::People => &self.popular.people,
            Circle::Developers => &self.popular.developers,
            Circle::Programs => &self.popular.programs,
        };
        if !uses || popular.templates.is_empty() {
            return Ok(None);
        }
        let template = &popular.templates[popular.draw(language, &mut self.rng)];
        let spoken = Some(template.language.as_str());
        let asking = match circle {
            Circle::People | Circle::Programs => {
                in_language(&self.record_sets.consumers, spoken, "consumers")?
            }
            Circle::Developers => in_language(&self.record_sets.developers, spoken, "developers")?,
        };
        let home = self.rng.below(asking.len());
        let inputs = self.record_sets.person(&asking, home, count, &mut self.rng);
        let mut groups: BTreeSet<String> = BTreeSet::from([template.unit.clone()]);
        let specs = inputs.iter().map(|input| {
            let donor = input.frame();
            groups.insert(self.record_sets.group(donor.unit).to_owned());
            RequestSpec::Input {
                frame: template.frame,
                around: template.around,
                donor,
                donor_around: (0, 0),
            }
        });
        let sequence = RequestSequence::listed(specs.collect());
        let (manner, repeats) = match circle {
            Circle::People => (Manner::Talk, talk_repeats(&mut self.rng)),
            Circle::Developers => (Manner::Agent, talk_repeats(&mut self.rng)),
            Circle::Programs => (Manner::Work, work_repeats(&mut self.rng, 0.45)),
        };
        let workload = Workload {
            feed: Feed {
                sequence,
                manner,
                repeats,
                evasion: None,
                rerun: None,
            },
            name: template.unit.clone(),
            language: template.language.clone(),
            groups: groups.into_iter().collect(),
        };
        Ok(Some(
            Own::one(population, workload).of(template.group.clone()),
        ))
    }
}
