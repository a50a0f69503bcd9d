//! Requests that wait for their responses.
//!
//! A guardrail hook is called once before the model and once or more after it, and only the call id joins the two. The
//! request waits here. For a stream, the hook is called repeatedly with all text so far: the last call counts, and the
//! exchange is complete once none has arrived for a while. The caller passes in the time.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Exchange, Response, Timestamp};

/// Limits on how many requests may wait, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PendingLimits {
    /// Maximum waiting requests; beyond it the oldest is scored without its response.
    pub count_max: usize,
    /// Maximum bytes of text; beyond it the oldest are scored as they are.
    pub bytes_max: usize,
    /// Seconds without another hook call after which a response is complete.
    pub quiet_seconds: f64,
    /// Seconds after which a request without a response is scored without one.
    pub expiry_seconds: f64,
}

impl PendingLimits {
    /// The documented limits.
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
    /// Arrival number to call id: the first entry is the oldest.
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

    /// Adds a request. Returns the requests that it evicts, oldest first, to be scored as they are: callers can choose
    /// the call id, so a different request under a waiting id is another exchange. The same request again, as from a
    /// guardrail that runs twice, is one exchange.
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

    /// Sets a response, as far as it has arrived; drops it when no request waits for it. Returns the requests evicted.
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

    /// Removes and returns the requests that are complete at `now` or have waited too long, oldest first.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Exchange> {
        let limits = self.limits;
        let ready = |pending: &PendingRequest| match pending.answered {
            Some(last) => now.seconds_since(last) >= limits.quiet_seconds,
            None => now.seconds_since(pending.received) >= limits.expiry_seconds,
        };
        let calls = self.by_arrival.values();
        let ready: Vec<String> = calls
            .filter(|call| self.waiting.get(*call).is_some_and(ready))
            .cloned()
            .collect();
        ready.iter().filter_map(|call| self.take(call)).collect()
    }

    /// Removes and returns everything, oldest first, for a server that is stopping.
    pub(crate) fn drain(&mut self) -> Vec<Exchange> {
        let calls: Vec<String> = self.by_arrival.values().cloned().collect();
        calls.iter().filter_map(|call| self.take(call)).collect()
    }

    /// Returns the number of waiting requests and their bytes.
    #[cfg(test)]
    pub(super) fn holds(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    fn overflow(&mut self) -> Vec<Exchange> {
        let mut evicted = Vec::new();
        while self.waiting.len() > self.limits.count_max || self.bytes > self.limits.bytes_max {
            let Some(oldest) = self.by_arrival.values().next().cloned() else {
                break;
            };
            evicted.extend(self.take(&oldest));
        }
        evicted
    }

    fn take(&mut self, call: &str) -> Option<Exchange> {
        let pending = self.waiting.remove(call)?;
        self.by_arrival.remove(&pending.arrival);
        self.bytes -= pending.bytes;
        Some(pending.exchange)
    }
}

/// Returns whether two requests have the same messages.
fn same(one: &Exchange, other: &Exchange) -> bool {
    one.messages.len() == other.messages.len()
        && one
            .messages
            .iter()
            .zip(&other.messages)
            .all(|(one, other)| one.role == other.role && one.content == other.content)
}

/// Returns the bytes of text that an exchange holds, plus an allowance for each of its parts.
pub(crate) fn size(exchange: &Exchange) -> usize {
    const PART: usize = 64;
    let messages = exchange.messages.iter();
    let asked: usize = messages
        .map(|message| PART + message.content.expose().len())
        .sum();
    let tools: usize = exchange
        .tools
        .iter()
        .map(|tool| PART + tool.name.len())
        .sum();
    let answered = exchange.response.text.as_ref();
    4 * PART + asked + tools + answered.map_or(0, |text| text.expose().len())
}
