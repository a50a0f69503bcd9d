//! One account that many people use: end users who know nothing of each other, each with their own workload, software
//! and tools. A relay network hides that; a disclosed reseller does the same and says so. Knows nothing of extractions.

use crate::simulate::behaviour::population::Population;
use crate::simulate::corpus::Corpus;
use crate::simulate::plan::feed::{Feed, FeedReader, Request};
use crate::simulate::plan::planner::{Own, PlanError, Planner};
use crate::simulate::prompt::request_spec::Prompt;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::Relay;

/// Kinds of people behind a reseller, as likely as they stand here.
const END_USERS: [Population; 4] = [
    Population::Consumer,
    Population::Consumer,
    Population::Developer,
    Population::Tenant,
];

/// End users of a reseller, where a scenario does not say.
const RESOLD: Relay = Relay {
    least: 20,
    most: 60,
};

/// Chance that anyone of the end users sends the next request, not the one who sent the last.
const CHANGE_OF_SPEAKER: f64 = 0.5;

/// Everyone who sends through one account.
pub(crate) struct EndUsers<'a> {
    readers: Vec<FeedReader<'a>>,
    speaking: usize,
}

impl<'a> EndUsers<'a> {
    /// The readers of these feeds; `None` when there is no feed.
    pub(crate) fn new(feeds: &'a [Feed], corpus: &'a Corpus) -> Option<Self> {
        let readers = feeds.iter().map(|feed| FeedReader::new(feed, corpus));
        (!feeds.is_empty()).then(|| Self {
            readers: readers.collect(),
            speaking: 0,
        })
    }

    /// Who sends next, and what.
    pub(crate) fn next(&mut self, rng: &mut SeededRng) -> (usize, Request) {
        if self.readers.len() > 1 && rng.chance(CHANGE_OF_SPEAKER) {
            self.speaking = rng.below(self.readers.len());
        }
        (self.speaking, self.readers[self.speaking].next(rng))
    }

    /// The text of a request of one of them.
    pub(crate) fn prompt(&self, user: usize, request: &Request) -> Prompt {
        self.readers[user].prompt(request)
    }
}

impl Planner<'_> {
    /// The end users of one account, as many as `relay` says.
    pub(crate) fn end_user_kinds(&mut self, relay: Option<Relay>) -> Vec<Population> {
        let Relay { least, most } = relay.unwrap_or(RESOLD);
        let users = self.rng.between(least as usize, most as usize);
        (0..users).map(|_| *self.rng.pick(&END_USERS)).collect()
    }

    /// What end users send who make `count` exchanges together, each in their own language.
    pub(crate) fn end_user_workloads(
        &mut self,
        users: Vec<Population>,
        count: usize,
    ) -> Result<Own, PlanError> {
        // Some use it more than others: up to three times their part.
        let part = (count * 3).div_ceil(users.len()).max(2);
        let mut workloads = Vec::with_capacity(users.len());
        for population in &users {
            workloads.extend(self.own(*population, part, None)?.workloads);
        }
        Ok(Own {
            population: Population::Reseller,
            workloads,
            users,
        })
    }
}
