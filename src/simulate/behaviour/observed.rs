//! Behaviour measured from one client's times and models, by the same definitions as the traces.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Timestamp;

/// The part of an exchange that describes its account's behaviour.
pub(crate) struct Moment {
    pub(crate) time: Timestamp,
    /// Position among the plan's models.
    pub(crate) model: usize,
}

const DAY_SECONDS: f64 = 86_400.0;
const HOUR_SECONDS: f64 = 3_600.0;

/// Longest gap in seconds that counts as a gap within a session.
const SESSION_GAP_SECONDS: f64 = 1_800.0;

/// An account's exchanges in time order.
pub(crate) struct Behaviour {
    seconds: Vec<f64>,
    models: Vec<usize>,
}

impl Behaviour {
    pub(crate) fn of(moments: impl Iterator<Item = Moment>) -> Self {
        let (seconds, models) = moments
            .map(|moment| (moment.time.as_seconds(), moment.model))
            .unzip();
        Self { seconds, models }
    }

    /// Returns the number of exchanges.
    pub(crate) fn exchanges(&self) -> usize {
        self.seconds.len()
    }

    /// Returns the number of exchanges on each active day. A day ends in the middle of the client's night, not at
    /// midnight UTC.
    pub(crate) fn days(&self) -> Vec<f64> {
        let (begin, length) = self.night();
        let turn = (begin as f64 + length as f64 / 2.0) * HOUR_SECONDS;
        let mut days = BTreeMap::<i64, f64>::new();
        for second in &self.seconds {
            let day = ((second - turn) / DAY_SECONDS).floor() as i64;
            *days.entry(day).or_default() += 1.0;
        }
        days.into_values().collect()
    }

    /// Returns the number of gaps within sessions.
    pub(crate) fn session_gaps(&self) -> usize {
        self.gaps()
            .filter(|gap| *gap <= SESSION_GAP_SECONDS)
            .count()
    }

    /// Returns the coefficient of variation of the gaps within sessions; `None` for fewer than three gaps.
    pub(crate) fn session_variation(&self) -> Option<f64> {
        let gaps = self.gaps().filter(|gap| *gap <= SESSION_GAP_SECONDS);
        variation(&gaps.collect::<Vec<_>>())
    }

    /// Returns the coefficient of variation of the gaps within working days; `None` for fewer than three gaps.
    pub(crate) fn working_variation(&self) -> Option<f64> {
        let (_, night) = self.night();
        let overnight = if night > 0 {
            night as f64 * HOUR_SECONDS
        } else {
            f64::INFINITY
        };
        let gaps = self.gaps().filter(|gap| *gap < overnight);
        variation(&gaps.collect::<Vec<_>>())
    }

    fn gaps(&self) -> impl Iterator<Item = f64> {
        self.seconds.windows(2).map(|pair| pair[1] - pair[0])
    }

    /// Returns the number of distinct hours with at least one exchange.
    pub(crate) fn hours(&self) -> usize {
        let hours = self.seconds.iter().map(|s| (s / HOUR_SECONDS) as i64);
        hours.collect::<BTreeSet<_>>().len()
    }

    /// Returns the length of the longest run of hours of the day without any exchange; a run may span midnight.
    pub(crate) fn night_hours(&self) -> usize {
        self.night().1
    }

    /// Returns the start and the length of the night, in hours.
    fn night(&self) -> (usize, usize) {
        let mut seen = [false; 24];
        for second in &self.seconds {
            seen[(second.rem_euclid(DAY_SECONDS) / HOUR_SECONDS) as usize % 24] = true;
        }
        let quiet = |begin: usize| (0..24).take_while(|h| !seen[(begin + h) % 24]).count();
        let nights = (0..24).map(|begin| (begin, quiet(begin)));
        nights.max_by_key(|(_, length)| *length).unwrap_or((0, 0))
    }

