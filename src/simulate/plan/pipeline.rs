//! Choice of the pipeline stages that a campaign runs: one, all of one pipeline, or some of several in rotation.

use crate::simulate::plan::benign::present;
use crate::simulate::plan::planner::{PlanError, Planner};
use crate::simulate::prompt::record_sets::{RecordSet, StagedPipeline};
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::ExtractionSettings;

/// Share of the extractions that run a single stage of their pipeline; the others run all stages in turn.
const SINGLE_STAGE: f64 = 0.6;

/// Maximum number of rotated stages; further templates are wordings of them.
const ROTATED_MOST: usize = 12;

/// The source of the choice of a pipeline.
#[derive(Clone, Copy)]
pub(crate) enum Pick {
    /// Drawn from the plan's generator.
    Drawn,
    /// Determined by the campaign's number in its cell: the same pipeline in every cell.
    Paired(u32),
}

impl<'a> Planner<'a> {
    /// Returns the stages of a campaign; the campaign is named after the first.
    pub(crate) fn stages(
        &mut self,
        extraction: &ExtractionSettings,
        pick: Pick,
    ) -> Result<Vec<&'a RecordSet>, PlanError> {
        let groups = present(&self.record_sets.pipelines, "the extraction")?;
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
        let pipeline = rng.pick(group);
        let single = rng.chance(SINGLE_STAGE);
        Ok(match (extraction.probing, extraction.evasion.templates) {
            (None, None) if !single => pipeline.stages.iter().collect(),
            (probing, templates) => {
                let first = weighted_stage(pipeline, rng);
                if let Some(probing) = probing {
                    probed(groups, first, probing.phrasings as usize, rng)
                } else {
                    rotated(
                        groups,
                        pipeline,
                        first,
                        templates.unwrap_or(1) as usize,
                        rng,
                    )
                }
            }
        })
    }
}

fn weighted_stage<'a>(pipeline: &'a StagedPipeline, rng: &mut SeededRng) -> &'a RecordSet {
    let sizes: Vec<f64> = pipeline
        .stages
        .iter()
        .map(|stage| (stage.records.len() as f64).sqrt())
        .collect();
    &pipeline.stages[rng.weighted(&sizes)]
}

/// Returns `first`, then other stages of its pipeline, then stages of other pipelines.
fn rotated<'a>(
    groups: &'a [Vec<StagedPipeline>],
    pipeline: &'a StagedPipeline,
    first: &'a RecordSet,
    templates: usize,
    rng: &mut SeededRng,
) -> Vec<&'a RecordSet> {
    let most = templates.min(ROTATED_MOST);
    if most == 1 {
        return vec![first];
    }
    let mut own: Vec<&RecordSet> = pipeline.stages.iter().collect();
    rng.shuffle(&mut own);
    let mut others = one_of_each(groups, rng);
    own.append(&mut others);
    distinct(first, own, most)
}

/// Returns `first`, then one stage of each pipeline, then all remaining stages.
fn probed<'a>(
    groups: &'a [Vec<StagedPipeline>],
    first: &'a RecordSet,
    phrasings: usize,
    rng: &mut SeededRng,
) -> Vec<&'a RecordSet> {
    let mut stages = one_of_each(groups, rng);
    let pipelines = groups.iter().flatten();
    let mut rest: Vec<&RecordSet> = pipelines.flat_map(|pipeline| &pipeline.stages).collect();
    rng.shuffle(&mut rest);
    stages.append(&mut rest);
    distinct(first, stages, phrasings)
}

fn one_of_each<'a>(groups: &'a [Vec<StagedPipeline>], rng: &mut SeededRng) -> Vec<&'a RecordSet> {
    let pipelines = groups.iter().flatten();
    let mut stages: Vec<&RecordSet> = pipelines
        .map(|pipeline| rng.pick(&pipeline.stages))
        .collect();
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
