//! A few moments of each labeled account, kept while its stream is scored.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    Assessment, Label, Recommendation, Risk, Technique, TechniqueRisk, Timestamp, Verdict,
};

/// Exchanges after which an account's standing is kept, besides its last.
pub const MARKS: [u64; 7] = [1, 5, 10, 25, 50, 100, 200];

/// How an account stood after one of its exchanges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checkpoint {
    /// Exchanges of the account in the stream so far, this one included.
    pub seen: u64,
    /// Calibrated risk.
    pub risk: Risk,
    /// Log-odds before calibration: what the operating points are set on, and what ranks accounts.
    pub score: f64,
    /// What the gateway was advised to do.
    pub recommendation: Recommendation,
}

/// What is remembered of one labeled account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountTrail {
    /// The truth about it.
    pub label: Label,
    /// How it stood at the [`MARKS`] that it reached, in their order.
    pub checkpoints: Vec<Checkpoint>,
    /// How it stood after its last exchange.
    pub last: Checkpoint,
    /// The likeliest of the four techniques that show in a conversation, after its last exchange.
    pub technique: Option<TechniqueRisk>,
    /// Exchange at which the recommendation first reached `review`.
    pub first_review: Option<u64>,
    /// Exchange at which the recommendation first reached `restrict`.
    pub first_restrict: Option<u64>,
    /// Of an extracting account, exchanges up to and including the first review of any account of its
    /// campaign (of itself, without one): what was answered before anybody looked. All of them when nobody
    /// did; 0 for benign accounts.
    pub unnoticed: u64,
    /// Time of its earliest exchange.
    pub from: Timestamp,
    /// Time of its latest exchange.
    pub to: Timestamp,
}

impl AccountTrail {
    fn new(label: Label, assessment: &Assessment) -> Self {
        Self {
            label,
            checkpoints: Vec::with_capacity(MARKS.len()),
            last: Checkpoint::of(assessment, 0),
            technique: None,
            first_review: None,
            first_restrict: None,
            unnoticed: 0,
            from: assessment.time,
            to: assessment.time,
        }
    }

    fn add(&mut self, assessment: &Assessment) {
        // Counted here: an engine that had to forget the account starts again from one.
        self.last = Checkpoint::of(assessment, self.last.seen + 1);
        let Checkpoint {
            seen,
            recommendation,
            ..
        } = self.last;
        if MARKS.contains(&seen) {
            self.checkpoints.push(self.last);
        }
        if recommendation >= Recommendation::Review {
            self.first_review.get_or_insert(seen);
        }
        if recommendation >= Recommendation::Restrict {
            self.first_restrict.get_or_insert(seen);
        }
        self.technique = likeliest(&assessment.techniques);
        self.from = self.from.min(assessment.time);
        self.to = self.to.max(assessment.time);
    }

    /// Exchanges in the stream; at least one.
    pub const fn exchanges(&self) -> u64 {
        self.last.seen
    }

    /// How it stood after exactly `seen` exchanges, if that is one of the [`MARKS`] and it reached it.
    pub fn after(&self, seen: u64) -> Option<Checkpoint> {
        self.checkpoints
            .iter()
            .copied()
            .find(|checkpoint| checkpoint.seen == seen)
    }

    /// Whether it is labeled as extraction.
    pub fn extraction(&self) -> bool {
        self.label.verdict == Verdict::Extraction
    }

    /// The application or pipeline behind it, the account itself where the label names none: the unit of
    /// resampling.
    pub fn application(&self) -> &str {
        let Label {
            account,
            application,
            ..
        } = &self.label;
        application.as_deref().unwrap_or(account)
    }

    /// Its campaign, the account itself where the label names none.
    pub fn campaign(&self) -> &str {
        let Label {
            account, campaign, ..
        } = &self.label;
        campaign.as_deref().unwrap_or(account)
    }

    /// Days from its first to its last exchange.
    pub fn days(&self) -> f64 {
        self.to.seconds_since(self.from) / 86_400.0
    }
}

