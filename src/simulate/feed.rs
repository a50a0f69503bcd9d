//! The order in which an account's requests are sent, repeats included.

use super::card::{Card, Prompt};
use super::corpus::Corpus;
use super::deck::Deck;
use super::dice::Dice;
use super::priors::DEVELOPER_CALLS_PER_PROMPT;
use crate::domain::{Message, Role, Sensitive};

/// Longest tool result that is quoted, in characters.
const RESULT_CHARACTERS: usize = 800;

/// Most calls that follow from one prompt; bounds the growing request.
const CALLS_MOST: u32 = 40;

/// Chance that another of an account's speakers sends the next request, when the last one is done with a conversation.
const CHANGE_OF_SPEAKER: f64 = 0.5;

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
    /// A deck for each speaker: one, unless the account serves several people.
    pub(super) decks: Vec<Deck>,
    pub(super) manner: Manner,
    pub(super) repeats: Repeats,
}

impl Feed {
    /// Requests that it holds before it starts over.
    pub(super) fn requests(&self) -> usize {
        self.decks.iter().map(Deck::len).sum()
    }
}

/// A request to send; its text is made when it is sent.
#[derive(Clone, Copy)]
pub(super) struct Request {
    card: Card,
    part: Part,
    /// Counts the account's conversations; speakers take turns in the count.
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
    speakers: Vec<Speaker>,
    speaking: usize,
}

#[derive(Default)]
struct Speaker {
    dealt: usize,
    conversations: u64,
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
            speakers: feed.decks.iter().map(|_| Speaker::default()).collect(),
            speaking: 0,
        }
    }

    /// The next request.
    pub(super) fn next(&mut self, dice: &mut Dice) -> Request {
        let others = self.speakers.len() > 1;
        if others && self.speaker().queued.is_empty() && dice.chance(CHANGE_OF_SPEAKER) {
            self.speaking = dice.below(self.speakers.len());
        }
        let request = self.advance(dice);
        self.speaker().last = Some(request);
        request
    }

    /// The text of a request of this feed.
    pub(super) fn prompt(&self, request: &Request) -> Prompt {
        let mut prompt = request.card.prompt(self.corpus);
        match request.part {
            Part::Whole => {}
            Part::Until(last) => prompt.messages.truncate(last as usize + 1),
            Part::Steps { steps, seed } => {
                let speaker = request.conversation % self.speakers.len() as u64;
                let deck = &self.feed.decks[speaker as usize];
                let mut dice = Dice::new(seed, "steps");
                for _ in 0..steps {
                    let quoted = deck.card(dice.below(deck.len())).prompt(self.corpus);
                    add_step(&mut prompt, &quoted, &mut dice);
                }
            }
        }
        prompt
    }

    fn speaker(&mut self) -> &mut Speaker {
        &mut self.speakers[self.speaking]
    }

    fn advance(&mut self, dice: &mut Dice) -> Request {
        let feed = self.feed;
        let deck = &feed.decks[self.speaking];
        let repeats = feed.repeats;
        let speaker = self.speaker();
        if let Some(last) = speaker.last {
            if speaker.copies_left > 0 {
                speaker.copies_left -= 1;
                return last;
            }
            if dice.chance(repeats.regenerated) {
                return last;
            }
            if let Some(part) = speaker.queued.pop() {
                let by_tool = matches!(part, Part::Steps { .. });
                return Request {
                    part,
                    by_tool,
                    ..last
                };
            }
        }
        if speaker.dealt > 0 && dice.chance(repeats.popular) {
            let seen = speaker.dealt.min(deck.len());
            // Zipf with exponent 1 over the order of first appearance.
            let rank = (seen as f64).powf(dice.unit()) as usize - 1;
            return self.whole(deck.card(rank), true);
        }
        let card = deck.card(speaker.dealt);
        speaker.dealt += 1;
        speaker.copies_left = repeats.copies.saturating_sub(1);
        match feed.manner {
            Manner::Work => self.whole(card, true),
            Manner::Talk => self.talk(card, dice),
            Manner::Agent => self.work_through(card, dice),
        }
    }

    /// A card as it is, in a conversation of its own or in the one before.
    fn whole(&mut self, card: Card, opens: bool) -> Request {
        let speakers = self.speakers.len() as u64;
        let place = self.speaking as u64;
        let speaker = self.speaker();
        speaker.conversations += u64::from(opens);
        Request {
            card,
            part: Part::Whole,
            conversation: speaker.conversations * speakers + place,
            by_tool: false,
        }
    }

    /// A recorded conversation turn by turn; half of the single questions go on in the conversation before.
    fn talk(&mut self, card: Card, dice: &mut Dice) -> Request {
        let turns = card.turns(self.corpus);
        let goes_on = turns.len() <= 1 && self.speaker().dealt > 1 && dice.chance(0.5);
        let mut parts: Vec<Part> = turns.into_iter().rev().map(Part::Until).collect();
        let first = parts.pop().unwrap_or(Part::Whole);
        self.speaker().queued = parts;
        Request {
            part: first,
            ..self.whole(card, !goes_on)
        }
    }

    /// One prompt and the calls that follow from it: each adds a step of the agent and a result, which quotes the
    /// account's other material.
    fn work_through(&mut self, card: Card, dice: &mut Dice) -> Request {
        let calls = DEVELOPER_CALLS_PER_PROMPT.draw(dice).round() as u32;
        let seed = dice.seed();
        let steps = (1..calls.clamp(1, CALLS_MOST)).rev();
        self.speaker().queued = steps.map(|steps| Part::Steps { steps, seed }).collect();
        self.whole(card, true)
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
