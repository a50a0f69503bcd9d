//! Settings of a scenario's benign accounts: how many, from which populations, and what they have in common. Settings
//! alone; the files that read them describe their effect on an account.

use serde::Deserialize;

use super::checks::{ScenarioError, check, check_weights, probability};
use super::range::{PER_DAY_MOST, Range};

/// Benign accounts and the populations they come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benign {
    /// Number of accounts.
    pub accounts: u32,
    /// Relative weights of the populations.
    pub populations: PopulationShares,
    /// Exchanges per day of benign programs.
    #[serde(default = "tenants")]
    pub per_day: Range,
    /// Suites of evaluators.
    #[serde(default)]
    pub suites: Suites,
    /// Share of the tenants, developers and organisations' keys that serve two or three uses: several applications, or
    /// an application and a person's chat. None by default.
    #[serde(default)]
    pub mixed_uses: f64,
    /// Shares of accounts that use a popular template. None by default.
    #[serde(default)]
    pub popular: PopularShares,
    /// Number of chunks of a corpus that a chunked extraction sends, log-uniform; 100 to 5,000 if absent, as users of
    /// such programs report. It replaces the exchanges of the account.
    #[serde(default = "chunks")]
    pub chunks: Range,
}

/// Suites that evaluators run. No log with the order of a suite's items is public, so all three are assumptions.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Suites {
    /// Share of the suites that are run again, on other days, on another model or both. An evaluator whose suite is not
    /// run again goes on to another suite.
    pub rerun: f64,
    /// Median number of items of a suite (log-normal).
    pub median: f64,
    /// Standard deviation of the logarithm of that number.
    pub sigma: f64,
}

/// Share of the accounts of each population that use a popular template (an agent, the default of a library, a course's
/// notebook, a prompt that people copy), each account with inputs of its own. Sizes of the groups follow Zipf's law.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopularShares {
    /// Of people in a chat window.
    pub consumer: f64,
    /// Of people with a coding agent.
    pub developer: f64,
    /// Of API customers running one application.
    pub tenant: f64,
    /// Of keys of an organisation.
    pub organisation: f64,
    /// Expected accounts of the smallest group; a stream with fewer such accounts has one group.
    pub least: f64,
    /// Expected accounts of the largest group.
    pub most: f64,
}

/// Relative weight of each benign population, counted in accounts; 0 for a population that is not named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopulationShares {
    /// People in a chat window.
    pub consumer: f64,
    /// People with a coding agent.
    pub developer: f64,
    /// API customers running one application.
    pub tenant: f64,
    /// Teams that test models on a suite.
    pub evaluator: f64,
    /// Students in a class.
    pub classroom: f64,
    /// Keys of an organisation.
    pub organisation: f64,
    /// Resellers with disclosed end users: the benign counterparts of relay networks.
    pub reseller: f64,
    /// Programs that translate or label a corpus.
    pub batch: f64,
    /// Developers whose agents run all day.
    pub heavy: f64,
    /// Programs that send one corpus, chunk by chunk, through one extraction template.
    pub chunked_extraction: f64,
    /// Companies whose staff use one key through a gateway: the benign counterparts of relays that hide their users.
    pub company: f64,
    /// Households that share an account.
    pub household: f64,
    /// Developers who work on two machines with different versions of their client.
    pub two_machines: f64,
    /// Security researchers under an agreement: the benign counterparts of probing.
    pub researcher: f64,
    /// Customers who send the same prompts to two models to compare them.
    pub comparison: f64,
}

impl Default for Suites {
    fn default() -> Self {
        Self {
            rerun: 0.8,
            median: 100.0,
            sigma: 1.2,
        }
    }
}

impl Default for PopularShares {
    fn default() -> Self {
        Self {
            consumer: 0.0,
            developer: 0.0,
            tenant: 0.0,
            organisation: 0.0,
            least: 50.0,
            most: 10_000.0,
        }
    }
}

impl Benign {
    /// # Errors
    /// When a value does not describe a valid stream.
    pub(crate) fn validate(&self) -> Result<(), ScenarioError> {
        check_weights("benign.populations", &self.populations.weights())?;
        self.per_day.validate("benign.per_day", PER_DAY_MOST)?;
        self.chunks.validate("benign.chunks", CHUNKS_MOST)?;
        probability("benign.mixed_uses", self.mixed_uses)?;
        let Suites {
            rerun,
            median,
            sigma,
        } = self.suites;
        probability("benign.suites.rerun", rerun)?;
        let few = (1.0..=1e6).contains(&median);
        check(few, "benign.suites.median", "1 to 1000000 items", &median)?;
        let narrow = (0.0..=3.0).contains(&sigma);
        check(narrow, "benign.suites.sigma", "0 to 3", &sigma)?;
        let popular = self.popular;
        probability("benign.popular.consumer", popular.consumer)?;
        probability("benign.popular.developer", popular.developer)?;
        probability("benign.popular.tenant", popular.tenant)?;
        probability("benign.popular.organisation", popular.organisation)?;
        let sizes = format!("{}, {}", popular.least, popular.most);
        let ordered = 1.0 <= popular.least && popular.least <= popular.most && popular.most <= 1e6;
        check(
            ordered,
            "benign.popular",
            "1 <= least <= most <= 1000000 accounts",
            &sizes,
        )
    }
}

impl PopulationShares {
    /// Returns the weights in the order of [`crate::simulate::Population::ALL`].
    pub(crate) fn weights(&self) -> [f64; 15] {
        [
            self.consumer,
            self.developer,
            self.tenant,
            self.evaluator,
            self.classroom,
            self.organisation,
            self.reseller,
            self.batch,
            self.heavy,
            self.chunked_extraction,
            self.company,
            self.household,
            self.two_machines,
            self.researcher,
            self.comparison,
        ]
    }
}

/// Maximum number of chunks of one corpus.
const CHUNKS_MOST: f64 = 1e6;

const fn tenants() -> Range {
    Range::TENANTS
}

const fn chunks() -> Range {
    Range {
        least: 100.0,
        most: 5_000.0,
    }
}
