//! The people behind one account and what each of them sends: end users of relays and disclosed resellers, the staff of
//! a company with one key, and households.

use super::group::Group;
use super::planner::{Own, PlanError, Planner, Workload};
use crate::domain::GroupKind;
use crate::simulate::behaviour::end_user::Behind;
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
    masked: false,
};

/// Share of relays, and of resellers and companies, that name the user of each request.
const RELAYS_DISCLOSE: f64 = 0.2;
const HONEST_DISCLOSE: f64 = 0.5;

/// Number of people behind a company's key and in a household.
const STAFF: (usize, usize) = (8, 60);
const HOUSEHOLD: (usize, usize) = (2, 5);

/// Number of languages in a company, each equally likely for a member of staff.
const COMPANY_LANGUAGES: (usize, usize) = (1, 2);

impl Planner<'_> {
    /// Draws the populations of one account's end users, as many as `relay` allows.
    pub(crate) fn end_user_kinds(&mut self, relay: Option<Relay>) -> Vec<Population> {
        let Relay { least, most, .. } = relay.unwrap_or(RESOLD);
        let users = self.rng.between(least as usize, most as usize);
        (0..users).map(|_| *self.rng.pick(&END_USERS)).collect()
    }

    /// Draws what end users send in `count` exchanges altogether, each in their own language.
    /// They are masked if the relay masks them.
    pub(crate) fn end_user_workloads(
        &mut self,
        users: Vec<Population>,
        count: usize,
        relay: Option<Relay>,
    ) -> Result<Own, PlanError> {
        let workloads = self.shares(&users, count, &[None])?;
        Ok(Own {
            workloads,
            behind: self.behind(relay),
            ..Own::nothing(Population::Reseller, users)
        })
    }

    /// Draws what the provider sees of a relay's users, or of a disclosed reseller's.
    pub(crate) fn behind(&mut self, relay: Option<Relay>) -> Behind {
        match relay {
            Some(Relay { masked: true, .. }) => Behind::Masked,
            Some(_) => Behind::Strangers {
                disclosed: self.rng.chance(RELAYS_DISCLOSE),
            },
            None => Behind::Strangers {
                disclosed: self.rng.chance(HONEST_DISCLOSE),
            },
        }
    }

    /// Draws what the staff of a company send through its one key: people, developers and programs, in one or two
    /// languages.
    pub(crate) fn company(&mut self, count: usize) -> Result<Own, PlanError> {
        let staff = self.rng.between(STAFF.0, STAFF.1);
        let users: Vec<Population> = (0..staff).map(|_| *self.rng.pick(&END_USERS)).collect();
        let languages: Vec<Option<String>> =
            (0..self.rng.between(COMPANY_LANGUAGES.0, COMPANY_LANGUAGES.1))
                .map(|_| {
                    let spoken = self.rng.pick(&self.record_sets.consumers);
                    Some(spoken.language.clone())
                })
                .collect();
        let languages: Vec<Option<&str>> = languages.iter().map(Option::as_deref).collect();
        let workloads = self.shares(&users, count, &languages)?;
        let own = Own {
            workloads,
            behind: Behind::Colleagues {
                disclosed: self.rng.chance(HONEST_DISCLOSE),
            },
            ..Own::nothing(Population::Company, users)
        };
        Ok(own.of(Group {
            name: self.rng.name("office"),
            kind: GroupKind::Office,
        }))
    }

    /// Draws what the members of a household send, in one language.
    pub(crate) fn household(
        &mut self,
        count: usize,
        language: Option<&str>,
    ) -> Result<Own, PlanError> {
        let members = self.rng.between(HOUSEHOLD.0, HOUSEHOLD.1);
        let users = vec![Population::Consumer; members];
        let drawn = self.rng.pick(&self.record_sets.consumers).language.clone();
        let language = language.or(Some(&drawn));
        let workloads = self.shares(&users, count, &[language])?;
        Ok(Own {
            workloads,
            behind: Behind::Household,
            ..Own::nothing(Population::Household, users)
        })
    }

    /// Draws one workload for each user, each in any of the languages.
    fn shares(
        &mut self,
        users: &[Population],
        count: usize,
        languages: &[Option<&str>],
    ) -> Result<Vec<Workload>, PlanError> {
        // Some users send more than others: up to three times their part.
        let part = (count * 3).div_ceil(users.len()).max(2);
        let mut workloads = Vec::with_capacity(users.len());
        for population in users {
            let language = *self.rng.pick(languages);
            let own = self.own(*population, part, language)?;
            // One workload each, because a user is found by the position of the workload.
            workloads.extend(own.workloads.into_iter().take(1));
        }
        Ok(workloads)
    }
}