impl Checkpoint {
    const fn of(assessment: &Assessment, seen: u64) -> Self {
        Self {
            seen,
            risk: assessment.risk,
            score: assessment.score,
            recommendation: assessment.recommendation,
        }
    }
}

/// Techniques that show in what a conversation asks for; the others are about how an account behaves.
pub(super) const CONVERSATION: [Technique; 4] = [
    Technique::ReasoningHarvest,
    Technique::RewardModelHarvest,
    Technique::TrajectoryHarvest,
    Technique::DatasetSynthesis,
];

/// The largest risk among [`CONVERSATION`], the earlier technique on a tie.
fn likeliest(techniques: &[TechniqueRisk]) -> Option<TechniqueRisk> {
    let mut best: Option<TechniqueRisk> = None;
    for &candidate in techniques {
        let better = best.is_none_or(|best| candidate.risk > best.risk);
        if better && CONVERSATION.contains(&candidate.technique) {
            best = Some(candidate);
        }
    }
    best
}

/// The trails of a stream, with what was read and not judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// One for each labeled account with an exchange, by name.
    pub trails: Vec<AccountTrail>,
    /// Labeled accounts without an exchange.
    pub silent: u64,
    /// Labels of single conversations, which say nothing about their account.
    pub conversation_labels: u64,
    /// Labels that a later one of the same account replaced.
    pub replaced_labels: u64,
    /// Accounts without a label, as the engine first met them.
    pub unlabeled_accounts: u64,
    /// Exchanges of accounts without a label.
    pub unlabeled_exchanges: u64,
    /// Exchanges earlier than the one before them, whatever its account. Above zero, what a campaign got
    /// before its first review is counted in the order of the log and not of time.
    pub backwards: u64,
}

/// Collects trails from assessments in the order of the stream.
///
/// Bound: one trail for each labeled account; accounts without a label are only counted.
pub struct Trails {
    /// Of accounts without an exchange so far.
    waiting: BTreeMap<String, Label>,
    begun: BTreeMap<String, AccountTrail>,
    /// Campaigns with a review.
    noticed: BTreeSet<String>,
    latest: Option<Timestamp>,
    collected: Collected,
}

impl Trails {
    /// A collector for these accounts. The last of several labels of one account counts.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        let mut trails = Self {
            waiting: BTreeMap::new(),
            begun: BTreeMap::new(),
            noticed: BTreeSet::new(),
            latest: None,
            collected: Collected::default(),
        };
        for label in labels {
            if label.conversation.is_some() {
                trails.collected.conversation_labels += 1;
            } else if trails
                .waiting
                .insert(label.account.clone(), label)
                .is_some()
            {
                trails.collected.replaced_labels += 1;
            }
        }
        trails
    }

    /// Adds what the engine said of the stream's next exchange.
    pub fn add(&mut self, assessment: &Assessment) {
        if self.latest.is_some_and(|latest| assessment.time < latest) {
            self.collected.backwards += 1;
        }
        self.latest = Some(assessment.time);
        let Some(trail) = trail(&mut self.waiting, &mut self.begun, assessment) else {
            self.collected.unlabeled_exchanges += 1;
            self.collected.unlabeled_accounts += u64::from(assessment.seen == 1);
            return;
        };
        trail.add(assessment);
        if trail.extraction() && !self.noticed.contains(trail.campaign()) {
            trail.unnoticed += 1;
            if trail.first_review.is_some() {
                self.noticed.insert(trail.campaign().to_owned());
            }
        }
    }

    /// The trails, by account.
    pub fn finish(self) -> Collected {
        Collected {
            trails: self.begun.into_values().collect(),
            silent: self.waiting.len() as u64,
            ..self.collected
        }
    }
}

/// The trail of an assessment's account, begun if it has a label and no trail yet.
fn trail<'a>(
    waiting: &mut BTreeMap<String, Label>,
    begun: &'a mut BTreeMap<String, AccountTrail>,
    assessment: &Assessment,
) -> Option<&'a mut AccountTrail> {
    if let Some((account, label)) = waiting.remove_entry(&assessment.account) {
        begun.insert(account, AccountTrail::new(label, assessment));
    }
    begun.get_mut(&assessment.account)
}
