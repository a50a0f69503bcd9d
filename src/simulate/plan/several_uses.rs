//! Honest accounts with several uses: a customer who runs two or three applications under one key, or chats beside
//! them. The honest counterparts of accounts that mix a harvest with other traffic.

use crate::simulate::behaviour::population::Population;
use crate::simulate::plan::planner::{Own, PlanError, Planner};

/// Share of the further uses that are a person's chat; the others are applications.
const CHATS: f64 = 0.3;

/// Probabilities that the next request is of another use than the last: side by side, in turns, one after another.
const CHANGES: [f64; 3] = [0.5, 0.1, 0.02];

impl Planner<'_> {
    /// Adds one or two further uses to the share of accounts that have them.
    pub(crate) fn with_other_uses(
        &mut self,
        mut own: Own,
        count: usize,
        language: Option<&str>,
    ) -> Result<Own, PlanError> {
        let mixes = matches!(
            own.population,
            Population::Tenant | Population::Developer | Population::Organisation
        );
        if !mixes || !self.rng.chance(self.scenario.benign.mixed_uses) {
            return Ok(own);
        }
        for _ in 0..self.rng.between(1, 2) {
            let workload = if self.rng.chance(CHATS) {
                self.person_workload(count, language)?
            } else {
                let applications = self.tenant_group(language)?;
                self.tenant_workload(applications, count)
            };
            own.workloads.push(workload);
        }
        own.change_of_speaker = *self.rng.pick(&CHANGES);
        Ok(own)
    }
}
