//! Request rate: the rate limit that most gateways have today.
//!
//! The busiest window of a fixed length in the account's history, or the mean rate over it. There is no paper; the
//! method is in the design notes of every rate limiter.

use super::Baseline;
use super::step::Step;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// The request rate of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rate {
    /// Most requests within any window of this length.
    Busiest {
        /// Length of the window.
        seconds: f64,
    },
    /// Requests per day over the history so far, which counts as at least one hour.
    Mean,
}

impl Rate {
    /// The forms that the training stream chooses among.
    pub(super) const CHOICES: [Self; 3] = [
        Self::Busiest { seconds: DAY },
        Self::Busiest { seconds: HOUR },
        Self::Mean,
    ];
}

impl Baseline for Rate {
    fn name(&self) -> &'static str {
        "request rate"
    }

    fn form(&self) -> String {
        match self {
            Self::Busiest { seconds } => format!("busiest {} hours", seconds / HOUR),
            Self::Mean => "mean of the life so far".to_owned(),
        }
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let mut times: Vec<f64> = steps.iter().map(|step| step.time.as_seconds()).collect();
        times.sort_by(f64::total_cmp);
        match self {
            Self::Busiest { seconds } => busiest(&times, *seconds) as f64,
            Self::Mean => mean(&times),
        }
    }
}

/// Returns the largest number of the ascending `times` within one window, both ends included.
fn busiest(times: &[f64], seconds: f64) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, time) in times.iter().enumerate() {
        while time - times[first] > seconds {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

fn mean(times: &[f64]) -> f64 {
    match times {
        [] => 0.0,
        [first, .., last] => times.len() as f64 * DAY / (last - first).max(HOUR),
        [_] => DAY / HOUR,
    }
}

#[cfg(test)]
mod tests {
    use super::{busiest, mean};
    use proptest::prelude::*;

    #[test]
    fn a_hand_worked_day() {
        // Three within one hour (0, 1,800, 3,600), two in the next hour and a half.
        let times = [0.0, 1_800.0, 3_600.0, 7_000.0, 9_000.0];
        assert_eq!(busiest(&times, 3_600.0), 3);
        assert_eq!(busiest(&times, 86_400.0), 5);
        assert_eq!(busiest(&[], 60.0), 0);
        // Five in 9,000 seconds are 48 a day; a single request counts as one in an hour.
        assert!((mean(&times) - 48.0).abs() < 1e-9);
        assert!((mean(&[5.0]) - 24.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_longer_span_or_history_is_never_quieter(
            mut times in prop::collection::vec(0.0_f64..1e6, 1..60),
            seconds in 1.0_f64..1e5,
        ) {
            times.sort_by(f64::total_cmp);
            let most = busiest(&times, seconds);
            prop_assert!((1..=times.len()).contains(&most));
            prop_assert!(busiest(&times, seconds * 2.0) >= most);
            prop_assert!(busiest(&times[..times.len() / 2], seconds) <= most);
        }
    }
}
