//! One account that many people use: end users who know nothing of each other, each with their own matter, software
//! and tools. A relay network hides that; a disclosed reseller does the same and says so.

use super::corpus::Corpus;
use super::dice::Dice;
use super::feed::{Feed, FeedReader, Request};
use super::guise::Guise;
use super::plan::{Company, Matter, PlanError, Planner};
use super::population::Population;

/// Kinds of people behind a relay, as likely as they stand here.
const END_USERS: [Population; 4] = [
    Population::Consumer,
    Population::Consumer,
    Population::Developer,
    Population::Tenant,
];

/// End users of a disclosed reseller.
const RESOLD: (usize, usize) = (20, 60);

/// Exchanges that one end user makes before another one shows, in the mean.
const TURNS: f64 = 3.0;

/// Everyone who sends through one account.
pub(super) struct Crowd<'a> {
    readers: Vec<FeedReader<'a>>,
    now: usize,
    turns_left: u32,
}

impl<'a> Crowd<'a> {
    /// The readers of these feeds; `None` when there is no feed.
    pub(super) fn new(feeds: &'a [Feed], corpus: &'a Corpus) -> Option<Self> {
        let readers = feeds.iter().map(|feed| FeedReader::new(feed, corpus));
        (!feeds.is_empty()).then(|| Self {
            readers: readers.collect(),
            now: 0,
            turns_left: 0,
        })
    }

    /// Who sends next, and what.
    pub(super) fn next(&mut self, dice: &mut Dice) -> (usize, Request) {
        if self.readers.len() > 1 {
            if self.turns_left == 0 {
                self.now = dice.below(self.readers.len());
                self.turns_left = dice.exponential(TURNS).ceil() as u32;
            }
            self.turns_left -= 1;
        }
        (self.now, self.readers[self.now].next(dice))
    }
}

/// What the end users of one account send, and with what.
pub(super) struct EndUsers {
    pub(super) matters: Vec<Matter>,
    pub(super) guises: Vec<Guise>,
}

impl Planner<'_> {
    /// `users` end users who make `count` exchanges together, and one guise more for whoever runs the relay.
    pub(super) fn end_users(&mut self, users: usize, count: usize) -> Result<EndUsers, PlanError> {
        let mut matters = Vec::with_capacity(users);
        let mut guises = Vec::with_capacity(users + 1);
        for _ in 0..users {
            let population = *self.dice.pick(&END_USERS);
            // Some use it more than others: up to three times their part.
            let part = (count * 3).div_ceil(users).max(2);
            matters.push(self.matter(population, part, None)?);
            guises.push(self.stranger(population));
        }
        guises.push(self.stranger(Population::Tenant));
        Ok(EndUsers { matters, guises })
    }

    fn stranger(&mut self, population: Population) -> Guise {
        let Company { site, .. } = self.company();
        Guise::new(population, &site, &mut self.dice)
    }

    /// Adds the disclosed resellers of the honest side.
    pub(super) fn add_resellers(&mut self) -> Result<(), PlanError> {
        for _ in 0..self.scenario.benign.resellers {
            let company = self.company();
            let length = self.length(&self.scenario.exchanges);
            let users = self.dice.between(RESOLD.0, RESOLD.1);
            let users = self.end_users(users, length as usize)?;
            self.add_crowd(&company, length, users, None);
        }
        Ok(())
    }
}
