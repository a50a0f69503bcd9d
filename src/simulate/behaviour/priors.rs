//! The behaviour of benign clients, as quantiles of production traces (figures only; no trace is part of the project).
//!
//! Consumers: `GenTD26` users and Azure 2023 conversations. Developers: agent sessions of twelve developers. Tenants:
//! `ServeGen` language tenants. Units are seconds, tokens and counts. Each table states the number of clients, days or
//! gaps it was taken from.

use crate::simulate::rng::SeededRng;

/// The probabilities of a [`Quantiles`] row.
const PROBABILITIES: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// Values at [`PROBABILITIES`], taken from `count` items of a trace.
pub(crate) struct Quantiles {
    pub(crate) count: u32,
    values: [f64; 10],
}

const fn of(count: u32, values: [f64; 10]) -> Quantiles {
    Quantiles { count, values }
}

/// A share of the clients of a trace.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    pub(crate) share: f64,
    pub(crate) count: u32,
}

const fn share(share: f64, count: u32) -> Share {
    Share { share, count }
}

impl Quantiles {
    /// Draws by inverting the distribution function, linear between the quantiles.
    pub(crate) fn draw(&self, rng: &mut SeededRng) -> f64 {
        self.at(rng.unit())
    }

    /// Returns the value that a draw falls below with this probability.
    pub(crate) fn at(&self, probability: f64) -> f64 {
        let values = &self.values;
        let above = PROBABILITIES.partition_point(|p| *p < probability);
        if above == 0 {
            return values[0];
        }
        let above = above.min(values.len() - 1);
        let (low, high) = (PROBABILITIES[above - 1], PROBABILITIES[above]);
        let part = ((probability - low) / (high - low)).clamp(0.0, 1.0);
        values[above - 1] + part * (values[above] - values[above - 1])
    }
}

/// A consumer's mean requests per active day.
pub(crate) const CONSUMER_PER_DAY: Quantiles = of(
    4_247,
    [1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 8.0, 12.0, 24.54, 230.0],
);
/// A consumer's median gap within a session, in seconds.
pub(crate) const CONSUMER_GAP_SECONDS: Quantiles = of(
    492,
    [
        27.9, 35.0, 42.0, 52.4, 69.0, 97.1, 133.8, 156.0, 252.0, 460.0,
    ],
);
/// Coefficient of variation of a consumer's gaps within sessions.
pub(crate) const CONSUMER_GAP_VARIATION: Quantiles = of(
    450,
    [
        0.274, 0.401, 0.491, 0.713, 1.009, 1.341, 1.658, 1.905, 2.298, 4.743,
    ],
);
/// Time between a consumer's sessions, in seconds.
pub(crate) const CONSUMER_REST_SECONDS: Quantiles = of(
    1_657,
    [
        1_883.0,
        2_176.0,
        2_619.0,
        5_195.0,
        46_695.0,
        157_003.0,
        431_058.0,
        612_940.0,
        1_127_278.0,
        1_484_499.0,
    ],
);
/// Number of models a consumer uses.
pub(crate) const CONSUMER_MODELS: Quantiles =
    of(492, [1.0, 1.0, 1.0, 2.0, 4.0, 6.0, 9.0, 10.0, 14.1, 65.0]);
/// A consumer's model switches per 100 requests.
pub(crate) const CONSUMER_SWITCHES_PERCENT: Quantiles = of(
    492,
    [0.0, 0.0, 0.0, 11.6, 29.5, 45.5, 61.5, 72.1, 88.9, 100.0],
);
/// Share of the consumers whose gaps are nearly equal.
pub(crate) const CONSUMER_PERIODIC: Share = share(0.018, 450);
/// Output tokens of an answer to a consumer.
pub(crate) const CONSUMER_OUTPUT_TOKENS: Quantiles = of(
    19_366,
    [
        16.0, 41.0, 54.0, 85.0, 129.0, 395.0, 424.0, 451.0, 601.0, 1_000.0,
    ],
);

/// Calls of a developer's agent on a working day, over the days of all developers.
pub(crate) const DEVELOPER_PER_DAY: Quantiles = of(
    152,
    [
        7.0, 13.0, 26.0, 63.0, 210.5, 345.8, 612.9, 684.8, 980.5, 1_414.0,
    ],
);
/// A developer's sittings per working day.
pub(crate) const DEVELOPER_SITTINGS: Quantiles =
    of(12, [1.3, 1.5, 1.8, 2.0, 2.9, 3.4, 3.8, 4.4, 4.9, 5.0]);
/// Share of days on which a developer works: 4.2 days a week.
pub(crate) const DEVELOPER_WORKING_DAYS: f64 = 0.6;
/// Longest run of hours of the day in which a developer is never active.
pub(crate) const DEVELOPER_NIGHT_HOURS: Quantiles =
    of(12, [2.1, 2.6, 3.3, 6.0, 7.5, 9.5, 11.0, 12.4, 13.7, 14.0]);
