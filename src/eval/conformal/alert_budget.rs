//! Alert lists with a bounded benign share, for a team that can review a fixed number of accounts a day.
//!
//! Both rules take e-values ([`super::e_value`]) and hold under any dependence between accounts, which those of one
//! pool have by design. Let `R` be the accounts listed, each for an e-value `E_i >= 1 / (alpha gamma_i |R|)`, where
//! the `gamma_i` sum to at most 1. Then the benign share of `R` is at most `sum over benign i in R of alpha gamma_i
//! E_i`, whose expectation is at most `alpha`. Any set with that property will do, so the budget of a day is part of
//! the search for the largest one: a longer list truncated to its first accounts would lose the property, and with it
//! the rate.
//!
//! - [`daily_list`]: `gamma_i = 1 / N` for the `N` accounts of a day (e-BH, Wang & Ramdas 2022, arXiv 2009.02824).
//! - [`AlertBudget`]: accounts arrive one after the other and may be listed later than they arrived (online e-BH,
//!   Fischer, Xu & Ramdas, arXiv 2407.20683). An alert is never withdrawn, and the rate holds on every day at once:
//!   the bound above only grows, so the expectation of its largest value is at most `alpha` too.
//!
//! **Assumption.** The e-value of every benign account has a mean of at most 1. Conformal e-values have it for a
//! random account of a random application: where large applications score higher than small ones, the many accounts of
//! a large one are more than their share, and the rate can be exceeded.
//!
//! **Cost.** No e-value exceeds `G + 1`, where `G` is the number of applications that calibrated. A list of `k` out of
//! `N` accounts needs `k (G + 1) alpha >= N`: with 60 applications and a rate of 10%, a sixth of the day's accounts.
//! Where extraction is rarer than `1 / (alpha G)` the list stays empty, and only ranking is possible.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statistics::decimal::twelve_digits_up;

/// A number of accounts that can never be listed.
const NEVER: f64 = 1e30;

/// Returns the indices of the accounts to review, the most suspicious first: the longest list of at most `at_most`
/// accounts whose expected benign share is at most `alpha`. Equal e-values keep their order; NaN counts as 0.
pub(crate) fn daily_list(e_values: &[f64], alpha: f64, at_most: usize) -> Vec<usize> {
    let value = |place: &usize| {
        if e_values[*place] > 0.0 {
            e_values[*place]
        } else {
            0.0
        }
    };
    let mut order: Vec<usize> = (0..e_values.len()).collect();
    order.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let n = e_values.len() as f64;
    let holds = |k: &usize| value(&order[k - 1]) * alpha * *k as f64 >= n;
    let longest = (1..=at_most.min(order.len())).rev().find(holds);
    order.truncate(longest.unwrap_or(0));
    order
}

/// Why there is no budget.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub(crate) enum BudgetError {
    /// A plan under which nothing could be listed.
    #[error(
        "expected a rate within (0, 1) and at least one alert, account expected and account waiting, got {alpha}, \
         {a_day}, {expected}, {waiting_max}"
    )]
    Plan {
        /// The nominal rate.
        alpha: f64,
        /// Alerts a day.
        a_day: usize,
        /// Expected number of accounts.
        expected: u64,
        /// Most accounts remembered.
        waiting_max: usize,
    },
    /// A saved state that no budget can have reached.
    #[error(
        "expected places below {admitted}, each once, and a positive need, got place {place} in need of {need}"
    )]
    State {
        /// Number of accounts admitted.
        admitted: u64,
        /// The place found.
        place: u64,
        /// The need found for it.
        need: f64,
    },
}

/// The plan of a budget, fixed before the first account.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Largest expected benign share of all accounts ever listed.
    pub alpha: f64,
    /// Alerts a day.
    pub a_day: usize,
    /// Number of accounts to which three quarters of the rate are allotted; twice as many share three quarters of the
    /// rest, and so on.
    pub expected: u64,
    /// Most accounts remembered as waiting, and as listed. Beyond it the one with the largest need, or that was listed
    /// first, is forgotten; it may be raised again, in a new place.
    pub waiting_max: usize,
}

impl Plan {
    /// Returns the part of the rate allotted to an account's place in the order of admission: three quarters of the
    /// whole go to the first `expected` places, then a quarter of the previous part to twice as many. All parts sum to
    /// one.
    fn part(&self, place: u64) -> f64 {
        let round = (place / self.expected + 1).ilog2();
        0.75 / (self.expected as f64 * 8_f64.powi(round as i32))
    }

    fn check(self) -> Result<Self, BudgetError> {
        let Self {
            alpha,
            a_day,
            expected,
            waiting_max,
        } = self;
        if alpha > 0.0 && alpha < 1.0 && a_day > 0 && expected > 0 && waiting_max > 0 {
            return Ok(self);
        }
        Err(BudgetError::Plan {
            alpha,
            a_day,
            expected,
            waiting_max,
        })
    }
}

/// An account that has not been listed yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    account: u128,
    place: u64,
    /// Number of accounts that must be listed in total before it can be one of them: `1 / (alpha gamma E)`.
    need: f64,
}

