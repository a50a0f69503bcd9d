//! Which stages of which pipelines a campaign runs: one, all of one pipeline, or some of several in rotation.

use crate::simulate::plan::benign::present;
use crate::simulate::plan::planner::{PlanError, Planner};
use crate::simulate::prompt::record_sets::{Line, RecordSet};
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::ExtractionSettings;

/// Share of the extractions that run one stage of their pipeline; the others run them all in turn.
const SINGLE_STAGE: f64 = 0.6;

/// Most stages that are rotated; further templates are wordings of them.
const ROTATED_MOST: usize = 12;

/// Where the choice of a pipeline comes from.
#[derive(Clone, Copy)]
pub(crate) enum Pick {
    /// The plan's own generator.
    Drawn,
    /// The number of the campaign in its cell: the same pipeline in every cell.
    Paired(u32),
}

impl<'a> Planner<'a> {
    /// The stages of a campaign, the one it is named after first.
    pub(crate) fn stages(
        &mut self,
        extraction: &ExtractionSettings,
        pick: Pick,
    ) -> Result<Vec<&'a RecordSet>, PlanError> {
        let groups = present(&self.record_sets.lines, "the attack")?;
        let mut paired;
        let rng = match pick {
            Pick::Drawn => &mut self.rng,
            Pick::Paired(campaign) => {
                let purpose = format!("{} campaign {campaign}", self.scenario.name);
                paired = SeededRng::new(self.seed, &purpose);
                &mut paired
            }
        };
        let group = rng.pick(groups);
        let line = rng.pick(group);
        let single = rng.chance(SINGLE_STAGE);
        Ok(match (extraction.probing, extraction.evasion.templates) {
            (None, None) if !single => line.stages.iter().collect(),
            (probing, templates) => {
                let first = weighted_stage(line, rng);
                if let Some(probing) = probing {
                    probed(groups, first, probing.phrasings as usize, rng)
                } else {
                    rotated(groups, line, first, templates.unwrap_or(1) as usize, rng)
                }
            }
        })
    }
}

fn weighted_stage<'a>(line: &'a Line, rng: &mut SeededRng) -> &'a RecordSet {
    let sizes: Vec<f64> = line
        .stages
        .iter()
        .map(|stage| (stage.records.len() as f64).sqrt())
        .collect();
    &line.stages[rng.weighted(&sizes)]
}

/// `first`, then other stages of its pipeline, then stages of other pipelines.
fn rotated<'a>(
    groups: &'a [Vec<Line>],
    line: &'a Line,
    first: &'a RecordSet,
    templates: usize,
    rng: &mut SeededRng,
) -> Vec<&'a RecordSet> {
    let most = templates.min(ROTATED_MOST);
    if most == 1 {
        return vec![first];
    }
    let mut own: Vec<&RecordSet> = line.stages.iter().collect();
    rng.shuffle(&mut own);
    let mut others = one_of_each(groups, rng);
    own.append(&mut others);
    distinct(first, own, most)
}

/// `first`, then one stage of each pipeline, then all there are.
fn probed<'a>(
    groups: &'a [Vec<Line>],
    first: &'a RecordSet,
    phrasings: usize,
    rng: &mut SeededRng,
) -> Vec<&'a RecordSet> {
    let mut stages = one_of_each(groups, rng);
    let lines = groups.iter().flatten();
    let mut rest: Vec<&RecordSet> = lines.flat_map(|line| &line.stages).collect();
    rng.shuffle(&mut rest);
    stages.append(&mut rest);
    distinct(first, stages, phrasings)
}

fn one_of_each<'a>(groups: &'a [Vec<Line>], rng: &mut SeededRng) -> Vec<&'a RecordSet> {
    let lines = groups.iter().flatten();
    let mut stages: Vec<&RecordSet> = lines.map(|line| rng.pick(&line.stages)).collect();
    rng.shuffle(&mut stages);
    stages
}

fn distinct<'a>(
    first: &'a RecordSet,
    others: Vec<&'a RecordSet>,
    most: usize,
) -> Vec<&'a RecordSet> {
    let mut stages = vec![first];
    for stage in others {
        if stages.len() < most && !stages.iter().any(|known| std::ptr::eq(*known, stage)) {
            stages.push(stage);
        }
    }
    stages
}
