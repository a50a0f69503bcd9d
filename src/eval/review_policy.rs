//! What review policies would have asked on past traffic: several of them replayed side by side over the same answers.
//!
//! At the end of each day everybody in a policy's queue counts as reviewed, and is not asked about again: as if the
//! reviewers did the whole list and marked it. Knows answers and labels, never traffic.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::metrics::wilson;
use super::table::{Cell, Number, Style, Table};
use crate::domain::{
    AccountKey, Assessment, Band, Disposition, Label, MARK_MICROS_MAX, Mark, MarkChange,
    MarkSubject, Timestamp, Verdict,
};
use crate::policy::{Policy, PolicyMode, PolicySettings, ReviewFrom, Standing, Templates};
use crate::privacy::PseudonymKey;

/// Budgets that are compared, in reviews a day.
const BUDGETS: [u32; 6] = [5, 10, 20, 50, 100, 200];
/// Fewest accounts for which a share is given.
const NEEDED: u64 = 20;
/// Share of reviews that should find extraction where nothing else is asked for: at the shipped bundle's aim, two in
/// five.
const PRECISION_MIN: f64 = 0.4;

/// One policy on the traffic.
struct Run {
    settings: PolicySettings,
    policy: Policy,
    reviewed: BTreeMap<AccountKey, i64>,
}

/// What is known of one account.
struct Seen {
    key: AccountKey,
    verdict: Option<Verdict>,
    highest: Band,
}

/// Policies replayed side by side.
pub(crate) struct PolicyReplay {
    key: PseudonymKey,
    runs: Vec<Run>,
    accounts: HashMap<String, Seen>,
    truth: HashMap<String, Verdict>,
    days: BTreeSet<i64>,
}

/// How one policy did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PolicyOutcome {
    /// The policy.
    pub settings: PolicySettings,
    /// Accounts put before a reviewer.
    pub reviewed: u64,
    /// Of them, those labeled extraction.
    pub extracting_reviewed: u64,
    /// Of them, those labeled benign.
    pub benign_reviewed: u64,
    /// Most reviews on one day.
    pub busiest_day: u64,
}

/// All outcomes, with the numbers of accounts they are shares of.
pub(crate) struct PolicyComparison {
    outcomes: Vec<PolicyOutcome>,
    extracting: u64,
    benign: u64,
    days: u64,
    /// Accounts by the highest band reached, and how many of them each policy puts up.
    by_band: Vec<(Band, u64, Vec<u64>)>,
}

impl PolicyReplay {
    /// Prepares the budgets that are compared, `also` among them, each from either operating point, and the thresholds.
    pub(crate) fn new(truth: &[Label], also: Option<u32>) -> Self {
        let mut budgets: Vec<u32> = BUDGETS.into_iter().chain(also).collect();
        budgets.sort_unstable();
        budgets.dedup();
        let mut all = Vec::new();
        for review_from in [ReviewFrom::Review, ReviewFrom::Watch] {
            all.extend(budgets.iter().map(|&reviews_per_day| PolicySettings {
                mode: PolicyMode::Budget,
                reviews_per_day,
                review_from,
            }));
        }
        all.push(PolicySettings {
            mode: PolicyMode::Thresholds,
            ..PolicySettings::default()
        });
        let of_accounts = truth.iter().filter(|label| label.conversation.is_none());
        Self {
            key: PseudonymKey::offline(),
            runs: all.into_iter().map(Run::new).collect(),
            accounts: HashMap::new(),
            truth: of_accounts
                .map(|label| (label.account.clone(), label.verdict))
                .collect(),
            days: BTreeSet::new(),
        }
    }

