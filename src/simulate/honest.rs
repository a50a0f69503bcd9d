//! Honest accounts of a plan.

use super::card::Card;
use super::deal::sample;
use super::deck::Deck;
use super::dice::Dice;
use super::feed::{Feed, Manner, Repeats};
use super::plan::{Company, Matter, Own, PlanError, Planner};
use super::population::Population;
use super::shelf::Shelf;

impl<'a> Planner<'a> {
    /// Adds the honest accounts, each population its share.
    pub(super) fn add_benign(&mut self) -> Result<(), PlanError> {
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
                        let company = self.company();
                        let length = self.length(&self.scenario.exchanges);
                        let own = self.own(population, length as usize, None)?;
                        let length = self.unrepeated(length, &own);
                        self.add(own, &company, length, None);
                    }
                }
            }
        }
        Ok(())
    }

    /// What an honest account of `population` sends in `count` exchanges, in `language` where there is any; end users
    /// of a reseller speak their own.
    pub(super) fn own(
        &mut self,
        population: Population,
        count: usize,
        language: Option<&str>,
    ) -> Result<Own, PlanError> {
        let matter = match population {
            Population::Consumer => self.person_matter(count, language)?,
            Population::Developer | Population::Heavy => self.developer_matter(count, language)?,
            Population::Tenant | Population::Organisation => {
                let group = self.tenant_group(language)?;
                self.tenant_matter(group, count)
            }
            Population::Batch => self.batch_matter(count, language)?,
            Population::Evaluator => self.suite_matter(count, language)?,
            Population::Classroom => {
                let class = self.assignment(language)?;
                self.student_matter(&class, count)
            }
            Population::Reseller => {
                let users = self.end_users(None);
                return self.crowd(users, count);
            }
        };
        Ok(Own::one(population, matter))
    }

    fn person_matter(&mut self, count: usize, language: Option<&str>) -> Result<Matter, PlanError> {
        let circle = spoken(&self.shelves.consumers, language, "consumers")?;
        let home = self.dice.weighted(&sizes(&circle));
        let cards = self.shelves.person(&circle, home, count, &mut self.dice);
        let repeats = talk_repeats(&mut self.dice);
        let deck = Deck::listed(cards);
        Ok(matter(circle[home], deck, Manner::Talk, repeats))
    }

    /// A corpus that is translated or labelled from end to end: one application, nothing asked twice.
    fn batch_matter(&mut self, count: usize, language: Option<&str>) -> Result<Matter, PlanError> {
        let shelves = spoken(&self.shelves.batches, language, "batches")?;
        let shelf = *self.dice.pick(&shelves);
        let deck = self.shelves.work(shelf, count, &mut self.dice);
        let repeats = Repeats {
            copies: 1,
            ..Repeats::default()
        };
        Ok(matter(shelf, deck, Manner::Work, repeats))
    }

    fn developer_matter(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Matter, PlanError> {
        let shelves = spoken(&self.shelves.developers, language, "developers")?;
        let home = shelves[self.dice.weighted(&sizes(&shelves))];
        let tasks = if home.records.len() > count {
            Deck::listed(self.shelves.subject(home, count, &mut self.dice))
        } else {
            self.shelves.work(home, count, &mut self.dice)
        };
        let repeats = talk_repeats(&mut self.dice);
        Ok(matter(home, tasks, Manner::Agent, repeats))
    }

    /// A group of applications, each equally likely.
    fn tenant_group(&mut self, language: Option<&str>) -> Result<&'a [Shelf], PlanError> {
        let groups = present(&self.shelves.tenants, "tenants")?;
        let all = groups.iter().map(Vec::as_slice);
        let speaking: Vec<&[Shelf]> = all
            .clone()
            .filter(|group| {
                group
                    .iter()
                    .any(|shelf| Some(shelf.language.as_str()) == language)
            })
            .collect();
        let groups = if speaking.is_empty() {
            all.collect()
        } else {
            speaking
        };
        Ok(groups[self.dice.below(groups.len())])
    }

    /// One application of a group, each equally likely.
    fn tenant_matter(&mut self, group: &[Shelf], count: usize) -> Matter {
        let application = self.dice.pick(group);
        let deck = self.shelves.work(application, count, &mut self.dice);
        let repeats = work_repeats(&mut self.dice, 0.45);
        matter(application, deck, Manner::Work, repeats)
    }

    /// A suite that is run once, or again and again for every change.
    fn suite_matter(&mut self, count: usize, language: Option<&str>) -> Result<Matter, PlanError> {
        let shelves = spoken(&self.shelves.evaluators, language, "evaluators")?;
        let shelf = shelves[self.dice.weighted(&sizes(&shelves))];
        let size = if self.dice.chance(0.4) {
            count
        } else {
            self.dice.between(12, 120).min(count)
        };
        let deck = self.shelves.work(shelf, size, &mut self.dice);
        let copies = if self.dice.chance(0.15) {
            self.dice.between(2, 5) as u32
        } else {
            1
        };
        let repeats = Repeats {
            copies,
            ..Repeats::default()
        };
        Ok(matter(shelf, deck, Manner::Work, repeats))
    }

    fn add_class(&mut self, most: usize) -> Result<(), PlanError> {
        let class = self.assignment(None)?;
        let company = self.company();
        for _ in 0..self.dice.between(8, 25).min(most) {
            let length = self.length(&self.scenario.exchanges);
            let matter = self.student_matter(&class, length as usize);
            let own = Own::one(Population::Classroom, matter);
            let length = self.unrepeated(length, &own);
            self.add(own, &company, length, None);
        }
        Ok(())
    }

    /// The exercises of a class: neighbours by subject.
    fn assignment(&mut self, language: Option<&str>) -> Result<Assignment<'a>, PlanError> {
        let shelves = spoken(&self.shelves.classrooms, language, "classrooms")?;
        let shelf = shelves[self.dice.weighted(&sizes(&shelves))];
        let size = self.dice.between(15, 80);
        let cards = self.shelves.subject(shelf, size, &mut self.dice);
        Ok(Assignment { shelf, cards })
    }

    /// A student does most of the exercises and asks a few things of their own.
    fn student_matter(&mut self, class: &Assignment<'_>, count: usize) -> Matter {
        let shelf = class.shelf;
        let done = class.cards.len() * self.dice.between(5, 10) / 10;
        let mut cards = sample(&class.cards, done.clamp(1, count), &mut self.dice);
        let circle: Vec<&Shelf> = self.shelves.consumers.iter().collect();
        let home = (0..circle.len()).find(|place| circle[*place].language == shelf.language);
        let missing = count - cards.len();
        let own = match home {
            Some(home) => self.shelves.person(&circle, home, missing, &mut self.dice),
            // Nobody speaks the class's language elsewhere: the rest is homework too.
            None => sample(&class.cards, missing, &mut self.dice),
        };
        cards.extend(own);
        let repeats = talk_repeats(&mut self.dice);
        matter(shelf, Deck::listed(cards), Manner::Talk, repeats)
    }

    /// Keys of one organisation: its applications, or one application's environments.
    fn add_organisation(&mut self, most: usize) -> Result<(), PlanError> {
        let group = self.tenant_group(None)?;
        let company = self.company();
        for _ in 0..self.dice.between(3, 8).min(most) {
            let length = self.length(&self.scenario.exchanges);
            let matter = self.tenant_matter(group, length as usize);
            let own = Own::one(Population::Organisation, matter);
            self.add(own, &company, length, None);
        }
        Ok(())
    }

    /// An account's length, cut where a person would start over for want of records: people do not repeat all they
    /// said. Not where rhythms are compared with traces: it is the times that count there.
    fn unrepeated(&self, length: u32, own: &Own) -> u32 {
        match own.matters.as_slice() {
            [matter]
                if matter.feed.manner == Manner::Talk && !self.scenario.exchanges.by_rhythm =>
            {
                length.min(matter.feed.deck.len() as u32)
            }
            _ => length,
        }
    }

    /// A company for an account of its own, or the given one.
    pub(super) fn company_or(&mut self, shared: Option<&Company>) -> Company {
        let own = self.company();
        match shared {
            None => own,
            Some(shared) => Company {
                site: shared.site.clone(),
                start: shared.start,
            },
        }
    }
}

