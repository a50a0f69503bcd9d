//! One planned account and its exchanges, a pure function of its plan and the corpus.

use std::sync::Arc;

use crate::domain::{Client, Exchange, FinishReason, Label, Response, Sensitive, Timestamp, Tool};
use crate::simulate::behaviour::arrival_process::{ArrivalProcess, Clock};
use crate::simulate::behaviour::client_profile::{ClientProfile, failed};
use crate::simulate::behaviour::machines::Session;
use crate::simulate::behaviour::model_preference::{Chooser, ModelPreference};
use crate::simulate::behaviour::observed::Moment;
use crate::simulate::behaviour::population::Population;
use crate::simulate::corpus::Corpus;
use crate::simulate::plan::end_users::EndUsers;
use crate::simulate::plan::feed::{Feed, FeedReader, Request};
use crate::simulate::prompt::request_spec::Prompt;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::Model;

/// Share of failed requests that the client retries.
const RETRIED: f64 = 0.8;

/// Mean days between two runs of a suite on different days, an assumption.
const RERUN_DAYS: f64 = 3.0;

/// Maximum number of times that a refused request is sent again in a row.
const INSISTS_MOST: u32 = 2;

/// Range of seconds from a refusal to the next attempt.
const INSISTS_AFTER_SECONDS: (f64, f64) = (10.0, 600.0);

/// An account of a [`crate::simulate::Plan`].
#[derive(Clone)]
pub struct AccountPlan {
    /// The account's label, which includes its id.
    pub label: Label,
    /// The benign population that the account belongs to or whose client profile it has.
    pub population: Population,
    /// Share of the exchanges that are extraction; 0 for a benign account.
    pub extraction_share: f64,
    /// Units of splitting that the requests come from, sorted, for leave-one-out training.
    pub groups: Vec<String>,
    /// Time of the first exchange.
    pub start: Timestamp,
    /// Number of exchanges, unless the stream ends earlier.
    pub exchanges: u32,
    pub(crate) seed: u64,
    pub(crate) end: Timestamp,
    pub(crate) models: Arc<[Model]>,
    pub(crate) arrivals: ArrivalProcess,
    pub(crate) preference: ModelPreference,
    pub(crate) client_profile: ClientProfile,
    /// Client profile of each end user; empty for an account with one user.
    pub(crate) end_users: Vec<ClientProfile>,
    /// Share of the extraction requests, or of a researcher's, that are refused for their content.
    pub(crate) refused: f64,
    pub(crate) after_refusal: AfterRefusal,
    /// Benign traffic, of one user or of each end user; empty for a pure extraction.
    pub(crate) benign: Vec<Feed>,
    /// Extraction; `None` for a benign account.
    pub(crate) extraction: Option<Feed>,
    /// Probability that the next benign request is of another user or another use than the last.
    pub(crate) change_of_speaker: f64,
}

/// What an account does after a refusal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AfterRefusal {
    /// Probability that it sends the request again within minutes.
    pub(crate) again: f64,
    /// Probability that it then sends it to another model.
    pub(crate) elsewhere: f64,
}

impl AccountPlan {
    /// The account's id.
    pub fn account(&self) -> &str {
        &self.label.account
    }

    /// Returns the exchanges in time order. `corpus` must be the one that the plan was made from.
    ///
    /// Holds only the next request of each user, and no text.
    pub fn exchanges<'a>(&'a self, corpus: &'a Corpus) -> AccountExchanges<'a> {
        let mut rng = SeededRng::new(self.seed, "exchanges");
        let extraction_left = if self.extraction.is_none() {
            0
        } else if self.benign.is_empty() {
            self.exchanges
        } else {
            (f64::from(self.exchanges) * self.extraction_share)
                .round()
                .max(1.0) as u32
        };
        let mut exchanges = AccountExchanges {
            plan: self,
            clock: Clock::new(self.arrivals, self.start, &mut rng),
            chooser: Chooser::new(self.preference),
            benign: EndUsers::new(&self.benign, self.change_of_speaker, corpus),
            extraction: self
                .extraction
                .as_ref()
                .map(|feed| FeedReader::new(feed, corpus)),
            left: self.exchanges,
            sessions: vec![Session::default(); self.end_users.len().max(1)],
            insisted: 0,
            elsewhere: false,
            extraction_left,
            block: Block::new(&mut rng),
            upcoming: None,
            sent: 0,
            rng,
        };
        exchanges.prepare(None);
        exchanges
    }

    /// Returns the client profile of a user.
    fn client_profile_of(&self, user: usize) -> &ClientProfile {
        self.end_users.get(user).unwrap_or(&self.client_profile)
    }
}

