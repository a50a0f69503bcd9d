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
use crate::domain::{Exchange, Label, Response, Timestamp};

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
    /// Holds the next request of each side, and no text.
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
        let mut exchanges = AccountExchanges {
            plan: self,
            clock: Clock::new(self.rhythm, self.start, &mut dice),
            chooser: Chooser::new(self.habit),
            honest: self.honest.as_ref().map(reader),
            harvest: self.harvest.as_ref().map(reader),
            left: self.exchanges,
            harvest_left,
            block: Block::new(&mut dice),
            upcoming: None,
            sent: 0,
            dice,
        };
        exchanges.prepare(None);
        exchanges
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
    upcoming: Option<(Source, Request)>,
    sent: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Honest,
    Harvest,
}

/// An exchange without its text.
struct Sent {
    source: Source,
    request: Request,
    time: Timestamp,
    model: usize,
    response: Response,
}

/// What an exchange shows of an account's behaviour.
pub(super) struct Moment {
    pub(super) time: Timestamp,
    /// Position among the plan's models.
    pub(super) model: usize,
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
        let sent = self.send()?;
        let prompt = self.reader(sent.source).prompt(&sent.request);
        let guise = &self.plan.guise;
        let input_tokens = if failed(&sent.response) {
            None
        } else {
            guise.input_tokens(prompt.bytes())
        };
        let conversation = sent.request.conversation;
        Some(Exchange {
            id: Some(format!("ex-{:016x}-{}", self.plan.seed, self.sent)),
            time: sent.time,
            account: self.plan.label.account.clone(),
            organization: guise.organization.clone(),
            conversation: guise
                .names_conversations
                .then(|| conversation_name(self.plan.seed, sent.source, conversation)),
            model: self.plan.models[sent.model].id.clone(),
            system: prompt.system,
            messages: prompt.messages,
            tools: guise.tools.clone(),
            parameters: guise.parameters.clone(),
            response: Response {
                input_tokens,
                ..sent.response
            },
            client: guise.client(conversation).clone(),
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

impl<'a> AccountExchanges<'a> {
    /// Time of the next exchange.
    pub(super) fn upcoming(&self) -> Option<Timestamp> {
        self.upcoming.map(|_| self.clock.now())
    }

    /// The next exchange without its text, for statistics.
    pub(super) fn next_moment(&mut self) -> Option<Moment> {
        let Sent { time, model, .. } = self.send()?;
        Some(Moment { time, model })
    }

    /// Sends what is upcoming and prepares what follows.
    fn send(&mut self) -> Option<Sent> {
        let (source, request) = self.upcoming.take()?;
        let time = self.clock.now();
        self.left -= 1;
        if source == Source::Harvest {
            self.harvest_left = self.harvest_left.saturating_sub(1);
        }
        let response = self.plan.guise.response(&mut self.dice);
        let model = self.chooser.choose(&self.plan.models, time, &mut self.dice);
        self.sent += 1;
        // A retry takes the place of another request of its side, never of the other side's.
        let may_retry = match source {
            Source::Honest => self.left > self.harvest_left,
            Source::Harvest => self.harvest_left > 0,
        };
        let retries = failed(&response) && may_retry && self.dice.chance(RETRIED);
        self.prepare(retries.then_some((source, request)));
        Some(Sent {
            source,
            request,
            time,
            model,
            response,
        })
    }

    /// Chooses the next request, or the one that is sent again, and moves the clock to it.
    fn prepare(&mut self, again: Option<(Source, Request)>) {
        if self.left == 0 {
            return;
        }
        let (source, request) = again.unwrap_or_else(|| self.request());
        if self.sent > 0 {
            self.clock.advance(request.by_tool, &mut self.dice);
        }
        if self.clock.now() < self.plan.end {
            self.upcoming = Some((source, request));
        }
    }

    fn request(&mut self) -> (Source, Request) {
        let source = self.source();
        let reader = match source {
            Source::Honest => self.honest.as_mut().or(self.harvest.as_mut()),
            Source::Harvest => self.harvest.as_mut().or(self.honest.as_mut()),
        };
        let reader = reader.expect("a plan has a feed on one side at least");
        (source, reader.next(&mut self.dice))
    }

    fn reader(&self, source: Source) -> &FeedReader<'a> {
        let reader = match source {
            Source::Honest => self.honest.as_ref().or(self.harvest.as_ref()),
            Source::Harvest => self.harvest.as_ref().or(self.honest.as_ref()),
        };
        reader.expect("a plan has a feed on one side at least")
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
