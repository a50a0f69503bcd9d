//! Which end users an account serves, and what each of them sends: the same for relays and for disclosed resellers.

use super::planner::{Own, PlanError, Planner};
use crate::simulate::behaviour::population::Population;
use crate::simulate::scenario::Relay;

/// Kinds of people behind a reseller, as likely as they stand here.
const END_USERS: [Population; 4] = [
    Population::Consumer,
    Population::Consumer,
    Population::Developer,
    Population::Tenant,
];

/// End users of a reseller, where a scenario does not say.
const RESOLD: Relay = Relay {
    least: 20,
    most: 60,
};

impl Planner<'_> {
    /// The end users of one account, as many as `relay` says.
    pub(crate) fn end_user_kinds(&mut self, relay: Option<Relay>) -> Vec<Population> {
        let Relay { least, most } = relay.unwrap_or(RESOLD);
        let users = self.rng.between(least as usize, most as usize);
        (0..users).map(|_| *self.rng.pick(&END_USERS)).collect()
    }

    /// What end users send who make `count` exchanges together, each in their own language.
    pub(crate) fn end_user_workloads(
        &mut self,
        users: Vec<Population>,
        count: usize,
    ) -> Result<Own, PlanError> {
        // Some use it more than others: up to three times their part.
        let part = (count * 3).div_ceil(users.len()).max(2);
        let mut workloads = Vec::with_capacity(users.len());
        for population in &users {
            workloads.extend(self.own(*population, part, None)?.workloads);
        }
        Ok(Own {
            population: Population::Reseller,
            workloads,
            users,
        })
    }
}