/// The exchanges of one account, in time order.
pub struct AccountExchanges<'a> {
    plan: &'a AccountPlan,
    rng: SeededRng,
    clock: Clock,
    chooser: Chooser,
    benign: Option<EndUsers<'a>>,
    extraction: Option<FeedReader<'a>>,
    left: u32,
    extraction_left: u32,
    /// Current session of each user.
    sessions: Vec<Session>,
    /// Number of times the upcoming request was refused and sent again.
    insisted: u32,
    /// Whether the upcoming request goes to another model than the one that refused it.
    elsewhere: bool,
    block: Block,
    upcoming: Option<(Sender, Request)>,
    sent: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Benign,
    Extraction,
}

/// The sender of a request.
#[derive(Clone, Copy)]
struct Sender {
    source: Source,
    /// Position among the account's end users; 0 for an account with one user.
    user: usize,
}

/// An exchange without its text.
struct Sent {
    sender: Sender,
    request: Request,
    time: Timestamp,
    model: usize,
    session: Session,
    response: Response,
}

/// The reason to send a request again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Failed,
    Refused,
}

/// A block of requests of one side; mixed accounts alternate between sides in blocks.
struct Block {
    source: Source,
    left: u32,
    mean: f64,
}

impl Block {
    fn new(rng: &mut SeededRng) -> Self {
        Self {
            source: Source::Benign,
            left: 0,
            mean: *rng.pick(&[1.0, 4.0, 15.0]),
        }
    }
}

impl Iterator for AccountExchanges<'_> {
    type Item = Exchange;

    fn next(&mut self) -> Option<Exchange> {
        let sent = self.send()?;
        let prompt = self.prompt(sent.sender, &sent.request);
        let client_profile = self.plan.client_profile_of(sent.sender.user);
        let input_tokens = if failed(&sent.response) {
            None
        } else {
            client_profile.input_tokens(prompt.bytes())
        };
        let client = self.client(client_profile, &sent);
        Some(Exchange {
            id: Some(format!("ex-{:016x}-{}", self.plan.seed, self.sent)),
            time: sent.time,
            account: self.plan.label.account.clone(),
            organization: client_profile.organization.clone(),
            conversation: client_profile
                .names_conversations
                .then(|| conversation_name(self.plan.seed, sent.sender, sent.request.conversation)),
            model: self.plan.models[sent.model].id.clone(),
            system: prompt.system,
            messages: prompt.messages,
            tools: client_profile
                .tools
                .iter()
                .map(|name| Tool::from(name.as_str()))
                .collect(),
            parameters: client_profile.parameters.clone(),
            response: Response {
                input_tokens,
                ..sent.response
            },
            client,
            session: client_profile.states.session.then(|| {
                let ids = client_profile.session_ids;
                Sensitive::new(sent.session.id(ids, self.plan.seed, sent.sender.user))
            }),
            end_user: client_profile.end_user.clone(),
            ..Exchange::default()
        })
    }
}

/// Returns a conversation name that reveals neither the side nor the order.
fn conversation_name(seed: u64, sender: Sender, conversation: u64) -> String {
    let purpose = match sender.source {
        Source::Benign => "honest conversation",
        Source::Extraction => "harvest conversation",
    };
    let user = (sender.user as u64) << 40;
    SeededRng::new(seed ^ user ^ conversation, purpose).name("conv")
}

