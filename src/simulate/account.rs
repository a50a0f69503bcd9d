//! One planned account and the exchanges it makes: a pure function of its plan and the corpus.

use std::sync::Arc;

use super::corpus::Corpus;
use super::dice::Dice;
use super::feed::{Feed, FeedReader, Request};
use super::guise::{Guise, failed};
use super::habit::{Chooser, Habit};
use super::population::Population;
use super::rhythm::{Clock, Rhythm};
use super::scenario::Model;
use crate::domain::{Exchange, Label, Timestamp};

/// Share of failed requests that the client sends again.
const RETRIED: f64 = 0.8;

/// An account of a [`super::Plan`].
#[derive(Clone)]
pub struct AccountPlan {
    /// What the account is, its id included.
    pub label: Label,
    /// The honest population that it belongs to, or in whose guise it comes.
    pub population: Population,
    /// Share of its exchanges that are harvest; 0 for an honest account.
    pub harvest_share: f64,
    /// Units of splitting that its requests come from, sorted: for leave-one-out training.
    pub groups: Vec<String>,
    /// Time of its first exchange.
    pub start: Timestamp,
    /// Exchanges that it makes unless the stream ends before.
    pub exchanges: u32,
    pub(super) seed: u64,
    pub(super) end: Timestamp,
    pub(super) models: Arc<[Model]>,
    pub(super) rhythm: Rhythm,
    pub(super) habit: Habit,
    pub(super) guise: Guise,
    /// Honest traffic; `None` for a pure harvest.
    pub(super) honest: Option<Feed>,
    /// Harvest; `None` for an honest account.
    pub(super) harvest: Option<Feed>,
}

impl AccountPlan {
    /// The account's id.
    pub fn account(&self) -> &str {
        &self.label.account
    }

    /// Its exchanges in order of time. `corpus` is the one that the plan was made from.
    ///
    /// Holds one conversation at a time.
    pub fn exchanges<'a>(&'a self, corpus: &'a Corpus) -> AccountExchanges<'a> {
        let mut dice = Dice::new(self.seed, "exchanges");
        let reader = |feed: &'a Feed| FeedReader::new(feed, corpus);
        let harvest_left = if self.harvest.is_none() {
            0
        } else if self.honest.is_none() {
            self.exchanges
        } else {
            (f64::from(self.exchanges) * self.harvest_share)
                .round()
                .max(1.0) as u32
        };
        AccountExchanges {
            plan: self,
            clock: Clock::new(self.rhythm, self.start, &mut dice),
            chooser: Chooser::new(self.habit),
            honest: self.honest.as_ref().map(reader),
            harvest: self.harvest.as_ref().map(reader),
            left: self.exchanges,
            harvest_left,
            block: Block::new(&mut dice),
            retry: None,
            sent: 0,
            dice,
        }
    }
}

/// The exchanges of one account, in order of time.
pub struct AccountExchanges<'a> {
    plan: &'a AccountPlan,
    dice: Dice,
    clock: Clock,
    chooser: Chooser,
    honest: Option<FeedReader<'a>>,
    harvest: Option<FeedReader<'a>>,
    left: u32,
    harvest_left: u32,
    block: Block,
    retry: Option<(Source, Request)>,
    sent: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Honest,
    Harvest,
}

/// Mixed accounts change sides in blocks.
struct Block {
    source: Source,
    left: u32,
    mean: f64,
}

impl Block {
    fn new(dice: &mut Dice) -> Self {
        Self {
            source: Source::Honest,
            left: 0,
            mean: *dice.pick(&[1.0, 4.0, 15.0]),
        }
    }
}

impl Iterator for AccountExchanges<'_> {
    type Item = Exchange;

    fn next(&mut self) -> Option<Exchange> {
        if self.left == 0 {
            return None;
        }
        let (source, request) = match self.retry.take() {
            Some(again) => again,
            None => self.request(),
        };
        if self.sent > 0 {
            self.clock.advance(request.by_tool, &mut self.dice);
        }
        let time = self.clock.now();
        if time >= self.plan.end {
            self.left = 0;
            return None;
        }
        self.left -= 1;
        if source == Source::Harvest {
            self.harvest_left = self.harvest_left.saturating_sub(1);
        }
        let guise = &self.plan.guise;
        let response = guise.response(request.prompt.bytes(), &mut self.dice);
        // A retry takes the place of another request of its side, never of the other side's.
        let may_retry = match source {
            Source::Honest => self.left > self.harvest_left,
            Source::Harvest => self.harvest_left > 0,
        };
        if failed(&response) && may_retry && self.dice.chance(RETRIED) {
            self.retry = Some((source, request.clone()));
        }
        let model = self.chooser.choose(&self.plan.models, time, &mut self.dice);
        self.sent += 1;
        Some(Exchange {
            id: Some(format!("ex-{:016x}-{}", self.plan.seed, self.sent)),
            time,
            account: self.plan.label.account.clone(),
            organization: guise.organization.clone(),
            conversation: guise
                .names_conversations
                .then(|| conversation_name(self.plan.seed, source, request.conversation)),
            model: self.plan.models[model].id.clone(),
            system: request.prompt.system,
            messages: request.prompt.messages,
            tools: guise.tools.clone(),
            parameters: guise.parameters.clone(),
            response,
            client: guise.client.clone(),
        })
    }
}

/// A name that says neither the side nor the order.
fn conversation_name(seed: u64, source: Source, conversation: u64) -> String {
    let purpose = match source {
        Source::Honest => "honest conversation",
        Source::Harvest => "harvest conversation",
    };
    Dice::new(seed ^ conversation, purpose).name("conv")
}

impl AccountExchanges<'_> {
    fn request(&mut self) -> (Source, Request) {
        let source = self.source();
        let reader = match source {
            Source::Honest => self.honest.as_mut().or(self.harvest.as_mut()),
            Source::Harvest => self.harvest.as_mut().or(self.honest.as_mut()),
        };
        let reader = reader.expect("a plan has a feed on one side at least");
        (source, reader.next(&mut self.dice))
    }

    /// Draws sides without replacement, in blocks: exactly the planned share is harvest.
    fn source(&mut self) -> Source {
        if self.harvest_left == 0 {
            return Source::Honest;
        }
        if self.harvest_left >= self.left {
            return Source::Harvest;
        }
        if self.block.left == 0 {
            let share = f64::from(self.harvest_left) / f64::from(self.left);
            self.block.source = if self.dice.chance(share) {
                Source::Harvest
            } else {
                Source::Honest
            };
            self.block.left = self.dice.exponential(self.block.mean).ceil() as u32;
        }
        self.block.left -= 1;
        self.block.source
    }
}
