//! Comparison of the behaviour of simulated benign accounts with the production traces it was drawn from.

use super::corpus::Corpus;
use crate::domain::Verdict;
use crate::simulate::behaviour::observed::{Behaviour, one_length_share};
use crate::simulate::behaviour::population::Population;
use crate::simulate::behaviour::priors::{
    CONSUMER_GAP_VARIATION, CONSUMER_MODELS, CONSUMER_PER_DAY, CONSUMER_PERIODIC,
    CONSUMER_SWITCHES_PERCENT, DEVELOPER_GAP_VARIATION, DEVELOPER_MODELS,
    DEVELOPER_NEW_MODEL_SHARE, DEVELOPER_NIGHT_HOURS, DEVELOPER_PER_DAY,
    DEVELOPER_SWITCHES_PERCENT, HEAVY_PER_DAY, Quantiles, Share, TENANT_ALWAYS_ON,
    TENANT_GAP_VARIATION, TENANT_ONE_LENGTH, TENANT_PER_DAY, TENANT_PERIODIC,
};
use crate::simulate::plan::AccountPlan;
use crate::simulate::plan::Plan;

/// Minimum exchanges of a client whose gaps and models are measured, as with the traces.
const CONSUMER_EXCHANGES: usize = 10;
/// Minimum gaps within sessions for measuring a simulated consumer's variation.
const CONSUMER_GAPS: usize = 20;
const DEVELOPER_EXCHANGES: usize = 500;

/// Number of requests over which a tenant's lengths are measured.
const LENGTHS: usize = 200;

/// The quantiles compared.
pub(crate) const COMPARED: [f64; 3] = [0.5, 0.9, 0.99];

/// One statistic of one population, simulated and traced.
pub struct Statistic {
    /// Population measured.
    pub population: Population,
    /// Name of the statistic and of the items it is taken over.
    pub name: &'static str,
    /// The figures of the traces.
    pub traced: Traced,
    /// What determines the statistic if not the traces, which are then shown only for comparison.
    pub set_by: Option<&'static str>,
    /// Simulated values in ascending order, one per client, day or release; 1 or 0 for a share.
    pub simulated: Vec<f64>,
}

/// The figures of a trace.
pub enum Traced {
    /// A distribution, at [`COMPARED`].
    Distribution {
        /// Quantiles.
        quantiles: [f64; 3],
        /// Number of clients, days or releases behind the quantiles.
        count: u32,
    },
    /// A share of clients.
    Share {
        /// The share.
        share: f64,
        /// Number of clients behind the share.
        count: u32,
    },
}

impl Statistic {
    /// Returns a quantile of the simulated values; NaN if there are none.
    pub fn quantile(&self, probability: f64) -> f64 {
        let last = self.simulated.len().saturating_sub(1);
        let index = (probability * last as f64).round() as usize;
        self.simulated.get(index).copied().unwrap_or(f64::NAN)
    }

    /// Returns the mean of the simulated values; for a share, this is the share.
    pub fn mean(&self) -> f64 {
        self.simulated.iter().sum::<f64>() / self.simulated.len() as f64
    }

    /// Returns the distance between simulation and trace: the largest difference between a probability and the
    /// simulated share at or below the trace's quantile, in standard errors of the difference of two samples of these
    /// sizes.
    ///
    /// Under equal distributions it is about standard normal for each of the quantiles. NaN if there are no values.
    pub fn standard_errors_apart(&self) -> f64 {
        let count = self.simulated.len() as f64;
        if self.simulated.is_empty() {
            return f64::NAN;
        }
        let apart = |probability: f64, traced: f64, (below, upto): (f64, f64)| {
            let error = (probability * (1.0 - probability) * (1.0 / traced + 1.0 / count)).sqrt();
            // Ties: any share between "below" and "at or below" agrees.
            (below - probability).max(probability - upto).max(0.0) / error
        };
        match &self.traced {
            Traced::Share {
                share,
                count: traced,
            } => {
                // A share of 0 or 1 is known to within one client.
                let least = 0.5 / (f64::from(*traced) + 1.0);
                let share = share.clamp(least, 1.0 - least);
                let mean = self.mean();
                let off = if (mean - share).abs() <= least {
                    share
                } else {
                    mean
                };
                apart(share, f64::from(*traced), (off, off))
            }
            Traced::Distribution {
                quantiles,
                count: traced,
            } => {
                let each = COMPARED.iter().zip(quantiles).map(|(probability, value)| {
                    let below = self.simulated.partition_point(|v| *v < *value) as f64;
                    let upto = self.simulated.partition_point(|v| *v <= *value) as f64;
                    let shares = (below / count, upto / count);
                    apart(*probability, f64::from(*traced), shares)
                });
                each.fold(0.0, f64::max)
            }
        }
    }
}

