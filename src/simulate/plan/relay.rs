//! The end users of an account and what each of them sends; the same for relays and for disclosed resellers.

use super::planner::{Own, PlanError, Planner};
use crate::simulate::behaviour::population::Population;
use crate::simulate::scenario::Relay;

/// Populations behind a reseller; each entry is equally likely.
const END_USERS: [Population; 4] = [
    Population::Consumer,
    Population::Consumer,
    Population::Developer,
    Population::Tenant,
];

/// Number of end users of a reseller for which the scenario sets none.
const RESOLD: Relay = Relay {
    least: 20,
    most: 60,
};

impl Planner<'_> {
    /// Draws the populations of one account's end users, as many as `relay` allows.
    pub(crate) fn end_user_kinds(&mut self, relay: Option<Relay>) -> Vec<Population> {
        let Relay { least, most } = relay.unwrap_or(RESOLD);
        let users = self.rng.between(least as usize, most as usize);
        (0..users).map(|_| *self.rng.pick(&END_USERS)).collect()
    }

    /// Draws what end users send in `count` exchanges altogether, each in their own language.
    pub(crate) fn end_user_workloads(
        &mut self,
        users: Vec<Population>,
        count: usize,
    ) -> Result<Own, PlanError> {
        // Some end users send more than others: up to three times their part.
        let part = (count * 3).div_ceil(users.len()).max(2);
        let mut workloads = Vec::with_capacity(users.len());
        for population in &users {
            workloads.extend(self.own(*population, part, None)?.workloads);
        }
        Ok(Own {
            workloads,
            ..Own::nothing(Population::Reseller, users)
        })
    }
}
