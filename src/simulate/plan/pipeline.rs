//! Choice of the pipeline stages that a campaign runs: one, all of one pipeline, or some of several in rotation; and of
//! those that a security researcher tries.

use crate::domain::Technique;
use crate::simulate::corpus::Corpus;
use crate::simulate::plan::benign::{present, workload};
use crate::simulate::plan::feed::{Manner, Repeats};
use crate::simulate::plan::planner::{PlanError, Planner, Workload};
use crate::simulate::prompt::record_sets::{RecordSet, StagedPipeline};
use crate::simulate::prompt::request_sequence::RequestSequence;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::ExtractionSettings;

/// Share of the extractions that run a single stage of their pipeline; the others run all stages in turn.
const SINGLE_STAGE: f64 = 0.6;

/// Maximum number of rotated stages; further templates are wordings of them.
const ROTATED_MOST: usize = 12;

/// Number of phrasings that a researcher tries.
const RESEARCHED: usize = 40;

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
                    probed(
                        self.record_sets.corpus,
                        groups,
                        first,
                        probing.phrasings as usize,
                        rng,
                    )
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

    /// Draws the phrasings that a security researcher tries, one of each in turn.
    pub(crate) fn research_workload(&mut self, count: usize) -> Result<Workload, PlanError> {
        let groups = present(&self.record_sets.pipelines, "researchers")?;
        let group = self.rng.pick(groups);
        let pipeline = self.rng.pick(group);
        let first = weighted_stage(pipeline, &mut self.rng);
        let corpus = self.record_sets.corpus;
        let stages = probed(corpus, groups, first, RESEARCHED.min(count), &mut self.rng);
        let mut pools = Vec::with_capacity(stages.len());
        let mut left = count;
        for (position, stage) in stages.iter().enumerate() {
            let wanted = left.div_ceil(stages.len() - position);
            if wanted == 0 {
                break;
            }
            left -= wanted;
            pools.push(self.record_sets.whole(stage, wanted, &mut self.rng));
        }
        let sequence = RequestSequence::in_turn(pools);
        let repeats = Repeats {
            copies: 1,
            ..Repeats::default()
        };
        let mut workload = workload(first, sequence, Manner::Work, repeats);
        workload.groups = stages.iter().map(|stage| stage.group.clone()).collect();
        Ok(workload)
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

/// Returns `first`, then stages that were written to probe, then one stage of each pipeline, then all remaining stages.
fn probed<'a>(
    corpus: &Corpus,
    groups: &'a [Vec<StagedPipeline>],
    first: &'a RecordSet,
    phrasings: usize,
    rng: &mut SeededRng,
) -> Vec<&'a RecordSet> {
    let mut stages = one_of_each(groups, rng);
    let probes = |stage: &&RecordSet| {
        let author = corpus.authors.get(&stage.group);
        author.is_some_and(|author| author.technique == Some(Technique::TechniqueProbing))
    };
    stages.sort_by_key(|stage| !probes(stage));
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
