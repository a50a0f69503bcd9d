//! `/v1/status`: whether it is working, in words and numbers. What arrived, of whom, through which door, what is
//! missing from it, and from when detection can speak.

use serde_json::{Value, json};

use super::metrics::arrivals::{Arrival, Arrivals, Door};
use super::services::Histories;
use crate::domain::Timestamp;
use crate::server::clock;
use crate::wire::format_time;

/// Exchanges from which on a pattern in the accounts is worth a word.
const EXCHANGES_MIN: u64 = 20;
/// Share of exchanges from which on a thing missing from them is worth a word.
const SHARE_MIN: f64 = 0.2;
/// Accounts per exchange from which on every exchange seems to have an account of its own.
const ACCOUNTS_PER_EXCHANGE: f64 = 0.95;

/// What has arrived since the start.
#[derive(Clone, Debug)]
pub(super) struct Status {
    since: Timestamp,
    now: Timestamp,
    counted: u64,
    repeated: u64,
    refused: u64,
    without_text: u64,
    without_model: u64,
    without_time: u64,
    truncated: u64,
    accounts: usize,
    histories: Histories,
    doors: Vec<DoorStatus>,
}

/// Calls through one door.
#[derive(Clone, Debug)]
struct DoorStatus {
    name: &'static str,
    calls: u64,
    last: Option<Timestamp>,
}

impl Status {
    /// Reads the counters.
    pub(super) fn new(
        arrivals: &Arrivals,
        since: Timestamp,
        accounts: usize,
        histories: Histories,
    ) -> Self {
        let door = |door: &Door| {
            let (calls, last) = arrivals.calls(*door);
            let name = door.name();
            DoorStatus { name, calls, last }
        };
        Self {
            since,
            now: clock::now(),
            counted: arrivals.value(Arrival::Counted),
            repeated: arrivals.value(Arrival::Repeated),
            refused: arrivals.value(Arrival::Refused),
            without_text: arrivals.value(Arrival::WithoutText),
            without_model: arrivals.value(Arrival::WithoutModel),
            without_time: arrivals.value(Arrival::WithoutTime),
            truncated: arrivals.value(Arrival::Truncated),
            accounts,
            histories,
            doors: Door::ALL.iter().map(door).collect(),
        }
    }

    /// Returns the status as a JSON object.
    pub(super) fn json(&self) -> Value {
        let door = |door: &DoorStatus| {
            json!({
                "door": door.name,
                "calls": door.calls,
                "last_call": door.last.map(format_time),
            })
        };
        let doors: Vec<Value> = self.doors.iter().map(door).collect();
        json!({
            "since": format_time(self.since),
            "now": format_time(self.now),
            "summary": self.words(),
            "exchanges": {
                "counted": self.counted,
                "repeated": self.repeated,
                "refused": self.refused,
                "without_text": self.without_text,
                "without_model": self.without_model,
                "without_time": self.without_time,
                "truncated": self.truncated,
            },
            "accounts": {
                "known": self.accounts,
                "with_enough_history": self.histories.enough,
                "exchanges_needed": self.histories.needed,
            },
            "doors": doors,
        })
    }

    /// Returns the figures with their names, for people.
    pub(super) fn figures(&self) -> Vec<(&'static str, String)> {
        let mut figures: Vec<(&'static str, String)> = vec![
            ("exchanges counted", self.counted.to_string()),
            ("repeats, not counted again", self.repeated.to_string()),
            ("refused", self.refused.to_string()),
            ("without text", self.of_counted(self.without_text)),
            ("without a named model", self.of_counted(self.without_model)),
            ("without a time of their own", self.without_time.to_string()),
            ("longer than what is read", self.of_counted(self.truncated)),
            ("accounts known", self.accounts.to_string()),
            ("accounts with a band", self.histories.enough.to_string()),
        ];
        for door in &self.doors {
            if let Some(last) = door.last {
                let calls = door.calls;
                figures.push((
                    door.name,
                    format!("{calls} calls, the last at {}", format_time(last)),
                ));
            }
        }
        figures
    }

    /// Returns sentences: what arrives, from when detection can speak, and what looks wrong.
    pub(super) fn words(&self) -> Vec<String> {
        let since = format_time(self.since);
        let calls: u64 = self.doors.iter().map(|door| door.calls).sum();
        let mut words = Vec::new();
        match (self.counted, calls) {
            (0, 0) => words.push(format!("Nothing has arrived since {since}.")),
            (0, calls) => words.push(format!(
                "{calls} calls have arrived since {since}, and no exchange was counted."
            )),
            (counted, _) => words.push(format!(
                "{counted} exchanges were counted since {since}; {} accounts are known.",
                self.accounts
            )),
        }
        if self.accounts > 0 {
            words.push(self.readiness());
        }
        words.extend(self.suspicions());
        words
    }