/// The exercises of one class.
struct Assignment<'a> {
    shelf: &'a Shelf,
    cards: Vec<Card>,
}

/// Repeats of a person: some never ask again, some regenerate often.
pub(super) fn talk_repeats(dice: &mut Dice) -> Repeats {
    Repeats {
        regenerated: 0.12 * dice.unit() * dice.unit(),
        ..Repeats::default()
    }
}

/// Repeats of a program: none for a batch over a corpus (this share of them), else from few to most; and best-of-n
/// sampling now and then. Honest applications and harvests draw from the same shapes in other proportions.
pub(super) fn work_repeats(dice: &mut Dice, batches: f64) -> Repeats {
    let popular = if dice.chance(batches) {
        0.0
    } else {
        0.6 * dice.unit() * dice.unit()
    };
    let copies = if dice.chance(0.05) {
        dice.between(2, 4) as u32
    } else {
        1
    };
    Repeats {
        regenerated: 0.0,
        popular,
        copies,
    }
}

pub(super) fn matter(shelf: &Shelf, deck: Deck, manner: Manner, repeats: Repeats) -> Matter {
    Matter {
        feed: Feed {
            deck,
            manner,
            repeats,
            disguise: None,
        },
        name: shelf.name.clone(),
        language: shelf.language.clone(),
        groups: vec![shelf.group.clone()],
    }
}

/// Shelves weigh by the square root of their size: neither one source nor a hundred crumbs take over.
fn sizes(shelves: &[&Shelf]) -> Vec<f64> {
    shelves
        .iter()
        .map(|shelf| (shelf.records.len() as f64).sqrt())
        .collect()
}

/// The shelves in `language`, or all when there is none of it.
fn spoken<'a>(
    shelves: &'a [Shelf],
    language: Option<&str>,
    whom: &'static str,
) -> Result<Vec<&'a Shelf>, PlanError> {
    let all = present(shelves, whom)?;
    let speaking: Vec<&Shelf> = all
        .iter()
        .filter(|shelf| Some(shelf.language.as_str()) == language)
        .collect();
    Ok(if speaking.is_empty() {
        all.iter().collect()
    } else {
        speaking
    })
}

pub(super) fn present<'a, T>(items: &'a [T], whom: &'static str) -> Result<&'a [T], PlanError> {
    if items.is_empty() {
        Err(PlanError::NothingFor(whom))
    } else {
        Ok(items)
    }
}

/// Splits `total` in proportion to `weights`, by largest remainder.
fn apportion(total: u32, weights: &[f64]) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|w| f64::from(total) * w / sum).collect();
    let mut counts: Vec<u32> = exact.iter().map(|share| share.floor() as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|left, right| {
        let remainder = |place: &usize| exact[*place].fract();
        remainder(right)
            .total_cmp(&remainder(left))
            .then(left.cmp(right))
    });
    let missing = total - counts.iter().sum::<u32>();
    for place in order.into_iter().take(missing as usize) {
        counts[place] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::apportion;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_account_goes_somewhere(
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