    /// Returns the number of models used.
    pub(crate) fn models(&self) -> usize {
        self.models.iter().collect::<BTreeSet<_>>().len()
    }

    /// Returns the changes of model per 100 exchanges.
    pub(crate) fn switches_percent(&self) -> f64 {
        let pairs = self.models.windows(2);
        let switches = pairs.filter(|pair| pair[0] != pair[1]).count();
        100.0 * switches as f64 / (self.models.len().max(2) - 1) as f64
    }

    /// Returns the share of the exchanges that go to the newest model in the day after its first use; `None` unless
    /// that first use was after the client's own first day.
    pub(crate) fn new_model_share(&self) -> Option<f64> {
        let newest = *self.models.iter().max()?;
        let first = self.models.iter().position(|model| *model == newest)?;
        let since = self.seconds[first];
        if since - self.seconds[0] < DAY_SECONDS {
            return None;
        }
        let day = self.seconds[first..]
            .iter()
            .take_while(|second| **second < since + DAY_SECONDS);
        let day = &self.models[first..first + day.count()];
        let own = day.iter().filter(|model| **model == newest).count();
        Some(own as f64 / day.len() as f64)
    }
}

fn variation(values: &[f64]) -> Option<f64> {
    if values.len() < 3 {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some((squares / count).sqrt() / mean)
}

/// Returns the largest share of `lengths` within 5% of one of them.
pub(crate) fn one_length_share(mut lengths: Vec<f64>) -> f64 {
    lengths.sort_by(f64::total_cmp);
    let within = lengths.iter().map(|centre| {
        let below = lengths.partition_point(|length| *length < 0.95 * centre);
        lengths.partition_point(|length| *length <= 1.05 * centre) - below
    });
    within.max().unwrap_or(0) as f64 / lengths.len().max(1) as f64
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "worked by hand, exact in binary")]
mod tests {
    use super::{Behaviour, Moment, one_length_share};
    use crate::domain::Timestamp;

    fn behaviour(exchanges: &[(f64, usize)]) -> Behaviour {
        Behaviour::of(exchanges.iter().map(|(hours, model)| Moment {
            time: Timestamp::from_micros((hours * 3.6e9) as i64),
            model: *model,
        }))
    }

    #[test]
    fn a_day_worked_by_hand() {
        // Active at 22, 23, 0 and 1 o'clock: the night is 2 to 22 and one evening is one day.
        let seen = behaviour(&[(22.5, 0), (23.5, 0), (24.5, 1), (25.5, 0), (46.5, 0)]);
        assert_eq!(seen.night_hours(), 20);
        assert_eq!(seen.days(), [4.0, 1.0]);
        assert_eq!(seen.hours(), 5);
        assert_eq!((seen.models(), seen.switches_percent()), (2, 50.0));
        assert_eq!(seen.session_variation(), None);
        assert_eq!(seen.working_variation(), Some(0.0));
        assert_eq!(seen.new_model_share(), None);
    }

    #[test]
    fn a_new_model_counts_for_a_day() {
        let seen = behaviour(&[
            (0.0, 0),
            (30.0, 1),
            (31.0, 0),
            (32.0, 1),
            (33.0, 1),
            (60.0, 0),
        ]);
        assert_eq!(seen.new_model_share(), Some(0.75));
    }

    #[test]
    fn gaps_of_one_and_three_vary_by_half() {
        let seen = behaviour(&[(0.0, 0), (0.1, 0), (0.4, 0), (0.5, 0), (0.8, 0)]);
        let variation = seen.session_variation().expect("four gaps");
        assert!((variation - 0.5).abs() < 1e-9);
    }

    #[test]
    fn lengths_near_one_another_are_counted() {
        assert_eq!(
            one_length_share(vec![100.0, 300.0, 104.0, 96.0, 500.0]),
            0.6
        );
        assert_eq!(one_length_share(vec![]), 0.0);
    }
}
