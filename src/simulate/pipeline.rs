//! Which stages of which pipelines a campaign runs: one, all of one pipeline, or some of several in rotation.

use super::attack::Attack;
use super::dice::Dice;
use super::honest::present;
use super::plan::{PlanError, Planner};
use super::shelf::{Line, Shelf};

/// Share of the harvests that run one stage of their pipeline; the others run them all in turn.
const SINGLE_STAGE: f64 = 0.6;

/// Most stages that are rotated; further templates are wordings of them.
const ROTATED_MOST: usize = 12;

/// Where the choice of a pipeline comes from.
#[derive(Clone, Copy)]
pub(super) enum Pick {
    /// The plan's own dice.
    Drawn,
    /// The number of the campaign in its cell: the same pipeline in every cell.
    Paired(u32),
}

impl<'a> Planner<'a> {
    /// The stages of a campaign, the one it is named after first.
    pub(super) fn stages(
        &mut self,
        attack: &Attack,
        pick: Pick,
    ) -> Result<Vec<&'a Shelf>, PlanError> {
        let groups = present(&self.shelves.lines, "the attack")?;
        let mut paired;
        let dice = match pick {
            Pick::Drawn => &mut self.dice,
            Pick::Paired(campaign) => {
                let purpose = format!("{} campaign {campaign}", self.scenario.name);
                paired = Dice::new(self.seed, &purpose);
                &mut paired
            }
        };
        let group = dice.pick(groups);
        let line = dice.pick(group);
        let single = dice.chance(SINGLE_STAGE);
        Ok(match (attack.probing, attack.disguise.templates) {
            (None, None) if !single => line.stages.iter().collect(),
            (probing, templates) => {
                let first = weighted_stage(line, dice);
                if let Some(probing) = probing {
                    probed(groups, first, probing.phrasings as usize, dice)
                } else {
                    rotated(groups, line, first, templates.unwrap_or(1) as usize, dice)
                }
            }
        })
    }
}

fn weighted_stage<'a>(line: &'a Line, dice: &mut Dice) -> &'a Shelf {
    let sizes: Vec<f64> = line
        .stages
        .iter()
        .map(|stage| (stage.records.len() as f64).sqrt())
        .collect();
    &line.stages[dice.weighted(&sizes)]
}

/// `first`, then other stages of its pipeline, then stages of other pipelines.
fn rotated<'a>(
    groups: &'a [Vec<Line>],
    line: &'a Line,
    first: &'a Shelf,
    templates: usize,
    dice: &mut Dice,
) -> Vec<&'a Shelf> {
    let most = templates.min(ROTATED_MOST);
    if most == 1 {
        return vec![first];
    }
    let mut own: Vec<&Shelf> = line.stages.iter().collect();
    dice.shuffle(&mut own);
    let mut others = one_of_each(groups, dice);
    own.append(&mut others);
    distinct(first, own, most)
}

/// `first`, then one stage of each pipeline, then all there are.
fn probed<'a>(
    groups: &'a [Vec<Line>],
    first: &'a Shelf,
    phrasings: usize,
    dice: &mut Dice,
) -> Vec<&'a Shelf> {
    let mut stages = one_of_each(groups, dice);
    let lines = groups.iter().flatten();
    let mut rest: Vec<&Shelf> = lines.flat_map(|line| &line.stages).collect();
    dice.shuffle(&mut rest);
    stages.append(&mut rest);
    distinct(first, stages, phrasings)
}

fn one_of_each<'a>(groups: &'a [Vec<Line>], dice: &mut Dice) -> Vec<&'a Shelf> {
    let lines = groups.iter().flatten();
    let mut stages: Vec<&Shelf> = lines.map(|line| dice.pick(&line.stages)).collect();
    dice.shuffle(&mut stages);
    stages
}

fn distinct<'a>(first: &'a Shelf, others: Vec<&'a Shelf>, most: usize) -> Vec<&'a Shelf> {
    let mut stages = vec![first];
    for stage in others {
        if stages.len() < most && !stages.iter().any(|known| std::ptr::eq(*known, stage)) {
            stages.push(stage);
        }
    }
    stages
}
