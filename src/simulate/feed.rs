//! The order in which an account's requests are sent, repeats included.

use std::sync::Arc;

use super::card::Prompt;
use super::corpus::Corpus;
use super::deck::Deck;
use super::dice::Dice;
use super::disguise::Disguise;
use super::priors::DEVELOPER_CALLS_PER_PROMPT;
use crate::domain::{Message, Role, Sensitive};

/// Longest tool result that is quoted, in characters.
const RESULT_CHARACTERS: usize = 800;

/// Most calls that follow from one prompt; bounds the growing request.
const CALLS_MOST: u32 = 40;

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

/// What one user of an account has to say.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) deck: Deck,
    pub(super) manner: Manner,
    pub(super) repeats: Repeats,
    /// What a harvest wears; nothing on honest traffic.
    pub(super) disguise: Option<Arc<Disguise>>,
}

/// A request to send; its text is made when it is sent.
#[derive(Clone, Copy)]
pub(super) struct Request {
    /// Place of its card in the deck.
    place: usize,
    part: Part,
    /// Counts the feed's conversations.
    pub(super) conversation: u64,
    /// Whether a tool's result caused it, not a person.
    pub(super) by_tool: bool,
}

/// How much of a card is sent.
#[derive(Clone, Copy)]
enum Part {
    /// All of it.
    Whole,
    /// The messages up to this one.
    Until(u32),
    /// All of it and this many steps of an agent, drawn from the seed.
    Steps { steps: u32, seed: u64 },
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
    queued: Vec<Part>,
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
        self.last = Some(request);
        request
    }

    /// The text of a request of this feed.
    pub(super) fn prompt(&self, request: &Request) -> Prompt {
        let mut prompt = self.text(request.place);
        match request.part {
            Part::Whole => {}
            Part::Until(last) => prompt.messages.truncate(last as usize + 1),
            Part::Steps { steps, seed } => {
                let mut dice = Dice::new(seed, "steps");
                for _ in 0..steps {
                    let quoted = self.text(dice.below(self.feed.deck.len()));
                    add_step(&mut prompt, &quoted, &mut dice);
                }
            }
        }
        prompt
    }

    /// The text of the card at `place`, in its disguise.
    fn text(&self, place: usize) -> Prompt {
        let prompt = self.feed.deck.card(place).prompt(self.corpus);
        match &self.feed.disguise {
            None => prompt,
            Some(disguise) => disguise.wear(place, prompt, self.corpus),
        }
    }

    /// Places of the messages of [`Self::text`] with which a person asks, first to last.
    fn turns(&self, place: usize) -> Vec<u32> {
        match &self.feed.disguise {
            Some(disguise) if disguise.is_one_message() => vec![0],
            _ => self.feed.deck.card(place).turns(self.corpus),
        }
    }

    fn advance(&mut self, dice: &mut Dice) -> Request {
        let feed = self.feed;
        let repeats = feed.repeats;
        if let Some(last) = self.last {
            if self.copies_left > 0 {
                self.copies_left -= 1;
                return last;
            }
            if dice.chance(repeats.regenerated) {
                return last;
            }
            if let Some(part) = self.queued.pop() {
                let by_tool = matches!(part, Part::Steps { .. });
                return Request {
                    part,
                    by_tool,
                    ..last
                };
            }
        }
        if self.dealt > 0 && dice.chance(repeats.popular) {
            let seen = self.dealt.min(feed.deck.len());
            // Zipf with exponent 1 over the order of first appearance.
            let rank = (seen as f64).powf(dice.unit()) as usize - 1;
            return self.whole(rank, true);
        }
        let place = self.dealt % feed.deck.len();
        self.dealt += 1;
        self.copies_left = repeats.copies.saturating_sub(1);
        match feed.manner {
            Manner::Work => self.whole(place, true),
            Manner::Talk => self.talk(place, dice),
            Manner::Agent => self.work_through(place, dice),
        }
    }

    /// A card as it is, in a conversation of its own or in the one before.
    fn whole(&mut self, place: usize, opens: bool) -> Request {
        self.conversation += u64::from(opens);
        Request {
            place,
            part: Part::Whole,
            conversation: self.conversation,
            by_tool: false,
        }
    }

    /// A recorded conversation turn by turn; half of the single questions go on in the conversation before.
    fn talk(&mut self, place: usize, dice: &mut Dice) -> Request {
        let turns = self.turns(place);
        let goes_on = turns.len() <= 1 && self.dealt > 1 && dice.chance(0.5);
        let mut parts: Vec<Part> = turns.into_iter().rev().map(Part::Until).collect();
        let first = parts.pop().unwrap_or(Part::Whole);
        self.queued = parts;
        Request {
            part: first,
            ..self.whole(place, !goes_on)
        }
    }

    /// One prompt and the calls that follow from it: each adds a step of the agent and a result, which quotes the
    /// account's other material.
    fn work_through(&mut self, place: usize, dice: &mut Dice) -> Request {
        let calls = DEVELOPER_CALLS_PER_PROMPT.draw(dice).round() as u32;
        let seed = dice.seed();
        let steps = (1..calls.clamp(1, CALLS_MOST)).rev();
        self.queued = steps.map(|steps| Part::Steps { steps, seed }).collect();
        self.whole(place, true)
    }
}

/// Adds what an agent says and the tool's result, which quotes another request.
fn add_step(prompt: &mut Prompt, quoted: &Prompt, dice: &mut Dice) {
    let result = quoted.messages.last().map_or("", |m| m.content.expose());
    let characters = dice.between(80, RESULT_CHARACTERS);
    let result: String = result.chars().take(characters).collect();
    let step = (*dice.pick(&STEPS)).to_owned();
    for (role, text) in [(Role::Assistant, step), (Role::Tool, result)] {
        prompt.messages.push(Message {
            role,
            content: Sensitive::new(text),
        });
    }
}
