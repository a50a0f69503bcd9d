//! Collects the trails of labeled accounts while their stream is scored.

use std::collections::{BTreeMap, BTreeSet};

use super::trail::{AccountTrail, Step, likeliest};
use crate::domain::{Assessment, Label, Risk, Timestamp};
use crate::eval::accounts::answers::AnswerCounts;

/// The trail of a conversation that has a label of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationTrail {
    /// Its label.
    pub label: Label,
    /// Counts over its exchanges.
    pub answers: AnswerCounts,
}

/// The trails of a stream, with counts of what was read and not evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// One trail for each labeled account with an exchange, by name.
    pub trails: Vec<AccountTrail>,
    /// One trail for each labeled conversation with an exchange, by account and name.
    pub conversations: Vec<ConversationTrail>,
    /// Labeled accounts without an exchange.
    pub silent: u64,
    /// Labels of single conversations, which do not label their account.
    pub conversation_labels: u64,
    /// Labels that were replaced by a later one of the same account or conversation.
    pub replaced_labels: u64,
    /// Accounts without a label, counted at their first exchange in the engine.
    pub unlabeled_accounts: u64,
    /// Exchanges of accounts without a label.
    pub unlabeled_exchanges: u64,
    /// Exchanges earlier than the one before them, of any account. Above zero, the leaked shares of campaigns follow
    /// the order of the log, not of time.
    pub backwards: u64,
}

/// Collects trails from assessments in the order of the stream.
///
/// Bounded: one trail for each labeled account or conversation; accounts without a label are only counted.
pub struct Trails {
    /// Labels of accounts without an exchange so far.
    waiting: BTreeMap<String, Label>,
    begun: BTreeMap<String, AccountTrail>,
    /// By account, so that an exchange is looked up by borrowed names.
    conversations: BTreeMap<String, BTreeMap<String, ConversationTrail>>,
    /// Campaigns with a review.
    noticed: BTreeSet<String>,
    latest: Option<Timestamp>,
    collected: Collected,
}

impl Trails {
    /// Builds a collector for these accounts. The last of several labels of one account counts.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        let mut trails = Self {
            waiting: BTreeMap::new(),
            begun: BTreeMap::new(),
            conversations: BTreeMap::new(),
            noticed: BTreeSet::new(),
            latest: None,
            collected: Collected::default(),
        };
        for label in labels {
            let replaced = if let Some(conversation) = label.conversation.clone() {
                trails.collected.conversation_labels += 1;
                let own = trails.conversations.entry(label.account.clone());
                let answers = AnswerCounts::default();
                own.or_default()
                    .insert(conversation, ConversationTrail { label, answers })
                    .is_some()
            } else {
                trails
                    .waiting
                    .insert(label.account.clone(), label)
                    .is_some()
            };
            trails.collected.replaced_labels += u64::from(replaced);
        }
        trails
    }

    /// Adds the assessment of the stream's next exchange.
    pub fn add(&mut self, step: Step<'_>) {
        let assessment = step.assessment;
        if self.latest.is_some_and(|latest| assessment.time < latest) {
            self.collected.backwards += 1;
        }
        self.latest = Some(assessment.time);
        let technique = likeliest(&assessment.techniques).map(|likeliest| likeliest.technique);
        let risk = assessment.conversation_risk.unwrap_or(Risk::ZERO);
        let labeled_conversation = self.conversation(step).map(|conversation| {
            conversation.answers.add(technique, risk);
        });
        let Some(trail) = trail(&mut self.waiting, &mut self.begun, assessment) else {
            self.collected.unlabeled_exchanges += 1;
            self.collected.unlabeled_accounts += u64::from(assessment.seen == 1);
            return;
        };
        trail.add(step);
        if labeled_conversation.is_none() {
            trail.answers.add(technique, risk);
        }
        if trail.extraction() && !self.noticed.contains(trail.campaign()) {
            trail.unnoticed.add(step);
            if trail.first_review.is_some() {
                self.noticed.insert(trail.campaign().to_owned());
            }
        }
    }

    fn conversation(&mut self, step: Step<'_>) -> Option<&mut ConversationTrail> {
        let own = self.conversations.get_mut(&step.assessment.account)?;
        own.get_mut(step.conversation?)
    }

    /// Returns the trails, by account.
    pub fn finish(self) -> Collected {
        Collected {
            trails: self.begun.into_values().collect(),
            conversations: self
                .conversations
                .into_values()
                .flat_map(BTreeMap::into_values)
                .filter(|conversation| conversation.answers.exchanges() > 0)
                .collect(),
            silent: self.waiting.len() as u64,
            ..self.collected
        }
    }
}

/// Returns the trail of an assessment's account, creating it if the account has a label and no trail yet.
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
