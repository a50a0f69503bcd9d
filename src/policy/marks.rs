//! The current marks by subject, and which of them end next.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::decision::PolicyError;
use super::templates::Templates;
use crate::domain::{AccountKey, Mark, MarkSubject, Timestamp};

/// Maximum number of marks in force.
pub(super) const MARKS_MAX: usize = 100_000;

/// The marks in force, at most [`MARKS_MAX`].
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    by_subject: BTreeMap<MarkSubject, Mark>,
    by_end: BTreeSet<(Timestamp, MarkSubject)>,
}

impl Marks {
    /// Adds a mark. Returns whether it replaced one on the same subject.
    ///
    /// # Errors
    /// At the bound, unless it replaces one.
    pub(super) fn insert(&mut self, mark: Mark) -> Result<bool, PolicyError> {
        let subject = mark.subject;
        if self.by_subject.len() >= MARKS_MAX && !self.by_subject.contains_key(&subject) {
            return Err(PolicyError::MarksFull { bound: MARKS_MAX });
        }
        let replaced = self.remove(subject);
        self.by_end.insert((mark.expires_at, subject));
        self.by_subject.insert(subject, mark);
        Ok(replaced)
    }

    /// Removes a mark; returns whether there was one.
    pub(super) fn remove(&mut self, subject: MarkSubject) -> bool {
        let Some(mark) = self.by_subject.remove(&subject) else {
            return false;
        };
        self.by_end.remove(&(mark.expires_at, subject));
        true
    }

    /// Removes and returns a subject whose mark has ended by `now`.
    pub(super) fn pop_ended(&mut self, now: Timestamp) -> Option<MarkSubject> {
        let (_, subject) = *self.by_end.first().filter(|(end, _)| *end <= now)?;
        self.remove(subject);
        Some(subject)
    }

    /// Returns the mark that covers an account: its own, or else one on its template.
    pub(super) fn covering(&self, account: AccountKey, templates: Templates) -> Option<&Mark> {
        if self.by_subject.is_empty() {
            return None;
        }
        let own = self.by_subject.get(&MarkSubject::Account(account));
        own.or_else(|| {
            let mut digests = templates.digests();
            digests.find_map(|digest| self.by_subject.get(&MarkSubject::Template(digest)))
        })
    }

    /// Returns the marks after `after`, in the order of their subjects.
    pub(super) fn after(&self, after: Option<MarkSubject>) -> impl Iterator<Item = &Mark> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.by_subject.range((from, Bound::Unbounded));
        later.map(|(_, mark)| mark)
    }

    pub(super) fn has(&self, subject: MarkSubject) -> bool {
        self.by_subject.contains_key(&subject)
    }

    pub(super) fn len(&self) -> usize {
        self.by_subject.len()
    }
}