impl Waiting {
    /// Sort key: by need, then by place. Needs are positive, so their bits sort as they do.
    const fn order(&self) -> (u64, u64, u128) {
        (self.need.to_bits(), self.place, self.account)
    }
}

/// A daily alert budget for a stream of accounts.
///
/// Raising an account takes time logarithmic in the number of waiting accounts, ending a day the same for each alert.
/// Memory is bounded by [`Plan::waiting_max`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub(crate) struct AlertBudget {
    plan: Plan,
    admitted: u64,
    shown: u64,
    waiting: BTreeMap<u128, Waiting>,
    by_need: BTreeSet<(u64, u64, u128)>,
    /// Accounts listed, each with its sequence number.
    shown_as: BTreeMap<u128, u64>,
}

impl AlertBudget {
    /// Builds an empty budget.
    ///
    /// # Errors
    /// When nothing could be listed under the plan.
    pub(crate) fn new(plan: Plan) -> Result<Self, BudgetError> {
        Ok(Self {
            plan: plan.check()?,
            admitted: 0,
            shown: 0,
            waiting: BTreeMap::new(),
            by_need: BTreeSet::new(),
            shown_as: BTreeMap::new(),
        })
    }

    /// Records an account's current e-value. A value lower than an earlier one changes nothing: the highest counts, so
    /// the highest must be an e-value (see [`super::e_value`]). An account whose e-value is not above 0 waits
    /// indefinitely.
    pub(crate) fn raise(&mut self, account: u128, e_value: f64) {
        if self.shown_as.contains_key(&account) {
            return;
        }
        let before = self.waiting.get(&account).copied();
        let place = before.map_or(self.admitted, |before| before.place);
        let bet = self.plan.alpha * self.plan.part(place) * e_value;
        let need = if bet > 0.0 {
            (1.0 / bet).min(NEVER)
        } else {
            NEVER
        };
        let need = twelve_digits_up(need);
        let now = Waiting {
            account,
            place,
            need,
        };
        match before {
            Some(before) if before.need <= now.need => return,
            Some(before) => {
                self.by_need.remove(&before.order());
            }
            None => self.admitted += 1,
        }
        self.by_need.insert(now.order());
        self.waiting.insert(account, now);
        if self.waiting.len() > self.plan.waiting_max
            && let Some((_, _, account)) = self.by_need.pop_last()
        {
            self.waiting.remove(&account);
        }
    }

    /// Ends a day: returns the accounts to review, those first that could have been listed earliest; at most
    /// [`Plan::a_day`].
    pub(crate) fn end_day(&mut self) -> Vec<u128> {
        let fits = |(rank, (need, _, _)): (u64, &(u64, u64, u128))| {
            (f64::from_bits(*need) <= (self.shown + rank) as f64).then_some(rank)
        };
        let first = (1..).zip(self.by_need.iter().take(self.plan.a_day));
        let many = first.filter_map(fits).last().unwrap_or(0);
        let mut alerts = Vec::new();
        for _ in 0..many {
            let Some((_, _, account)) = self.by_need.pop_first() else {
                break;
            };
            self.waiting.remove(&account);
            self.shown_as.insert(account, self.shown);
            self.shown += 1;
            alerts.push(account);
        }
        while self.shown_as.len() > self.plan.waiting_max {
            let first = self.shown_as.iter().min_by_key(|(_, number)| **number);
            let Some((&account, _)) = first else { break };
            self.shown_as.remove(&account);
        }
        alerts
    }

    /// Returns the number of waiting accounts.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the number of accounts listed so far.
    #[cfg(test)]
    pub(crate) const fn shown(&self) -> u64 {
        self.shown
    }
}

/// The serialized form, before validation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    plan: Plan,
    admitted: u64,
    shown: u64,
    waiting: Vec<Waiting>,
    /// Accounts listed, with their sequence numbers.
    shown_as: Vec<(u128, u64)>,
}

impl TryFrom<Saved> for AlertBudget {
    type Error = BudgetError;

    fn try_from(saved: Saved) -> Result<Self, Self::Error> {
        let mut budget = Self {
            admitted: saved.admitted,
            shown: saved.shown,
            shown_as: saved.shown_as.into_iter().collect(),
            ..Self::new(saved.plan)?
        };
        let mut places = BTreeSet::new();
        for own in saved.waiting {
            let sound = own.need > 0.0 && own.place < saved.admitted && places.insert(own.place);
            if !sound || budget.waiting.insert(own.account, own).is_some() {
                let Waiting { place, need, .. } = own;
                return Err(BudgetError::State {
                    admitted: saved.admitted,
                    place,
                    need,
                });
            }
            budget.by_need.insert(own.order());
        }
        while budget.waiting.len() > saved.plan.waiting_max
            && let Some((_, _, account)) = budget.by_need.pop_last()
        {
            budget.waiting.remove(&account);
        }
        Ok(budget)
    }
}

impl From<AlertBudget> for Saved {
    fn from(budget: AlertBudget) -> Self {
        Self {
            plan: budget.plan,
            admitted: budget.admitted,
            shown: budget.shown,
            waiting: budget.waiting.into_values().collect(),
            shown_as: budget.shown_as.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests;
