//! What a client states about the machine it runs on: a device, a version that is updated over time, and sessions that
//! end when their user pauses. A deployment sends a field for all of its users or for none.

use crate::domain::Timestamp;
use crate::simulate::rng::SeededRng;

/// Seconds without a request after which a session has ended; the definition used by the traces.
const SESSION_GAP_SECONDS: f64 = 1_800.0;

/// Seconds after which a relay that masks its users changes the session id, as published relays do.
const ROTATION_SECONDS: f64 = 900.0;

/// Share of people and developers who use a second machine.
const SECOND_MACHINE: f64 = 0.25;

/// Probability that the next request is from the other of two machines that are in use at the same time.
const OTHER_MACHINE: f64 = 0.15;

/// Range of days between two updates of a client.
const UPDATE_DAYS: (f64, f64) = (2.0, 30.0);

/// A device or installation.
#[derive(Clone)]
pub(crate) struct Machine {
    name: String,
    /// Version at the account's first exchange.
    patch: usize,
    update_days: f64,
}

/// The machines that one user sends from.
#[derive(Clone)]
pub(crate) struct Machines {
    all: Vec<Machine>,
    /// Whether both are in use at the same time, not one for each session.
    in_parallel: bool,
}

/// How the ids of sessions come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionIds {
    /// One for each session of each user.
    Own,
    /// One for all users, replaced after a fixed time.
    Rotating,
}

/// The current session of one user.
#[derive(Clone, Copy, Default)]
pub(crate) struct Session {
    number: u64,
    last: Timestamp,
    machine: usize,
}

impl Machines {
    /// Draws the machines of a user: one server, one or two personal machines, or two for certain.
    pub(crate) fn new(personal: bool, two: bool, rng: &mut SeededRng) -> Self {
        let count = if two || personal && rng.chance(SECOND_MACHINE) {
            2
        } else {
            1
        };
        let machine = |rng: &mut SeededRng| Machine {
            name: rng.name("device"),
            patch: rng.between(0, 60),
            update_days: rng.log_between(UPDATE_DAYS.0, UPDATE_DAYS.1),
        };
        Self {
            all: (0..count).map(|_| machine(rng)).collect(),
            in_parallel: two,
        }
    }

    /// Returns the device of a session.
    pub(crate) fn device(&self, session: Session) -> &str {
        &self.all[session.machine].name
    }

    /// Returns the version of the client in a session, `days` after the account's first exchange.
    pub(crate) fn version(&self, session: Session, days: f64) -> String {
        let machine = &self.all[session.machine];
        let updates = (days / machine.update_days) as usize;
        format!("2.1.{}", machine.patch + updates)
    }
}

impl Session {
    /// Continues the session at `now`, or opens another after a pause, on any of the machines.
    pub(crate) fn advance(&mut self, now: Timestamp, machines: &Machines, rng: &mut SeededRng) {
        if self.number == 0 || now.seconds_since(self.last) > SESSION_GAP_SECONDS {
            self.number += 1;
            self.machine = rng.below(machines.all.len());
        } else if machines.in_parallel && rng.chance(OTHER_MACHINE) {
            self.machine = (self.machine + 1) % machines.all.len();
        }
        self.last = now;
    }

    /// Returns the session's id among those of an account.
    pub(crate) fn id(&self, ids: SessionIds, account: u64, user: usize) -> String {
        let (user, number) = match ids {
            SessionIds::Own => (user as u64, self.number << 1 | self.machine as u64),
            SessionIds::Rotating => (0, (self.last.as_seconds() / ROTATION_SECONDS) as u64),
        };
        SeededRng::new(account ^ (user << 40) ^ number, "session").name("session")
    }
}

#[cfg(test)]
mod tests {
    use super::{Machines, Session, SessionIds};
    use crate::domain::Timestamp;
    use crate::simulate::rng::SeededRng;

    #[test]
    fn a_session_ends_with_a_pause_and_a_rotating_id_with_its_time() {
        let mut rng = SeededRng::new(1, "machines");
        let machines = Machines::new(false, false, &mut rng);
        let mut session = Session::default();
        let mut seen = |minutes: i64| {
            let now = Timestamp::from_micros((1_000 + minutes) * 60_000_000);
            session.advance(now, &machines, &mut rng);
            let id = |ids| session.id(ids, 7, 3);
            (id(SessionIds::Own), id(SessionIds::Rotating))
        };
        let (first, later, after_a_pause) = (seen(0), seen(25), seen(90));
        assert_eq!(first.0, later.0);
        assert_ne!(later.0, after_a_pause.0);
        assert_ne!(first.1, later.1);
    }
}