    /// Takes the next answer of an engine without a policy. Repeats are left out.
    pub(crate) fn add(&mut self, assessment: &Assessment) {
        if assessment.duplicate {
            return;
        }
        if !self.accounts.contains_key(&assessment.account) {
            let seen = Seen {
                key: self.key.account(&assessment.account),
                verdict: self.truth.get(&assessment.account).copied(),
                highest: Band::Insufficient,
            };
            self.accounts.insert(assessment.account.clone(), seen);
        }
        let Some(seen) = self.accounts.get_mut(&assessment.account) else {
            return;
        };
        seen.highest = seen.highest.max(assessment.band);
        self.days.insert(assessment.time.day());
        let standing = Standing {
            account: seen.key,
            time: assessment.time,
            score: assessment.score,
            advice: assessment.recommendation,
            templates: Templates::default(),
        };
        for run in &mut self.runs {
            run.add(&standing);
        }
    }

    /// Reviews the last day's lists and compares.
    pub(crate) fn finish(mut self) -> PolicyComparison {
        for run in &mut self.runs {
            run.review();
        }
        let verdicts: HashMap<AccountKey, Verdict> = self
            .accounts
            .values()
            .filter_map(|seen| Some((seen.key, seen.verdict?)))
            .collect();
        let count = |verdict| verdicts.values().filter(|own| **own == verdict).count() as u64;
        let by_band = Band::ALL.iter().map(|&band| {
            let own: Vec<AccountKey> = self
                .accounts
                .values()
                .filter(|seen| seen.highest == band)
                .map(|seen| seen.key)
                .collect();
            let of = |run: &Run| {
                own.iter()
                    .filter(|key| run.reviewed.contains_key(key))
                    .count()
            };
            let reviewed = self.runs.iter().map(|run| of(run) as u64).collect();
            (band, own.len() as u64, reviewed)
        });
        PolicyComparison {
            outcomes: self.runs.iter().map(|run| run.outcome(&verdicts)).collect(),
            extracting: count(Verdict::Extraction),
            benign: count(Verdict::Benign),
            days: self.days.len() as u64,
            by_band: by_band.collect(),
        }
    }
}

impl Run {
    fn new(settings: PolicySettings) -> Self {
        Self {
            settings,
            policy: Policy::new(settings),
            reviewed: BTreeMap::new(),
        }
    }

    fn add(&mut self, standing: &Standing) {
        let today = self.policy.state().as_of.map(Timestamp::day);
        if today.is_some_and(|today| standing.time.day() > today) {
            self.review();
        }
        self.policy.update(standing);
    }

    /// Reviews everybody in the queue.
    fn review(&mut self) {
        let Some(now) = self.policy.state().as_of else {
            return;
        };
        for queued in self.policy.queued(None, usize::MAX) {
            let account = queued.rank.account();
            self.reviewed.insert(account, now.day());
            let mark = MarkChange::Made(Mark {
                subject: MarkSubject::Account(account),
                disposition: Disposition::Inconclusive,
                reason: String::new(),
                reviewer: String::new(),
                made_at: now,
                expires_at: now.plus_micros(MARK_MICROS_MAX),
                review_at: Some(now),
            });
            if self.policy.apply(mark).is_err() {
                // At the bound of marks the account may be asked about again, which changes nothing here: it is in
                // `reviewed` once.
                break;
            }
        }
    }

    fn outcome(&self, verdicts: &HashMap<AccountKey, Verdict>) -> PolicyOutcome {
        let of = |verdict| {
            let own = self.reviewed.keys();
            own.filter(|key| verdicts.get(key) == Some(&verdict))
                .count() as u64
        };
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for day in self.reviewed.values() {
            *days.entry(*day).or_default() += 1;
        }
        PolicyOutcome {
            settings: self.settings,
            reviewed: self.reviewed.len() as u64,
            extracting_reviewed: of(Verdict::Extraction),
            benign_reviewed: of(Verdict::Benign),
            busiest_day: days.values().copied().max().unwrap_or(0),
        }
    }
}

impl PolicyComparison {
    /// Returns whether any account has a label.
    pub(crate) const fn is_labeled(&self) -> bool {
        self.extracting + self.benign > 0
    }

