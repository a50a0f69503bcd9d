//! How honest clients behave, as quantiles of production traces (figures only; no trace is part of the project).
//!
//! Consumers: `GenTD26` users and Azure 2023 conversations. Developers: agent sessions of twelve developers and
//! Claude Code sessions. Tenants: `ServeGen` language tenants. Seconds, tokens, counts.

use super::dice::Dice;

/// The probabilities of a [`Quantiles`] row.
const PROBABILITIES: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// Values at [`PROBABILITIES`].
pub(super) struct Quantiles([f64; 10]);

impl Quantiles {
    /// Draws by the inverse of the distribution function, linear between the quantiles.
    pub(super) fn draw(&self, dice: &mut Dice) -> f64 {
        self.at(dice.unit())
    }

    fn at(&self, probability: f64) -> f64 {
        let Self(values) = self;
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

/// A consumer's requests in one session.
pub(super) const CONSUMER_SESSION_REQUESTS: Quantiles =
    Quantiles([1.0, 1.0, 1.0, 1.0, 2.0, 5.0, 9.0, 15.0, 35.0, 202.0]);
/// Between a consumer's requests in a session.
pub(super) const CONSUMER_GAP_SECONDS: Quantiles = Quantiles([
    1.0, 16.0, 26.0, 41.0, 67.0, 127.0, 271.0, 469.0, 1_169.0, 1_800.0,
]);
/// Between a consumer's sessions.
pub(super) const CONSUMER_REST_SECONDS: Quantiles = Quantiles([
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
]);
/// A consumer's switches of model, per 100 requests.
pub(super) const CONSUMER_SWITCHES_PERCENT: Quantiles =
    Quantiles([0.0, 0.0, 0.0, 11.6, 29.5, 45.5, 61.5, 72.1, 88.9, 100.0]);
/// Tokens written in answer to a consumer.
pub(super) const CONSUMER_OUTPUT_TOKENS: Quantiles = Quantiles([
    16.0, 41.0, 54.0, 85.0, 129.0, 395.0, 424.0, 451.0, 601.0, 1_000.0,
]);

/// Calls of a developer's agent in one sitting (one conversation).
pub(super) const DEVELOPER_SESSION_REQUESTS: Quantiles =
    Quantiles([3.0, 5.0, 7.0, 9.0, 14.0, 46.0, 103.0, 151.5, 250.0, 627.0]);
/// Calls that follow from one prompt of the developer.
pub(super) const DEVELOPER_CALLS_PER_PROMPT: Quantiles =
    Quantiles([1.0, 1.0, 2.0, 6.3, 11.7, 12.9, 15.1, 38.9, 61.9, 67.7]);
/// Before a call that the developer caused.
pub(super) const DEVELOPER_PROMPT_GAP_SECONDS: Quantiles = Quantiles([
    0.5, 4.8, 13.5, 38.8, 95.0, 240.0, 550.6, 882.3, 1_511.9, 1_799.3,
]);
/// Before a call that a tool's result caused.
pub(super) const DEVELOPER_TOOL_GAP_SECONDS: Quantiles =
    Quantiles([0.7, 2.7, 3.4, 4.6, 6.8, 11.6, 24.7, 42.8, 189.2, 1_468.3]);
/// Between a developer's sittings.
pub(super) const DEVELOPER_REST_SECONDS: Quantiles = Quantiles([
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
]);
/// Tokens written in answer to a developer's agent.
pub(super) const DEVELOPER_OUTPUT_TOKENS: Quantiles = Quantiles([
    7.0, 9.0, 11.0, 37.0, 82.0, 236.0, 532.0, 860.0, 2_104.0, 19_805.0,
]);

/// Coefficient of variation of a tenant's gaps within a window.
pub(super) const TENANT_GAP_VARIATION: Quantiles =
    Quantiles([0.02, 0.6, 0.9, 1.05, 1.36, 2.6, 6.8, 9.0, 16.0, 20.0]);
/// Share of tenants that are active in nearly every hour.
pub(super) const TENANT_ALWAYS_ON: f64 = 0.265;
/// Share of tenants whose gaps are nearly equal.
pub(super) const TENANT_PERIODIC: f64 = 0.018;

#[cfg(test)]
mod tests {
    use super::CONSUMER_GAP_SECONDS;

    #[test]
    fn draws_meet_the_quantiles_and_stay_within_them() {
        let close = |p: f64, value: f64| (CONSUMER_GAP_SECONDS.at(p) - value).abs() < 1e-9;
        assert!(close(0.5, 67.0) && close(0.9, 271.0) && close(1.0, 1_800.0));
        assert!(close(0.0, 1.0) && close(0.375, 54.0));
        let mut last = 0.0;
        for step in 0..=1_000 {
            let value = CONSUMER_GAP_SECONDS.at(f64::from(step) / 1_000.0);
            assert!((last..=1_800.0).contains(&value));
            last = value;
        }
    }
}
