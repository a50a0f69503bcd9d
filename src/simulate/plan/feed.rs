//! The order in which an account's requests are sent, including repeats.

use std::sync::Arc;

use crate::domain::{Message, Role, Sensitive};
use crate::simulate::behaviour::priors::DEVELOPER_CALLS_PER_PROMPT;
use crate::simulate::corpus::Corpus;
use crate::simulate::evasion::Evasion;
use crate::simulate::permutation::Permutation;
use crate::simulate::prompt::request_sequence::RequestSequence;
use crate::simulate::prompt::request_spec::Prompt;
use crate::simulate::rng::SeededRng;

/// Maximum length of a quoted tool result, in characters.
const RESULT_CHARACTERS: usize = 800;

/// Maximum number of calls caused by one prompt; bounds the growing request.
const CALLS_MOST: u32 = 40;

/// Texts of an agent between calls, written by us.
const STEPS: [&str; 6] = [
    "I will look at the relevant part first.",
    "Let me check what this returns.",
    "That is not it yet. Trying the next place.",
    "Reading the file around that line.",
    "Running it again after the change.",
    "Now the remaining case.",
];

/// The way requests follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Independent requests, one after another.
    Work,
    /// Conversations: the turns of a recorded one, or questions that follow each other.
    Talk,
    /// An agent's loop: one prompt, then calls with a growing history of steps and results.
    Agent,
}

/// Repeats of requests, drawn per account from one distribution per population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Repeats {
    /// Share of requests in which the user sends the previous request again.
    pub(crate) regenerated: f64,
    /// Share of requests that repeat an earlier one; the earliest are the most popular (Zipf).
    pub(crate) popular: f64,
    /// Number of times each request is sent in a row.
    pub(crate) copies: u32,
}

/// How a suite is run again after its last item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rerun {
    /// Seed of the order of the items in each later run; `None` keeps their order.
    pub(crate) order: Option<u64>,
    /// Whether each run is on another day.
    pub(crate) other_day: bool,
    /// Whether each run is on another model.
    pub(crate) other_model: bool,
}

/// The requests of one user of an account.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) sequence: RequestSequence,
    pub(crate) manner: Manner,
    pub(crate) repeats: Repeats,
    /// Evasion applied to an extracting account's requests; `None` for benign traffic.
    pub(crate) evasion: Option<Arc<Evasion>>,
    /// How the sequence begins again; `None` if it simply goes on.
    pub(crate) rerun: Option<Rerun>,
}

/// A request to send; its text is generated when it is sent.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    /// Position of the request in the sequence.
    position: usize,
    part: Part,
    /// Number of the conversation within the feed.
    pub(crate) conversation: u64,
    /// Whether a tool's result caused the request, not a person.
    pub(crate) by_tool: bool,
    /// The run that the request opens, if it is the first of a later run.
    pub(crate) opens: Option<Rerun>,
}

/// The part of a request that is sent.
#[derive(Clone, Copy)]
enum Part {
    /// The whole request.
    Whole,
    /// The messages up to and including this one.
    Until(u32),
    /// The whole request followed by this many steps of an agent, drawn from the seed.
    Steps { steps: u32, seed: u64 },
}

/// Reads a feed from the start; begins again at its end.
pub(crate) struct FeedReader<'a> {
    feed: &'a Feed,
    corpus: &'a Corpus,
    dealt: usize,
    conversation: u64,
    copies_left: u32,
    last: Option<Request>,
    /// The rest of the current conversation, in reverse order.
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

    /// Returns the next request.
    pub(crate) fn next(&mut self, rng: &mut SeededRng) -> Request {
        let request = self.advance(rng);
        self.last = Some(Request {
            opens: None,
            ..request
        });
        request
    }

    /// Returns the text of a request of this feed.
    pub(crate) fn prompt(&self, request: &Request) -> Prompt {
        let mut prompt = self.text(request.position);
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

    /// Returns the text of the request at `position`, after its evasion.
    fn text(&self, position: usize) -> Prompt {
        let prompt = self.feed.sequence.spec(position).prompt(self.corpus);
        match &self.feed.evasion {
            None => prompt,
            Some(evasion) => evasion.apply(position, prompt, self.corpus),
        }
    }

    /// Returns the positions of the messages of [`Self::text`] in which a person asks, in order.
    fn turns(&self, position: usize) -> Vec<u32> {
        match &self.feed.evasion {
            Some(evasion) if evasion.is_one_message() => vec![0],
            _ => self.feed.sequence.spec(position).turns(self.corpus),
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
            // Zipf with exponent 1, ranked by first appearance.
            let rank = (seen as f64).powf(rng.unit()) as usize - 1;
            return self.whole(rank, true);
        }
        let items = feed.sequence.len();
        let (run, item) = (self.dealt / items, self.dealt % items);
        let position = match feed.rerun {
            Some(Rerun {
                order: Some(seed), ..
            }) if run > 0 => Permutation::new(items, seed.wrapping_add(run as u64)).at(item),
            _ => item,
        };
        self.dealt += 1;
        self.copies_left = repeats.copies.saturating_sub(1);
        let request = match feed.manner {
            Manner::Work => self.whole(position, true),
            Manner::Talk => self.talk(position, rng),
            Manner::Agent => self.work_through(position, rng),
        };
        Request {
            opens: feed.rerun.filter(|_| run > 0 && item == 0),
            ..request
        }
    }

    /// Sends a request unchanged, in a new conversation or in the previous one.
    fn whole(&mut self, position: usize, opens: bool) -> Request {
        self.conversation += u64::from(opens);
        Request {
            position,
            part: Part::Whole,
            conversation: self.conversation,
            by_tool: false,
            opens: None,
        }
    }

    /// Sends a recorded conversation turn by turn; half of the single questions continue the previous conversation.
    fn talk(&mut self, position: usize, rng: &mut SeededRng) -> Request {
        let turns = self.turns(position);
        let goes_on = turns.len() <= 1 && self.dealt > 1 && rng.chance(0.5);
        let mut parts: Vec<Part> = turns.into_iter().rev().map(Part::Until).collect();
        let first = parts.pop().unwrap_or(Part::Whole);
        self.queued = parts;
        Request {
            part: first,
            ..self.whole(position, !goes_on)
        }
    }

    /// Sends one prompt and the calls it causes: each adds a step of the agent and a result, which quotes the account's
    /// other material.
    fn work_through(&mut self, position: usize, rng: &mut SeededRng) -> Request {
        let calls = DEVELOPER_CALLS_PER_PROMPT.draw(rng).round() as u32;
        let seed = rng.seed();
        let steps = (1..calls.clamp(1, CALLS_MOST)).rev();
        self.queued = steps.map(|steps| Part::Steps { steps, seed }).collect();
        self.whole(position, true)
    }
}

/// Appends an agent's text and the tool's result, which quotes another request.
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