    /// Says from when detection can speak.
    fn readiness(&self) -> String {
        let Histories { needed, enough } = self.histories;
        if enough > 0 {
            return format!(
                "{enough} of {} accounts have the {needed} exchanges that a band needs; the others read `insufficient`.",
                self.accounts
            );
        }
        let none = format!("No account has the {needed} exchanges that a band needs yet");
        let hours = self.now.seconds_since(self.since) / 3_600.0;
        let per_account = self.counted as f64 / self.accounts as f64;
        if self.counted == 0 || hours <= 0.0 {
            return format!("{none}.");
        }
        let missing = (needed as f64 - per_account).max(1.0);
        let left = missing * hours / per_account;
        let left = if left < 1.0 {
            "less than an hour".to_owned()
        } else if left < 48.0 {
            format!("about {left:.0} hours")
        } else {
            format!("about {:.0} days", left / 24.0)
        };
        format!("{none}; at the pace so far an average account takes {left} more.")
    }

    /// Says what looks as if something were not connected as meant.
    fn suspicions(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.refused > 0 {
            words.push(format!(
                "{} exchanges were refused: unreadable, or without account, model or messages. The answers name the \
                 reason.",
                self.refused
            ));
        }
        if self.counted >= EXCHANGES_MIN {
            if self.accounts == 1 {
                words.push("All traffic comes from one account: is the account mapped?".to_owned());
            } else if self.accounts as f64 >= ACCOUNTS_PER_EXCHANGE * self.counted as f64 {
                words.push(
                    "Nearly every exchange has an account of its own: is a request's id mapped as the account?"
                        .to_owned(),
                );
            }
        }
        for (count, what) in [
            (
                self.without_text,
                "hold no text of a request: does the gateway leave out content?",
            ),
            (self.without_model, "name no model."),
            (
                self.truncated,
                "were longer than what is read; their ends were read.",
            ),
        ] {
            if self.share(count) >= SHARE_MIN {
                words.push(format!(
                    "{:.0}% of exchanges {what}",
                    self.share(count) * 100.0
                ));
            }
        }
        if self.repeated > self.counted {
            words.push(
                "More exchanges repeat an earlier one than are new: is traffic delivered twice, or an id used again?"
                    .to_owned(),
            );
        }
        words
    }

    fn of_counted(&self, count: u64) -> String {
        format!("{count} ({:.0}%)", self.share(count) * 100.0)
    }

    fn share(&self, count: u64) -> f64 {
        count as f64 / self.counted.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(counted: u64, accounts: usize, enough: usize) -> Status {
        Status {
            since: Timestamp::from_micros(0),
            now: Timestamp::from_micros(3_600_000_000),
            counted,
            repeated: 0,
            refused: 0,
            without_text: 0,
            without_model: 0,
            without_time: 0,
            truncated: 0,
            accounts,
            histories: Histories { needed: 10, enough },
            doors: Vec::new(),
        }
    }

    #[test]
    fn it_says_from_when_detection_can_speak() {
        let words = |status: Status| status.words().join(" ");
        assert!(words(status(0, 0, 0)).starts_with("Nothing has arrived"));
        let some = words(status(400, 20, 8));
        assert!(
            some.contains("8 of 20 accounts have the 10 exchanges"),
            "{some}"
        );
        // Two exchanges an account and hour: eight are missing.
        let none = words(status(10, 5, 0));
        assert!(
            none.contains("an average account takes about 4 hours more"),
            "{none}"
        );
    }

    #[test]
    fn it_names_what_looks_unconnected_and_nothing_else() {
        let words = |status: Status| status.words().join(" ");
        let usual = words(status(400, 20, 8));
        assert_eq!(usual.matches('?').count(), 0, "{usual}");
        assert!(words(status(40, 1, 1)).contains("is the account mapped?"));
        assert!(!words(status(5, 1, 0)).contains("is the account mapped?"));
        assert!(words(status(40, 39, 0)).contains("a request's id"));
        let redacted = Status {
            without_text: 200,
            ..status(400, 20, 8)
        };
        assert!(words(redacted).contains("50% of exchanges hold no text"));
        let twice = Status {
            repeated: 500,
            ..status(400, 20, 8)
        };
        assert!(words(twice).contains("delivered twice"));
    }
}
