//! The order in which an account's requests are sent, repeats included.

use std::sync::Arc;

use super::card::{Card, Prompt};
use super::corpus::Corpus;
use super::dice::Dice;
use super::disguise::Disguise;
use super::priors::DEVELOPER_CALLS_PER_PROMPT;
use crate::domain::{Message, Role, Sensitive};

/// Longest tool result that is quoted, in characters.
const RESULT_CHARACTERS: usize = 800;

/// Most calls that follow from one prompt; bounds the growing request.
const CALLS_MOST: usize = 40;

/// What an agent says between calls, in our own words.
const STEPS: [&str; 6] = [
    "I will look at the relevant part first.",
    "Let me check what this returns.",
    "That is not it yet. Trying the next place.",
    "Reading the file around that line.",
    "Running it again after the change.",
    "Now the remaining case.",
];

/// How requests follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// One request after another, each on its own.
    Work,
    /// Conversations: turns of a recorded one, or questions that follow each other.
    Talk,
    /// An agent's loop: one prompt, then calls with a growing history of steps and results.
    Agent,
}

/// Repeats of requests, drawn for each account from one distribution a population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Repeats {
    /// Share of requests that are the one before, sent again by the user.
    pub(super) regenerated: f64,
    /// Share of requests that are an earlier one; the earliest are the most popular (Zipf).
    pub(super) popular: f64,
    /// Times that each request is sent in a row.
    pub(super) copies: u32,
}

/// What one account has to say.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) cards: Vec<Card>,
    pub(super) manner: Manner,
    pub(super) repeats: Repeats,
    /// What a harvest wears; nothing on honest traffic.
    pub(super) disguise: Option<Arc<Disguise>>,
}

/// A request to send.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) prompt: Prompt,
    /// Counts the account's conversations.
    pub(super) conversation: u64,
    /// Whether a tool's result caused it, not a person.
    pub(super) by_tool: bool,
}

/// Reads a feed from its beginning; starts over at its end.
pub(super) struct FeedReader<'a> {
    feed: &'a Feed,
    corpus: &'a Corpus,
    dealt: usize,
    conversation: u64,
    copies_left: u32,
    last: Option<Request>,
    /// What is left of the current conversation, the next one last.
    queued: Vec<Request>,
}

impl<'a> FeedReader<'a> {
    pub(super) fn new(feed: &'a Feed, corpus: &'a Corpus) -> Self {
        Self {
            feed,
            corpus,
            dealt: 0,
            conversation: 0,
            copies_left: 0,
            last: None,
            queued: Vec::new(),
        }
    }

    /// The next request.
    pub(super) fn next(&mut self, dice: &mut Dice) -> Request {
        let request = self.advance(dice);
        self.last = Some(request.clone());
        request
    }

    fn advance(&mut self, dice: &mut Dice) -> Request {
        let repeats = self.feed.repeats;
        if let Some(last) = &self.last {
            if self.copies_left > 0 {
                self.copies_left -= 1;
                return last.clone();
            }
            if dice.chance(repeats.regenerated) {
                return last.clone();
            }
        }
        if let Some(request) = self.queued.pop() {
            return request;
        }
        if self.dealt > 0 && dice.chance(repeats.popular) {
            let seen = self.dealt.min(self.feed.cards.len());
            // Zipf with exponent 1 over the order of first appearance.
            let rank = (seen as f64).powf(dice.unit()) as usize - 1;
            return self.fresh(rank);
        }
        let place = self.dealt % self.feed.cards.len();
        self.dealt += 1;
        self.copies_left = repeats.copies.saturating_sub(1);
        match self.feed.manner {
            Manner::Work => self.fresh(place),
            Manner::Talk => self.talk(place, dice),
            Manner::Agent => self.work_through(place, dice),
        }
    }

    /// The request of the card at `place`, as it is sent.
    fn prompt(&self, place: usize) -> Prompt {
        let prompt = self.feed.cards[place].prompt(self.corpus);
        match &self.feed.disguise {
            None => prompt,
            Some(disguise) => disguise.wear(place, prompt, self.corpus),
        }
    }

    fn fresh(&mut self, place: usize) -> Request {
        self.conversation += 1;
        Request {
            prompt: self.prompt(place),
            conversation: self.conversation,
            by_tool: false,
        }
    }

    /// A recorded conversation turn by turn; half of the single questions go on in the conversation before.
    fn talk(&mut self, place: usize, dice: &mut Dice) -> Request {
        let whole = self.prompt(place);
        let turns: Vec<usize> = (0..whole.messages.len())
            .filter(|place| whole.messages[*place].role == Role::User)
            .collect();
        let goes_on = turns.len() <= 1 && self.dealt > 1 && dice.chance(0.5);
        if !goes_on {
            self.conversation += 1;
        }
        let mut requests: Vec<Request> = turns
            .into_iter()
            .map(|turn| Request {
                prompt: Prompt {
                    system: whole.system.clone(),
                    messages: whole.messages[..=turn].to_vec(),
                },
                conversation: self.conversation,
                by_tool: false,
            })
            .collect();
        requests.reverse();
        let first = requests.pop().unwrap_or(Request {
            prompt: whole,
            conversation: self.conversation,
            by_tool: false,
        });
        self.queued = requests;
        first
    }

    /// One prompt and the calls that follow from it: each adds a step of the agent and a result, which quotes the
    /// account's other material.
    fn work_through(&mut self, place: usize, dice: &mut Dice) -> Request {
        let first = self.fresh(place);
        let calls = DEVELOPER_CALLS_PER_PROMPT.draw(dice).round() as usize;
        let mut growing = first.clone();
        let mut requests = Vec::new();
        for _ in 1..calls.clamp(1, CALLS_MOST) {
            let quoted = self.prompt(dice.below(self.feed.cards.len()));
            let result = quoted.messages.last().map_or("", |m| m.content.expose());
            let result: String = result
                .chars()
                .take(dice.between(80, RESULT_CHARACTERS))
                .collect();
            growing.prompt.messages.push(Message {
                role: Role::Assistant,
                content: Sensitive::new((*dice.pick(&STEPS)).to_owned()),
            });
            growing.prompt.messages.push(Message {
                role: Role::Tool,
                content: Sensitive::new(result),
            });
            growing.by_tool = true;
            requests.push(growing.clone());
        }
        requests.reverse();
        self.queued = requests;
        first
    }
}