impl AccountExchanges<'_> {
    /// Returns the time of the next exchange.
    pub(crate) fn upcoming(&self) -> Option<Timestamp> {
        self.upcoming.map(|_| self.clock.now())
    }

    /// Returns the next exchange without its text, for statistics.
    pub(crate) fn next_moment(&mut self) -> Option<Moment> {
        let Sent { time, model, .. } = self.send()?;
        Some(Moment { time, model })
    }

    /// Returns the client fields of an exchange.
    fn client(&self, client_profile: &ClientProfile, sent: &Sent) -> Client {
        let (machines, states) = (&client_profile.machines, client_profile.states);
        let days = sent.time.seconds_since(self.plan.start) / 86_400.0;
        let device = || Sensitive::new(machines.device(sent.session).to_owned());
        Client {
            device: states.device.then(device),
            version: states.version.then(|| machines.version(sent.session, days)),
            ..client_profile.client.clone()
        }
    }

    /// Sends the upcoming request and prepares the next one.
    fn send(&mut self) -> Option<Sent> {
        let (sender, mut request) = self.upcoming.take()?;
        // A retry opens nothing.
        request.opens = None;
        let source = sender.source;
        let time = self.clock.now();
        self.left -= 1;
        if source == Source::Extraction {
            self.extraction_left = self.extraction_left.saturating_sub(1);
        }
        let client_profile = self.plan.client_profile_of(sender.user);
        let mut response = client_profile.response(&mut self.rng);
        let probes = source == Source::Extraction || self.plan.extraction.is_none();
        if probes && !failed(&response) && self.rng.chance(self.plan.refused) {
            client_profile.refuse(&mut response, &mut self.rng);
        }
        let session = &mut self.sessions[sender.user.min(self.plan.end_users.len().max(1) - 1)];
        session.advance(time, &client_profile.machines, &mut self.rng);
        let session = *session;
        let mut model = self.chooser.choose(&self.plan.models, time, &mut self.rng);
        if std::mem::take(&mut self.elsewhere) {
            model = Chooser::instead_of(model, &self.plan.models, time);
        }
        self.sent += 1;
        // A retry replaces another request of its own side, never one of the other side.
        let may_retry = match source {
            Source::Benign => self.left > self.extraction_left,
            Source::Extraction => self.extraction_left > 0,
        };
        let refused = response.finish_reason == Some(FinishReason::ContentFilter);
        let again = if failed(&response) {
            (may_retry && self.rng.chance(RETRIED)).then_some(Again::Failed)
        } else if refused && may_retry && self.insisted < INSISTS_MOST {
            let again = self.rng.chance(self.plan.after_refusal.again);
            again.then_some(Again::Refused)
        } else {
            None
        };
        if again == Some(Again::Refused) {
            self.insisted += 1;
            self.elsewhere = self.rng.chance(self.plan.after_refusal.elsewhere);
        } else {
            self.insisted = 0;
        }
        self.prepare(again.map(|again| (again, sender, request)));
        Some(Sent {
            sender,
            request,
            time,
            model,
            session,
            response,
        })
    }

    /// Chooses the next request, or the one to retry, and advances the clock to it.
    fn prepare(&mut self, again: Option<(Again, Sender, Request)>) {
        if self.left == 0 {
            return;
        }
        let (sender, request) = match again {
            Some((_, sender, request)) => (sender, request),
            None => self.request(),
        };
        if let Some((Again::Refused, ..)) = again {
            let (least, most) = INSISTS_AFTER_SECONDS;
            self.clock.wait(self.rng.log_between(least, most));
        } else if self.sent > 0 {
            self.clock.advance(request.by_tool, &mut self.rng);
        }
        if let Some(rerun) = request.opens {
            if rerun.other_day {
                self.clock.rest(self.rng.exponential(RERUN_DAYS));
            }
            if rerun.other_model {
                self.chooser.move_on();
            }
        }
        if self.clock.now() < self.plan.end {
            self.upcoming = Some((sender, request));
        }
    }

    fn request(&mut self) -> (Sender, Request) {
        let source = self.source();
        let rng = &mut self.rng;
        let extraction = self
            .extraction
            .as_mut()
            .filter(|_| source == Source::Extraction);
        let (user, request) = if let Some(extraction) = extraction {
            // Behind a relay, extraction is spread over the conversations of its end users, in turn.
            let users = self.plan.end_users.len().max(1) as u64;
            let request = extraction.next(rng);
            ((request.conversation % users) as usize, request)
        } else {
            let benign = self.benign.as_mut();
            let benign = benign.expect("a plan without extraction has benign feeds");
            benign.next(rng)
        };
        (Sender { source, user }, request)
    }

    fn prompt(&self, sender: Sender, request: &Request) -> Prompt {
        match (sender.source, &self.extraction, &self.benign) {
            (Source::Extraction, Some(extraction), _) => extraction.prompt(request),
            (_, _, Some(benign)) => benign.prompt(sender.user, request),
            (_, _, None) => unreachable!("a request comes from one of the account's feeds"),
        }
    }

    /// Draws a side without replacement, in blocks, so that exactly the planned share is extraction.
    fn source(&mut self) -> Source {
        if self.extraction_left == 0 {
            return Source::Benign;
        }
        if self.extraction_left >= self.left {
            return Source::Extraction;
        }
        if self.block.left == 0 {
            let share = f64::from(self.extraction_left) / f64::from(self.left);
            self.block.source = if self.rng.chance(share) {
                Source::Extraction
            } else {
                Source::Benign
            };
            self.block.left = self.rng.exponential(self.block.mean).ceil() as u32;
        }
        self.block.left -= 1;
        self.block.source
    }
}