/// Computes all statistics of a plan's benign accounts, in the order of the populations.
///
/// The figures are comparable only if the scenario does not bound any account's number of exchanges.
pub fn statistics(plan: &Plan, corpus: &Corpus) -> Vec<Statistic> {
    let mut all = consumers(&behaviours(plan, corpus, Population::Consumer));
    all.extend(developers(&behaviours(plan, corpus, Population::Developer)));
    all.extend(tenants(plan, corpus));
    let heavy = behaviours(plan, corpus, Population::Heavy);
    let days = heavy.iter().flat_map(Behaviour::days).collect();
    all.push(distribution(
        Population::Heavy,
        "requests per day",
        &HEAVY_PER_DAY,
        days,
    ));
    all.retain(|statistic| !statistic.simulated.is_empty());
    for statistic in &mut all {
        statistic.simulated.sort_by(f64::total_cmp);
    }
    all
}

fn benign(plan: &Plan, population: Population) -> impl Iterator<Item = &AccountPlan> {
    plan.accounts
        .iter()
        .filter(|account| account.label.verdict == Verdict::Benign)
        .filter(move |account| account.population == population)
}

fn behaviour(account: &AccountPlan, corpus: &Corpus) -> Behaviour {
    let mut exchanges = account.exchanges(corpus);
    Behaviour::of(std::iter::from_fn(|| exchanges.next_moment()))
}

fn behaviours(plan: &Plan, corpus: &Corpus, population: Population) -> Vec<Behaviour> {
    benign(plan, population)
        .map(|account| behaviour(account, corpus))
        .collect()
}

fn consumers(behaviours: &[Behaviour]) -> Vec<Statistic> {
    let population = Population::Consumer;
    let long: Vec<&Behaviour> = behaviours
        .iter()
        .filter(|b| b.exchanges() >= CONSUMER_EXCHANGES)
        .collect();
    let per_day = behaviours.iter().map(|behaviour| {
        let days = behaviour.days();
        days.iter().sum::<f64>() / days.len() as f64
    });
    // A simulated client is observed for longer than a traced one, but has fewer gaps at the same number of requests.
    let gaps = behaviours
        .iter()
        .filter(|b| b.session_gaps() >= CONSUMER_GAPS);
    let variations: Vec<f64> = gaps.filter_map(Behaviour::session_variation).collect();
    let periodic = variations.iter().map(|v| holds(*v < 0.3)).collect();
    vec![
        distribution(
            population,
            "requests per active day, of clients",
            &CONSUMER_PER_DAY,
            per_day.collect(),
        ),
        distribution(
            population,
            "variation of gaps in sessions, of clients",
            &CONSUMER_GAP_VARIATION,
            variations,
        ),
        share(
            population,
            "near-periodic clients (variation below 0.3)",
            CONSUMER_PERIODIC,
            periodic,
        ),
        distribution(
            population,
            "models, of clients with 10 requests",
            &CONSUMER_MODELS,
            long.iter().map(|b| b.models() as f64).collect(),
        ),
        distribution(
            population,
            "switches per 100 requests, of clients with 10",
            &CONSUMER_SWITCHES_PERCENT,
            long.iter().map(|b| b.switches_percent()).collect(),
        ),
    ]
}

fn developers(behaviours: &[Behaviour]) -> Vec<Statistic> {
    let population = Population::Developer;
    let long: Vec<&Behaviour> = behaviours
        .iter()
        .filter(|b| b.exchanges() >= DEVELOPER_EXCHANGES)
        .collect();
    vec![
        distribution(
            population,
            "requests per active day, of days",
            &DEVELOPER_PER_DAY,
            behaviours.iter().flat_map(Behaviour::days).collect(),
        ),
        distribution(
            population,
            "variation of gaps in sessions, of clients with 500 requests",
            &DEVELOPER_GAP_VARIATION,
            long.iter().filter_map(|b| b.session_variation()).collect(),
        ),
        distribution(
            population,
            "night hours, of clients with 500 requests",
            &DEVELOPER_NIGHT_HOURS,
            long.iter().map(|b| b.night_hours() as f64).collect(),
        ),
        distribution(
            population,
            "models, of clients with 500 requests",
            &DEVELOPER_MODELS,
            long.iter().map(|b| b.models() as f64).collect(),
        ),
        distribution(
            population,
            "switches per 100 requests, of clients with 500",
            &DEVELOPER_SWITCHES_PERCENT,
            long.iter().map(|b| b.switches_percent()).collect(),
        ),
        distribution(
            population,
            "a new model's share in the day after first use",
            &DEVELOPER_NEW_MODEL_SHARE,
            behaviours
                .iter()
                .filter_map(Behaviour::new_model_share)
                .collect(),
        ),
    ]
}

