//! The order in which an account's requests are sent, repeats included.

use std::sync::Arc;

use crate::domain::{Message, Role, Sensitive};
use crate::simulate::behaviour::priors::DEVELOPER_CALLS_PER_PROMPT;
use crate::simulate::corpus::Corpus;
use crate::simulate::evasion::Evasion;
use crate::simulate::prompt::request_sequence::RequestSequence;
use crate::simulate::prompt::request_spec::Prompt;
use crate::simulate::rng::SeededRng;

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
pub(crate) enum Manner {
    /// One request after another, each on its own.
    Work,
    /// Conversations: turns of a recorded one, or questions that follow each other.
    Talk,
    /// An agent's loop: one prompt, then calls with a growing history of steps and results.
    Agent,
}

/// Repeats of requests, drawn for each account from one distribution a population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Repeats {
    /// Share of requests that are the one before, sent again by the user.
    pub(crate) regenerated: f64,
    /// Share of requests that are an earlier one; the earliest are the most popular (Zipf).
    pub(crate) popular: f64,
    /// Times that each request is sent in a row.
    pub(crate) copies: u32,
}

/// What one user of an account has to say.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) sequence: RequestSequence,
    pub(crate) manner: Manner,
    pub(crate) repeats: Repeats,
    /// Evasion of an extracting account's requests; none on benign traffic.
    pub(crate) evasion: Option<Arc<Evasion>>,
}

/// A request to send; its text is made when it is sent.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    /// Place of its request in the sequence.
    place: usize,
    part: Part,
    /// Counts the feed's conversations.
    pub(crate) conversation: u64,
    /// Whether a tool's result caused it, not a person.
    pub(crate) by_tool: bool,
}

/// How much of a request is sent.
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
pub(crate) struct FeedReader<'a> {
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
    pub(crate) fn new(feed: &'a Feed, corpus: &'a Corpus) -> Self {
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
    pub(crate) fn next(&mut self, rng: &mut SeededRng) -> Request {
        let request = self.advance(rng);
        self.last = Some(request);
        request
    }

    /// The text of a request of this feed.
    pub(crate) fn prompt(&self, request: &Request) -> Prompt {
        let mut prompt = self.text(request.place);
        match request.part {
            Part::Whole => {}
            Part::Until(last) => prompt.messages.truncate(last as usize + 1),
            Part::Steps { steps, seed } => {
                let mut rng = SeededRng::new(seed, "steps");
                for _ in 0..steps {
                    let quoted = self.text(rng.below(self.feed.sequence.len()));
                    add_step(&mut prompt, &quoted, &mut rng);
                }
            }
        }
        prompt
    }

    /// The text of the request at `place`, after its evasion.
    fn text(&self, place: usize) -> Prompt {
        let prompt = self.feed.sequence.spec(place).prompt(self.corpus);
        match &self.feed.evasion {
            None => prompt,
            Some(evasion) => evasion.apply(place, prompt, self.corpus),
        }
    }

    /// Places of the messages of [`Self::text`] with which a person asks, first to last.
    fn turns(&self, place: usize) -> Vec<u32> {
        match &self.feed.evasion {
            Some(evasion) if evasion.is_one_message() => vec![0],
            _ => self.feed.sequence.spec(place).turns(self.corpus),
        }
    }

    fn advance(&mut self, rng: &mut SeededRng) -> Request {
        let feed = self.feed;
        let repeats = feed.repeats;
        if let Some(last) = self.last {
            if self.copies_left > 0 {
                self.copies_left -= 1;
                return last;
            }
            if rng.chance(repeats.regenerated) {
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
        if self.dealt > 0 && rng.chance(repeats.popular) {
            let seen = self.dealt.min(feed.sequence.len());
            // Zipf with exponent 1 over the order of first appearance.
            let rank = (seen as f64).powf(rng.unit()) as usize - 1;
            return self.whole(rank, true);
        }
        let place = self.dealt % feed.sequence.len();
        self.dealt += 1;
        self.copies_left = repeats.copies.saturating_sub(1);
        match feed.manner {
            Manner::Work => self.whole(place, true),
            Manner::Talk => self.talk(place, rng),
            Manner::Agent => self.work_through(place, rng),
        }
    }

    /// A request as it is, in a conversation of its own or in the one before.
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
    fn talk(&mut self, place: usize, rng: &mut SeededRng) -> Request {
        let turns = self.turns(place);
        let goes_on = turns.len() <= 1 && self.dealt > 1 && rng.chance(0.5);
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
    fn work_through(&mut self, place: usize, rng: &mut SeededRng) -> Request {
        let calls = DEVELOPER_CALLS_PER_PROMPT.draw(rng).round() as u32;
        let seed = rng.seed();
        let steps = (1..calls.clamp(1, CALLS_MOST)).rev();
        self.queued = steps.map(|steps| Part::Steps { steps, seed }).collect();
        self.whole(place, true)
    }
}

/// Adds what an agent says and the tool's result, which quotes another request.
fn add_step(prompt: &mut Prompt, quoted: &Prompt, rng: &mut SeededRng) {
    let result = quoted.messages.last().map_or("", |m| m.content.expose());
    let characters = rng.between(80, RESULT_CHARACTERS);
    let result: String = result.chars().take(characters).collect();
    let step = (*rng.pick(&STEPS)).to_owned();
    for (role, text) in [(Role::Assistant, step), (Role::Tool, result)] {
        prompt.messages.push(Message {
            role,
            content: Sensitive::new(text),
        });
    }
}
