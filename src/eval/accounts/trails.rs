//! Collects the trails of labeled accounts while their stream is scored.

use std::collections::{BTreeMap, BTreeSet};

use super::trail::{AccountTrail, Step, likeliest};
use crate::domain::{Assessment, Label, Timestamp};
use crate::eval::accounts::answers::AnswerCounts;

/// What was answers of a conversation that has a label of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationTrail {
    /// The truth about it.
    pub label: Label,
    /// What was answers of its exchanges.
    pub answers: AnswerCounts,
}

/// The trails of a stream, with what was read and not judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// One for each labeled account with an exchange, by name.
    pub trails: Vec<AccountTrail>,
    /// One for each labeled conversation with an exchange, by account and name.
    pub conversations: Vec<ConversationTrail>,
    /// Labeled accounts without an exchange.
    pub silent: u64,
    /// Labels of single conversations, which say nothing about their account.
    pub conversation_labels: u64,
    /// Labels that a later one of the same account or conversation replaced.
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
/// Bound: one trail for each labeled account or conversation; accounts without a label are only counted.
pub struct Trails {
    /// Of accounts without an exchange so far.
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
    /// A collector for these accounts. The last of several labels of one account counts.
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

    /// Adds what the engine answers of the stream's next exchange.
    pub fn add(&mut self, step: Step<'_>) {
        let assessment = step.assessment;
        if self.latest.is_some_and(|latest| assessment.time < latest) {
            self.collected.backwards += 1;
        }
        self.latest = Some(assessment.time);
        let technique = likeliest(&assessment.techniques).map(|likeliest| likeliest.technique);
        let told = self.conversation(step).map(|conversation| {
            conversation
                .answers
                .add(technique, assessment.conversation_risk);
        });
        let Some(trail) = trail(&mut self.waiting, &mut self.begun, assessment) else {
            self.collected.unlabeled_exchanges += 1;
            self.collected.unlabeled_accounts += u64::from(assessment.seen == 1);
            return;
        };
        trail.add(step);
        if told.is_none() {
            trail.answers.add(technique, assessment.conversation_risk);
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

    /// The trails, by account.
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
