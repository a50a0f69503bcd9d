//! One planned account and the exchanges it makes: a pure function of its plan and the corpus.

use std::sync::Arc;

use super::corpus::Corpus;
use super::dice::Dice;
use super::feed::{Feed, FeedReader, Request};
use super::guise::{Guise, failed};
use super::habit::{Chooser, Habit};
use super::population::Population;
use super::relay::Crowd;
use super::rhythm::{Clock, Rhythm};
use super::scenario::Model;
use crate::domain::{Client, Exchange, FinishReason, Label, Response, Timestamp};

/// Share of failed requests that the client sends again.
const RETRIED: f64 = 0.8;

/// Longest refusal, in tokens.
const REFUSAL_TOKENS: u64 = 120;

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
    /// What each end user sends with, then whoever runs the account; empty when that is one and the same.
    pub(super) end_users: Vec<Guise>,
    /// Share of the harvest that is refused for what it asks.
    pub(super) refused: f64,
    /// Honest traffic, of one user or of each end user; none for a pure harvest.
    pub(super) honest: Vec<Feed>,
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
        let harvest_left = if self.harvest.is_none() {
            0
        } else if self.honest.is_empty() {
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
            honest: Crowd::new(&self.honest, corpus),
            harvest: self
                .harvest
                .as_ref()
                .map(|feed| FeedReader::new(feed, corpus)),
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
    honest: Option<Crowd<'a>>,
    harvest: Option<FeedReader<'a>>,
    left: u32,
    harvest_left: u32,
    block: Block,
    retry: Option<(Sender, Request)>,
    sent: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Honest,
    Harvest,
}

/// Who sends a request.
#[derive(Clone, Copy)]
struct Sender {
    source: Source,
    /// Place among the account's end users; 0 when it has one user.
    user: usize,
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
        let (sender, request) = match self.retry.take() {
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
        let source = sender.source;
        if source == Source::Harvest {
            self.harvest_left = self.harvest_left.saturating_sub(1);
        }
        let account = &self.plan.guise;
        let guise = self.plan.end_users.get(sender.user).unwrap_or(account);
        let mut response = guise.response(request.prompt.bytes(), &mut self.dice);
        if source == Source::Harvest && self.plan.refused > 0.0 {
            self.refuse(&mut response);
        }
        // A retry takes the place of another request of its side, never of the other side's.
        let may_retry = match source {
            Source::Honest => self.left > self.harvest_left,
            Source::Harvest => self.harvest_left > 0,
        };
        if failed(&response) && may_retry && self.dice.chance(RETRIED) {
            self.retry = Some((sender, request.clone()));
        }
        let model = self.chooser.choose(&self.plan.models, time, &mut self.dice);
        self.sent += 1;
        Some(Exchange {
            id: Some(format!("ex-{:016x}-{}", self.plan.seed, self.sent)),
            time,
            account: self.plan.label.account.clone(),
            organization: account.organization.clone(),
            conversation: account
                .names_conversations
                .then(|| conversation_name(self.plan.seed, sender, request.conversation)),
            model: self.plan.models[model].id.clone(),
            system: request.prompt.system,
            messages: request.prompt.messages,
            tools: guise.tools.clone(),
            parameters: guise.parameters.clone(),
            response,
            client: Client {
                api_key: account.client.api_key.clone(),
                payment: account.client.payment.clone(),
                ..guise.client.clone()
            },
        })
    }
}

/// A name that says neither the side nor the order.
fn conversation_name(seed: u64, sender: Sender, conversation: u64) -> String {
    let purpose = match sender.source {
        Source::Honest => "honest conversation",
        Source::Harvest => "harvest conversation",
    };
    let user = (sender.user as u64) << 40;
    Dice::new(seed ^ user ^ conversation, purpose).name("conv")
}

impl AccountExchanges<'_> {
    fn request(&mut self) -> (Sender, Request) {
        let source = self.source();
        let dice = &mut self.dice;
        let harvest = self.harvest.as_mut().filter(|_| source == Source::Harvest);
        let (user, request) = if let Some(harvest) = harvest {
            let last = self.plan.end_users.len().saturating_sub(1);
            (last, harvest.next(dice))
        } else {
            let honest = self.honest.as_mut();
            let honest = honest.expect("a plan without a harvest is honest");
            honest.next(dice)
        };
        (Sender { source, user }, request)
    }

    /// Most of what a probe asks is refused, in a few words.
    fn refuse(&mut self, response: &mut Response) {
        if !failed(response) && self.dice.chance(self.plan.refused) {
            response.finish_reason = Some(FinishReason::ContentFilter);
            response.output_tokens = response
                .output_tokens
                .map(|tokens| tokens.min(REFUSAL_TOKENS));
        }
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
