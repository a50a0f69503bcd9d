//! Requests that wait for their responses.
//!
//! A guardrail is called once before a model and once or more after it, and only the id of the call joins the two. The
//! request waits here. Streams call with all text so far, again and again: the last counts, and the exchange is
//! complete once no more has arrived for a while. The caller passes the time.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Exchange, Response, Timestamp};

/// Bounds on how many requests may wait, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PendingLimits {
    /// Maximum requests; one more, and the oldest is scored as it is.
    pub count_max: usize,
    /// Maximum bytes of text; beyond them the oldest are scored as they are.
    pub bytes_max: usize,
    /// Seconds without another piece after which a response is complete.
    pub quiet_seconds: f64,
    /// Seconds after which a request without a response is scored as it is.
    pub expiry_seconds: f64,
}

impl PendingLimits {
    /// The limits that the documentation states.
    pub const STANDARD: Self = Self {
        count_max: 8_192,
        bytes_max: 64 * 1024 * 1024,
        quiet_seconds: 3.0,
        expiry_seconds: 600.0,
    };
}

/// A bounded table of requests that wait for their responses.
pub(crate) struct PendingRequests {
    limits: PendingLimits,
    /// Looked up, never iterated.
    waiting: HashMap<String, PendingRequest>,
    /// Arrival to call: the first is the oldest.
    by_arrival: BTreeMap<u64, String>,
    arrivals: u64,
    bytes: usize,
}

struct PendingRequest {
    arrival: u64,
    exchange: Exchange,
    received: Timestamp,
    answered: Option<Timestamp>,
    bytes: usize,
}

impl PendingRequests {
    /// Creates an empty table.
    pub(crate) fn new(limits: PendingLimits) -> Self {
        Self {
            limits,
            waiting: HashMap::new(),
            by_arrival: BTreeMap::new(),
            arrivals: 0,
            bytes: 0,
        }
    }

    /// Adds a request. Returns what it pushes out, oldest first, to be scored as it is: callers can choose the id of a
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
            PendingRequest {
                arrival,
                exchange,
                received: now,
                answered: None,
                bytes,
            },
        );
        other.into_iter().chain(self.overflow()).collect()
    }

    /// Sets a response, as far as it has arrived; dropped when no request waits for it. Returns what it pushes out.
    pub(crate) fn response(
        &mut self,
        call: &str,
        response: Response,
        now: Timestamp,
    ) -> Vec<Exchange> {
        let Some(pending) = self.waiting.get_mut(call) else {
            return Vec::new();
        };
        pending.exchange.response = response;
        pending.answered = Some(now);
        let bytes = size(&pending.exchange);
        self.bytes = self.bytes - pending.bytes + bytes;
        pending.bytes = bytes;
        self.overflow()
    }

    /// Takes what is complete at `now`, or has waited too long, oldest first.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Exchange> {
        let limits = self.limits;
        let ripe = |pending: &PendingRequest| match pending.answered {
            Some(last) => now.seconds_since(last) >= limits.quiet_seconds,
            None => now.seconds_since(pending.received) >= limits.expiry_seconds,
        };
        let calls = self.by_arrival.values();
        let ripe: Vec<String> = calls
            .filter(|call| self.waiting.get(*call).is_some_and(ripe))
            .cloned()
            .collect();
        ripe.iter().filter_map(|call| self.take(call)).collect()
    }

    /// Takes everything, oldest first: the server stops.
    pub(crate) fn drain(&mut self) -> Vec<Exchange> {
        let calls: Vec<String> = self.by_arrival.values().cloned().collect();
        calls.iter().filter_map(|call| self.take(call)).collect()
    }

    /// Returns the requests and bytes that wait.
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
        let pending = self.waiting.remove(call)?;
        self.by_arrival.remove(&pending.arrival);
        self.bytes -= pending.bytes;
        Some(pending.exchange)
    }
}

/// Whether two requests ask the same.
fn same(one: &Exchange, other: &Exchange) -> bool {
    one.messages.len() == other.messages.len()
        && one
            .messages
            .iter()
            .zip(&other.messages)
            .all(|(one, other)| one.role == other.role && one.content == other.content)
}

/// Returns the bytes of text that an exchange holds, and some for each of its parts.
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
