//! Which accounts a team that can look at so many a day is shown, and what share of them is benign at most.
//!
//! Both rules take e-values ([`super::e_value`]) and hold under any dependence between accounts, which those of one
//! pool have by design. Let `R` be the accounts shown, each for an e-value `E_i >= 1 / (alpha gamma_i |R|)`, where the
//! `gamma_i` sum to at most 1. Then the benign share of `R` is at most `sum over benign i in R of alpha gamma_i E_i`,
//! of mean at most `alpha`. Any set with that property will do, so the budget of a day is put INTO the search for the
//! largest one: a longer list cut to its first accounts would lose the property, and with it the rate.
//!
//! - [`daily_list`]: `gamma_i = 1 / N` for the `N` accounts of a day (e-BH, Wang & Ramdas 2022, arXiv 2009.02824).
//! - [`AlertBudget`]: accounts come one after the other and may be shown later than they came (online e-BH, Fischer,
//!   Xu & Ramdas, arXiv 2407.20683). An alert is never taken back, and the rate holds on every day at once: the bound
//!   above only grows, so the mean of its largest value is at most `alpha` too.
//!
//! **What it takes for granted.** A mean of at most 1 for every benign account. Conformal e-values have it for a random
//! account of a random application: where large applications score higher than small ones, the many accounts of a large
//! one are more than their share, and the rate can be passed.
//!
//! **What it costs.** No e-value exceeds the number `G` of applications that calibrated, and one. A list of `k` out of
//! `N` accounts needs `k (G + 1) alpha >= N`: with 60 applications and a rate of 10%, a sixth of the day's accounts.
//! Where extraction is rarer than `1 / (alpha G)` the list stays empty, and ranking is all there is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statistics::decimal::twelve_digits_up;

/// More accounts than can ever be shown.
const NEVER: f64 = 1e30;

/// The places of the accounts to look at, the most suspicious first: the longest list of at most `at_most` accounts
/// whose expected benign share is at most `alpha`. Equal e-values keep their order; what is not a number counts as 0.
pub fn daily_list(e_values: &[f64], alpha: f64, at_most: usize) -> Vec<usize> {
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
pub enum BudgetError {
    /// A plan that nothing can be shown under.
    #[error(
        "expected a rate within (0, 1) and at least one alert, account expected and account waiting, got {alpha}, \
         {a_day}, {expected}, {waiting_max}"
    )]
    Plan {
        /// The rate.
        alpha: f64,
        /// Alerts a day.
        a_day: usize,
        /// Accounts expected.
        expected: u64,
        /// Accounts remembered.
        waiting_max: usize,
    },
    /// A saved state that no budget can have come to.
    #[error(
        "expected places below {admitted}, each once, and a positive need, got place {place} in need of {need}"
    )]
    State {
        /// Accounts admitted.
        admitted: u64,
        /// The actual place.
        place: u64,
        /// Its need.
        need: f64,
    },
}

/// What is promised, fixed before the first account.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The benign share of all that is ever shown, in expectation.
    pub alpha: f64,
    /// Alerts a day.
    pub a_day: usize,
    /// Accounts that three quarters of the rate are laid out for; twice as many share three quarters of the rest, and
    /// so on.
    pub expected: u64,
    /// Accounts waiting, and accounts shown, that are remembered. Beyond it the one that needs most, or was shown
    /// first, is forgotten; it may come again, in a new place.
    pub waiting_max: usize,
}

impl Plan {
    /// The part of the rate that the account in a place has: three quarters of the whole go to the first `expected`
    /// places, then a quarter of the part before to twice as many. All parts sum to one.
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

/// An account that was not shown yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    account: u128,
    place: u64,
    /// How many accounts must be shown in all before it can be one of them: `1 / (alpha gamma E)`.
    need: f64,
}

impl Waiting {
    /// By need, then by place. Needs are positive, so their bits are in their order.
    const fn order(&self) -> (u64, u64, u128) {
        (self.need.to_bits(), self.place, self.account)
    }
}

/// A daily alert budget for a stream of accounts.
///
/// Raising an account takes time logarithmic in those that wait, ending a day the same for each alert. Memory is
/// bounded by [`Plan::waiting_max`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct AlertBudget {
    plan: Plan,
    admitted: u64,
    shown: u64,
    waiting: BTreeMap<u128, Waiting>,
    by_need: BTreeSet<(u64, u64, u128)>,
    /// Accounts shown, each with its number among all shown.
    shown_as: BTreeMap<u128, u64>,
}

impl AlertBudget {
    /// An empty one.
    ///
    /// # Errors
    /// When nothing could be shown under the plan.
    pub fn new(plan: Plan) -> Result<Self, BudgetError> {
        Ok(Self {
            plan: plan.check()?,
            admitted: 0,
            shown: 0,
            waiting: BTreeMap::new(),
            by_need: BTreeSet::new(),
            shown_as: BTreeMap::new(),
        })
    }

    /// Takes an account's e-value as it stands. A lower one than before changes nothing: what counts is the highest, so
    /// the highest must be an e-value (see [`super::e_value`]). One that is not above 0 waits for ever.
    pub fn raise(&mut self, account: u128, e_value: f64) {
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

    /// Ends a day: the accounts to look at, those first that could have been shown earliest; at most [`Plan::a_day`].
    pub fn end_day(&mut self) -> Vec<u128> {
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

    /// Accounts that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Accounts shown so far.
    pub const fn shown(&self) -> u64 {
        self.shown
    }
}

/// The form on disk, before the checks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    plan: Plan,
    admitted: u64,
    shown: u64,
    waiting: Vec<Waiting>,
    /// With their numbers.
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
