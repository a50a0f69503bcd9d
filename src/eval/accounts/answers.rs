//! Counts of per-exchange assessments: how often each technique was the likeliest, by risk.
//!
//! Risks are kept in narrow bins of log-odds, so that a threshold can be set after the stream has ended without
//! keeping its exchanges.

use crate::domain::{Risk, Technique};

/// Bins per unit of log-odds.
const PER_UNIT: f64 = 4.0;

/// Absolute log-odds beyond which risks share a bin.
const OUTERMOST: f64 = 12.0;

/// A bin of conversation risk; larger is riskier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RiskBin(i8);

impl RiskBin {
    /// Below every bin.
    pub(super) const LOWEST: Self = Self(i8::MIN);

    fn of(risk: Risk) -> Self {
        let odds = risk.value() / (1.0 - risk.value());
        let log_odds = odds.ln().clamp(-OUTERMOST, OUTERMOST);
        Self((log_odds * PER_UNIT).floor() as i8)
    }

    /// Returns the lower end of the bin.
    pub fn risk(self) -> Risk {
        Risk::from_logit(f64::from(self.0) / PER_UNIT)
    }
}

/// Number of exchanges with the same risk bin and technique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerCount {
    /// Risk bin of the conversation.
    pub bin: RiskBin,
    /// The account's likeliest technique at that exchange.
    pub technique: Option<Technique>,
    /// Number of exchanges.
    pub exchanges: u64,
}

/// Counts over exchanges that share one label.
///
/// Bounded: one entry for each bin and technique that occurred, never more than exchanges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerCounts {
    entries: Vec<AnswerCount>,
}

impl AnswerCounts {
    pub(super) fn add(&mut self, technique: Option<Technique>, risk: Risk) {
        let bin = RiskBin::of(risk);
        let index = self
            .entries
            .binary_search_by(|entry| (entry.bin, entry.technique).cmp(&(bin, technique)));
        match index {
            Ok(index) => self.entries[index].exchanges += 1,
            Err(index) => self.entries.insert(
                index,
                AnswerCount {
                    bin,
                    technique,
                    exchanges: 1,
                },
            ),
        }
    }

    /// Returns the total number of exchanges.
    pub fn exchanges(&self) -> u64 {
        self.entries.iter().map(|entry| entry.exchanges).sum()
    }

    /// Returns the counts, from the lowest risk up.
    pub fn entries(&self) -> &[AnswerCount] {
        &self.entries
    }
}

/// Returns the lowest bin above which at most a share `rate` of the exchanges of `answers` lie.
pub(super) fn bin_at<'a>(
    answers: impl IntoIterator<Item = &'a AnswerCounts>,
    rate: f64,
) -> RiskBin {
    let mut entries: Vec<AnswerCount> = answers
        .into_iter()
        .flat_map(|s| s.entries.clone())
        .collect();
    entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.bin));
    let all: u64 = entries.iter().map(|entry| entry.exchanges).sum();
    let allowed = rate * all as f64 + 1e-9;
    let mut above = 0;
    for entry in &entries {
        above += entry.exchanges;
        if above as f64 > allowed {
            return entry.bin;
        }
    }
    RiskBin::LOWEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers(risks: &[f64]) -> AnswerCounts {
        let mut answers = AnswerCounts::default();
        for risk in risks {
            answers.add(None, Risk::new(*risk).unwrap());
        }
        answers
    }

    #[test]
    fn the_threshold_leaves_so_many_above() {
        // Ten exchanges far apart: one in five may lie above, so the third from the top is the threshold.
        let risks = [0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0];
        let answers = answers(&risks);
        assert_eq!(answers.exchanges(), 10);
        let bin = bin_at([&answers], 0.2);
        let above = answers.entries().iter().filter(|entry| entry.bin > bin);
        assert_eq!(above.map(|entry| entry.exchanges).sum::<u64>(), 2);
        assert_eq!(bin_at([&answers], 1.0), RiskBin::LOWEST);
        assert_eq!(bin_at([], 0.5), RiskBin::LOWEST);
    }

    proptest! {
        #[test]
        fn never_more_above_than_allowed(
            risks in prop::collection::vec(0.0_f64..=1.0, 1..80),
            rate in 0.0_f64..=1.0,
        ) {
            let answers = answers(&risks);
            let bin = bin_at([&answers], rate);
            let count = |keep: fn(RiskBin, RiskBin) -> bool| -> u64 {
                let kept = answers.entries().iter().filter(|entry| keep(entry.bin, bin));
                kept.map(|entry| entry.exchanges).sum()
            };
            let allowed = rate * risks.len() as f64 + 1e-9;
            prop_assert!(count(|own, bin| own > bin) as f64 <= allowed);
            // A threshold one bin lower would let too many through.
            prop_assert!(bin == RiskBin::LOWEST || count(|own, bin| own >= bin) as f64 > allowed);
            for pair in answers.entries().windows(2) {
                prop_assert!(pair[0].bin <= pair[1].bin);
            }
        }
    }
}