fn tenants(plan: &Plan, corpus: &Corpus) -> Vec<Statistic> {
    let population = Population::Tenant;
    let mut per_day = Vec::new();
    let mut variations = Vec::new();
    let mut always = Vec::new();
    let mut one_length = Vec::new();
    for account in benign(plan, population) {
        // One tenant at a time, because a tenant's list of times is the longest.
        let observed = behaviour(account, corpus);
        let hours = account.end.seconds_since(account.start) / 3_600.0;
        per_day.push(observed.exchanges() as f64 / hours * 24.0);
        variations.extend(observed.working_variation());
        always.push(holds(observed.hours() as f64 >= 0.95 * hours));
        let exchanges = account.exchanges(corpus).take(LENGTHS);
        let lengths = exchanges.map(|exchange| {
            let system = exchange.system.map_or(0, |text| text.expose().len());
            let messages = exchange.messages.iter();
            (system + messages.map(|m| m.content.expose().len()).sum::<usize>()) as f64
        });
        one_length.push(holds(one_length_share(lengths.collect()) >= 0.5));
    }
    let periodic = variations.iter().map(|v| holds(*v < 0.5)).collect();
    vec![
        Statistic {
            set_by: Some("the scenario"),
            ..distribution(
                population,
                "requests per day, of clients",
                &TENANT_PER_DAY,
                per_day,
            )
        },
        distribution(
            population,
            "variation of gaps at work, of clients",
            &TENANT_GAP_VARIATION,
            variations,
        ),
        share(
            population,
            "near-periodic clients (variation below 0.5)",
            TENANT_PERIODIC,
            periodic,
        ),
        share(
            population,
            "clients active in 95% of all hours",
            TENANT_ALWAYS_ON,
            always,
        ),
        // Every application is equally likely, so the lengths follow the corpus.
        Statistic {
            set_by: Some("the corpus"),
            ..share(
                population,
                "clients with half of their inputs within 5% of one length",
                TENANT_ONE_LENGTH,
                one_length,
            )
        },
    ]
}

fn distribution(
    population: Population,
    name: &'static str,
    table: &Quantiles,
    simulated: Vec<f64>,
) -> Statistic {
    Statistic {
        population,
        name,
        traced: Traced::Distribution {
            quantiles: COMPARED.map(|probability| table.at(probability)),
            count: table.count,
        },
        set_by: None,
        simulated,
    }
}

fn share(
    population: Population,
    name: &'static str,
    traced: Share,
    simulated: Vec<f64>,
) -> Statistic {
    let Share { share, count } = traced;
    Statistic {
        population,
        name,
        traced: Traced::Share { share, count },
        set_by: None,
        simulated,
    }
}

fn holds(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

#[cfg(test)]
mod tests {
    use super::{Statistic, Traced};
    use crate::simulate::Population;

    #[test]
    fn a_share_is_compared_in_standard_errors() {
        let statistic = |ones: usize| Statistic {
            population: Population::Tenant,
            name: "",
            traced: Traced::Share {
                share: 0.5,
                count: 100,
            },
            set_by: None,
            simulated: (0..100)
                .map(|i| f64::from(u8::from(i >= 100 - ones)))
                .collect(),
        };
        // Standard error of the difference: sqrt(0.25 / 50) = 0.0707.
        assert!((statistic(60).standard_errors_apart() - 1.414).abs() < 0.001);
        assert!(statistic(50).standard_errors_apart() < 1e-9);
    }

    #[test]
    fn ties_agree_with_every_probability_that_they_span() {
        let statistic = Statistic {
            population: Population::Consumer,
            name: "",
            traced: Traced::Distribution {
                quantiles: [1.0, 1.0, 2.0],
                count: 100,
            },
            set_by: None,
            simulated: [vec![1.0; 95], vec![2.0; 5]].concat(),
        };
        assert!(statistic.standard_errors_apart() < 1e-9);
    }
}