/// Coefficient of variation of a developer's gaps within sittings; a consequence of the gaps below.
pub(crate) const DEVELOPER_GAP_VARIATION: Quantiles = of(
    12,
    [
        2.476, 2.78, 3.097, 3.197, 3.669, 4.132, 4.323, 4.371, 4.399, 4.406,
    ],
);
/// Calls caused by one prompt of the developer.
pub(crate) const DEVELOPER_CALLS_PER_PROMPT: Quantiles =
    of(12, [1.0, 1.0, 2.0, 6.3, 11.7, 12.9, 15.1, 38.9, 61.9, 67.7]);
/// Gap before a call that the developer caused, in seconds.
pub(crate) const DEVELOPER_PROMPT_GAP_SECONDS: Quantiles = of(
    3_045,
    [
        0.5, 4.8, 13.5, 38.8, 95.0, 240.0, 550.6, 882.3, 1_511.9, 1_799.3,
    ],
);
/// Gap before a call that a tool's result caused, in seconds.
pub(crate) const DEVELOPER_TOOL_GAP_SECONDS: Quantiles = of(
    30_264,
    [0.7, 2.7, 3.4, 4.6, 6.8, 11.6, 24.7, 42.8, 189.2, 1_468.3],
);
/// Time between a developer's sittings, in seconds.
pub(crate) const DEVELOPER_REST_SECONDS: Quantiles = of(
    447,
    [
        1_857.0,
        2_112.0,
        2_375.0,
        3_236.0,
        7_687.5,
        40_451.0,
        79_077.0,
        182_126.0,
        421_161.0,
        7_285_438.0,
    ],
);
/// Number of models a developer uses.
pub(crate) const DEVELOPER_MODELS: Quantiles =
    of(12, [1.0, 1.0, 1.1, 2.0, 2.0, 3.25, 4.0, 4.0, 4.0, 4.0]);
/// A developer's model switches per 100 calls.
pub(crate) const DEVELOPER_SWITCHES_PERCENT: Quantiles = of(
    12,
    [0.0, 0.0, 0.0, 0.04, 0.22, 1.54, 3.27, 4.47, 5.61, 5.89],
);
/// Share of a developer's calls that go to a new model in the day after its first use.
pub(crate) const DEVELOPER_NEW_MODEL_SHARE: Quantiles =
    of(9, [0.45, 0.63, 0.82, 0.99, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
/// Output tokens of an answer to a developer's agent.
pub(crate) const DEVELOPER_OUTPUT_TOKENS: Quantiles = of(
    32_710,
    [
        7.0, 9.0, 11.0, 37.0, 82.0, 236.0, 532.0, 860.0, 2_104.0, 19_805.0,
    ],
);

/// Requests per day of the heaviest benign user known: the eight days for which single figures are known.
pub(crate) const HEAVY_PER_DAY: Quantiles = of(
    8,
    [
        567.0, 567.0, 567.0, 1_659.0, 2_143.0, 2_900.0, 3_335.0, 3_339.0, 3_342.0, 3_343.0,
    ],
);
/// Factor by which a heavy user's parallel agents shorten the gaps; keeps 86 requests in a minute possible.
pub(crate) const HEAVY_GAP_FACTOR: f64 = 0.4;

/// Coefficient of variation of a tenant's gaps within a window. The trace's largest value, 102, is a single tenant and
/// is left out.
pub(crate) const TENANT_GAP_VARIATION: Quantiles = of(
    284,
    [0.38, 0.79, 0.94, 1.04, 1.36, 2.58, 6.76, 10.1, 16.1, 20.0],
);
/// Active hours of the day of a tenant that is not always on.
pub(crate) const TENANT_HOURS: Quantiles = of(
    313,
    [1.0, 1.3, 1.8, 3.0, 10.0, 22.8, 23.8, 24.0, 24.0, 24.0],
);
/// Requests per day of the traced tenants, who are the heaviest there are. No trace covers light tenants, so scenarios
/// set the range of rates and this table is only shown for comparison.
pub(crate) const TENANT_PER_DAY: Quantiles = of(
    313,
    [
        386.5,
        657.3,
        1_147.6,
        5_722.4,
        38_179.4,
        243_715.0,
        1_152_108.0,
        3_382_448.0,
        10_708_287.0,
        80_861_914.0,
    ],
);
/// Share of the tenants active in at least 95% of all hours; the upper end of [`TENANT_HOURS`].
pub(crate) const TENANT_ALWAYS_ON: Share = share(0.265, 313);
/// Share of the tenants whose gaps are nearly equal.
pub(crate) const TENANT_PERIODIC: Share = share(0.018, 284);
/// Share of the tenants with half of their inputs within 5% of one length.
pub(crate) const TENANT_ONE_LENGTH: Share = share(0.283, 258);

#[cfg(test)]
mod tests {
    use super::CONSUMER_PER_DAY;

    #[test]
    fn draws_meet_the_quantiles_and_stay_within_them() {
        let close = |p: f64, value: f64| (CONSUMER_PER_DAY.at(p) - value).abs() < 1e-9;
        assert!(close(0.5, 2.0) && close(0.9, 8.0) && close(1.0, 230.0));
        assert!(close(0.0, 1.0) && close(0.625, 3.0));
        let mut last = 0.0;
        for step in 0..=1_000 {
            let value = CONSUMER_PER_DAY.at(f64::from(step) / 1_000.0);
            assert!((last..=230.0).contains(&value));
            last = value;
        }
    }
}