    /// Chooses a policy: the budget that `reviews_per_day` states; or that with the highest recall of those whose share
    /// of honest accounts reviewed is at most `max_fpr` at the upper end of its interval; or, with labels and neither,
    /// that with the highest recall of those of which two reviews in five find extraction; or else the default.
    ///
    /// `None` if no policy holds `max_fpr`.
    pub(crate) fn choose(
        &self,
        reviews_per_day: Option<u32>,
        max_fpr: Option<f64>,
    ) -> Option<PolicySettings> {
        let default = PolicySettings::default();
        if let Some(reviews_per_day) = reviews_per_day {
            return Some(PolicySettings {
                reviews_per_day,
                ..default
            });
        }
        let holds = |outcome: &&PolicyOutcome| {
            if let Some(rate) = max_fpr {
                let honest = wilson(outcome.benign_reviewed, self.benign);
                honest.is_some_and(|interval| interval.high <= rate)
            } else {
                let labeled = outcome.extracting_reviewed + outcome.benign_reviewed;
                labeled > 0 && outcome.extracting_reviewed as f64 >= PRECISION_MIN * labeled as f64
            }
        };
        let best = self.outcomes.iter().filter(holds).max_by(|a, b| {
            let most = a.extracting_reviewed.cmp(&b.extracting_reviewed);
            // Of equal recall, the fewer reviews.
            most.then(b.reviewed.cmp(&a.reviewed))
        });
        match (best, max_fpr) {
            (Some(best), _) => Some(best.settings),
            (None, Some(_)) => None,
            (None, None) => Some(default),
        }
    }

    /// Returns the trade-off, one policy a row.
    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut columns = vec!["policy", "reviewed", "reviews a day", "busiest day"];
        if self.is_labeled() {
            columns.extend(["precision", "recall", "honest accounts reviewed"]);
        }
        let mut table = Table::new(
            format!(
                "Review policies over {} days, everybody asked about reviewed at the end of the day (Wilson intervals \
                 by account)",
                self.days
            ),
            columns,
        )
        .keyed("policy", 1);
        for outcome in &self.outcomes {
            let a_day = outcome.reviewed as f64 / self.days.max(1) as f64;
            let mut row = vec![
                Cell::text(name(outcome.settings)),
                Cell::Count(outcome.reviewed),
                Cell::Number(Number::new(a_day, Style::Decimal(1))),
                Cell::Count(outcome.busiest_day),
            ];
            if self.is_labeled() {
                let labeled = outcome.extracting_reviewed + outcome.benign_reviewed;
                row.push(share(outcome.extracting_reviewed, labeled, 1));
                row.push(share(outcome.extracting_reviewed, self.extracting, 1));
                row.push(share(outcome.benign_reviewed, self.benign, 2));
            }
            table.push(row);
        }
        vec![table, self.bands()]
    }

    /// Returns how many accounts of each band every policy would put up.
    fn bands(&self) -> Table {
        let mut columns = vec!["highest band".to_owned(), "accounts".to_owned()];
        columns.extend(self.outcomes.iter().map(|outcome| name(outcome.settings)));
        let mut table = Table::new("Accounts that would be reviewed, by highest band", columns)
            .keyed("policy bands", 1);
        for (band, accounts, reviewed) in &self.by_band {
            let mut row = vec![Cell::text(band.name()), Cell::Count(*accounts)];
            row.extend(reviewed.iter().map(|count| Cell::Count(*count)));
            table.push(row);
        }
        table
    }
}

fn name(settings: PolicySettings) -> String {
    let from = match settings.review_from {
        ReviewFrom::Review => "",
        ReviewFrom::Watch => " from watch",
    };
    match settings.mode {
        PolicyMode::Thresholds => "thresholds".to_owned(),
        PolicyMode::Budget => format!("{}{from}", settings.reviews_per_day),
    }
}

fn share(hits: u64, n: u64, places: u8) -> Cell {
    let number = Number::new(hits as f64 / n as f64, Style::Percent(places)).of(n);
    match wilson(hits, n) {
        Some(interval) if n >= NEEDED => Cell::Number(number.within(interval)),
        _ => Cell::Insufficient { n },
    }
}
