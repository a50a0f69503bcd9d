//! Requests that wait for their answers.
//!
//! A guardrail is called once before a model and once or more after it, and only the id of the call joins the two. The
//! request waits here. Streams call with all text so far, again and again: the last counts, and the exchange is
//! complete once no more has come for a while. Time is the caller's.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Exchange, Response, Timestamp};

/// How much may wait, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegLimits {
    /// Requests that wait; one more, and the oldest is taken as it is.
    pub count_max: usize,
    /// Bytes of text that wait; beyond them the oldest are taken as they are.
    pub bytes_max: usize,
    /// Seconds without another piece after which an answer is whole.
    pub quiet_seconds: f64,
    /// Seconds after which a request without an answer is taken as it is.
    pub expiry_seconds: f64,
}

impl LegLimits {
    /// The limits that the documentation states.
    pub const STANDARD: Self = Self {
        count_max: 8_192,
        bytes_max: 64 * 1024 * 1024,
        quiet_seconds: 3.0,
        expiry_seconds: 600.0,
    };
}

/// The table of requests that wait.
pub(crate) struct Legs {
    limits: LegLimits,
    /// Looked up, never iterated.
    waiting: HashMap<String, Leg>,
    /// Arrival to call: the first is the oldest.
    by_arrival: BTreeMap<u64, String>,
    arrivals: u64,
    bytes: usize,
}

struct Leg {
    arrival: u64,
    exchange: Exchange,
    came: Timestamp,
    answered: Option<Timestamp>,
    bytes: usize,
}

impl Legs {
    /// An empty table.
    pub(crate) fn new(limits: LegLimits) -> Self {
        Self {
            limits,
            waiting: HashMap::new(),
            by_arrival: BTreeMap::new(),
            arrivals: 0,
            bytes: 0,
        }
    }

    /// A request. What it pushes out comes back, oldest first, to be scored as it is: callers can choose the id of a
    /// call, so another request under an id that waits is another exchange. The same one again, as from a guardrail
    /// that is run twice, is one.
    pub(crate) fn request(
        &mut self,
        call: String,
        exchange: Exchange,
        now: Timestamp,
    ) -> Vec<Exchange> {
        let before = self.take(&call);
        let other = before.filter(|before| !same(before, &exchange));
        let arrival = self.arrivals;
        self.arrivals += 1;
        let bytes = size(&exchange);
        self.bytes += bytes;
        self.by_arrival.insert(arrival, call.clone());
        self.waiting.insert(
            call,
            Leg {
                arrival,
                exchange,
                came: now,
                answered: None,
                bytes,
            },
        );
        other.into_iter().chain(self.overflow()).collect()
    }

    /// An answer, as far as it has come; dropped when no request waits for it. What it pushes out comes back.
    pub(crate) fn response(
        &mut self,
        call: &str,
        response: Response,
        now: Timestamp,
    ) -> Vec<Exchange> {
        let Some(leg) = self.waiting.get_mut(call) else {
            return Vec::new();
        };
        leg.exchange.response = response;
        leg.answered = Some(now);
        let bytes = size(&leg.exchange);
        self.bytes = self.bytes - leg.bytes + bytes;
        leg.bytes = bytes;
        self.overflow()
    }

    /// What is complete at `now`, or has waited too long, oldest first.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Exchange> {
        let limits = self.limits;
        let ripe = |leg: &Leg| match leg.answered {
            Some(last) => now.seconds_since(last) >= limits.quiet_seconds,
            None => now.seconds_since(leg.came) >= limits.expiry_seconds,
        };
        let calls = self.by_arrival.values();
        let ripe: Vec<String> = calls
            .filter(|call| self.waiting.get(*call).is_some_and(ripe))
            .cloned()
            .collect();
        ripe.iter().filter_map(|call| self.take(call)).collect()
    }

    /// Everything that waits, oldest first: the server stops.
    pub(crate) fn drain(&mut self) -> Vec<Exchange> {
        let calls: Vec<String> = self.by_arrival.values().cloned().collect();
        calls.iter().filter_map(|call| self.take(call)).collect()
    }

    /// Requests and bytes that wait.
    #[cfg(test)]
    pub(super) fn holds(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    fn overflow(&mut self) -> Vec<Exchange> {
        let mut pushed_out = Vec::new();
        while self.waiting.len() > self.limits.count_max || self.bytes > self.limits.bytes_max {
            let Some(oldest) = self.by_arrival.values().next().cloned() else {
                break;
            };
            pushed_out.extend(self.take(&oldest));
        }
        pushed_out
    }

    fn take(&mut self, call: &str) -> Option<Exchange> {
        let leg = self.waiting.remove(call)?;
        self.by_arrival.remove(&leg.arrival);
        self.bytes -= leg.bytes;
        Some(leg.exchange)
    }
}

/// Whether two requests ask the same.
fn same(one: &Exchange, other: &Exchange) -> bool {
    let said = |exchange: &Exchange| exchange.messages.len();
    said(one) == said(other)
        && one
            .messages
            .iter()
            .zip(&other.messages)
            .all(|(one, other)| one.role == other.role && one.content == other.content)
}

/// Bytes of text that an exchange holds, and some for each of its parts.
pub(crate) fn size(exchange: &Exchange) -> usize {
    const PART: usize = 64;
    let messages = exchange.messages.iter();
    let asked: usize = messages
        .map(|message| PART + message.content.expose().len())
        .sum();
    let tools: usize = exchange.tools.iter().map(|tool| PART + tool.len()).sum();
    let answered = exchange.response.text.as_ref();
    4 * PART + asked + tools + answered.map_or(0, |text| text.expose().len())
}
