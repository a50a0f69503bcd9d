//! The state of the policy: the accounts that stand at `watch` or above, the queue made of them, the marks.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::Clock;
use super::decision::{Decision, PolicyError, QueueState, Queued, Standing};
use super::marks::Marks;
use super::review_queue::{Rank, ReviewQueue};
use super::settings::{PolicyMode, PolicySettings};
use super::templates::Templates;
use crate::domain::{AccountKey, DAY_MICROS, Mark, MarkSubject, Recommendation, Timestamp};

/// Maximum number of accounts at `watch` or above. Beyond it the lowest-ranked is dropped until its next exchange.
pub(super) const WATCHED_MAX: usize = 100_000;
/// Time after its latest exchange, in microseconds, at which an account leaves.
const IDLE_MICROS: i64 = DAY_MICROS;
/// Time for which an account must have stood at `watch` or above before it is restricted, in microseconds.
const WARNED_MICROS: i64 = 3_600_000_000;

/// One account at `watch` or above.
#[derive(Clone, Copy, Debug)]
struct Watched {
    rank: Rank,
    /// Whether it competes for a review.
    eligible: bool,
    templates: Templates,
    /// Time of the first answer since which it has stood at `watch` or above.
    since: Timestamp,
    /// Time of its latest exchange.
    last_active: Timestamp,
}

/// The reviews done on the latest day on which any was.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    day: i64,
    reviews: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct WatchedAccounts {
    settings: PolicySettings,
    clock: Clock,
    watched: BTreeMap<AccountKey, Watched>,
    by_activity: BTreeSet<(Timestamp, AccountKey)>,
    by_rank: BTreeSet<Rank>,
    queue: ReviewQueue,
    marks: Marks,
    spent: Spent,
}

impl WatchedAccounts {
    pub(super) fn new(settings: PolicySettings) -> Self {
        let mut new = Self {
            settings,
            clock: Clock::default(),
            watched: BTreeMap::new(),
            by_activity: BTreeSet::new(),
            by_rank: BTreeSet::new(),
            queue: ReviewQueue::new(0),
            marks: Marks::default(),
            spent: Spent::default(),
        };
        new.queue.set_slots(new.slots());
        new
    }

    /// Takes an account's state after a counted exchange.
    pub(super) fn update(&mut self, standing: &Standing) -> Decision {
        let now = self.advance(standing.time);
        let earlier = self.remove(standing.account);
        if standing.advice >= Recommendation::Watch {
            let time = standing.time.min(now);
            let watched = Watched {
                rank: Rank::new(standing.score, standing.account),
                eligible: standing.advice >= self.review_from(),
                templates: standing.templates,
                since: earlier.map_or(time, |earlier| earlier.since),
                last_active: earlier.map_or(time, |earlier| earlier.last_active.max(time)),
            };
            self.insert(standing.account, watched);
            self.drop_idle(now);
            self.drop_lowest();
        }
        self.decide(standing.account, standing.advice, standing.templates)
    }

    /// Returns what the policy makes of the bundle's advice on an account.
    pub(super) fn decide(
        &self,
        account: AccountKey,
        advice: Recommendation,
        templates: Templates,
    ) -> Decision {
        let mark = self.marks.covering(account, templates).cloned();
        let recommendation = if mark.is_some() {
            advice.min(Recommendation::Watch)
        } else if self.settings.mode == PolicyMode::Thresholds {
            advice
        } else {
            let queued = self.watched.get(&account);
            match queued.filter(|watched| self.queue.holds(watched.rank)) {
                Some(watched) if advice == Recommendation::Restrict && watched.was_warned() => {
                    Recommendation::Restrict
                }
                Some(_) => Recommendation::Review,
                None => advice.min(Recommendation::Watch),
            }
        };
        Decision {
            recommendation,
            mark,
        }
    }

    /// Forgets an account; its marks stay.
    pub(super) fn forget(&mut self, account: AccountKey) {
        self.remove(account);
    }

    /// Forgets all accounts: their scores are of another bundle. Marks and the reviews done today stay.
    pub(super) fn forget_scores(&mut self) {
        self.watched.clear();
        self.by_activity.clear();
        self.by_rank.clear();
        self.queue.clear();
    }

    /// Returns the event time at which a mark on this subject takes one of the day's reviews; `None` if nobody whom it
    /// covers is in the queue.
    pub(super) fn review_at(&self, subject: MarkSubject) -> Option<Timestamp> {
        let mut covered = self.covered(subject).into_iter();
        let asked = covered.any(|account| {
            let watched = self.watched.get(&account);
            watched.is_some_and(|watched| self.queue.holds(watched.rank))
        });
        self.clock.now().filter(|_| asked)
    }

    /// Puts a mark in force and takes the review that it states. Returns whether it replaced one.
    pub(super) fn mark(&mut self, mark: Mark) -> Result<bool, PolicyError> {
        let (subject, review_at) = (mark.subject, mark.review_at);
        let replaced = self.marks.insert(mark)?;
        if let Some(time) = review_at {
            self.spend(time.day());
        }
        self.place_again(subject);
        Ok(replaced)
    }

    /// Takes a mark back: whom it covered competes again at once. The review stays done. Returns whether there was one.
    pub(super) fn unmark(&mut self, subject: MarkSubject) -> bool {
        let removed = self.marks.remove(subject);
        self.place_again(subject);
        removed
    }

    /// Counts a review done on this day.
    fn spend(&mut self, day: i64) {
        match day.cmp(&self.spent.day) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => self.spent.reviews += 1,
            std::cmp::Ordering::Greater => self.spent = Spent { day, reviews: 1 },
        }
        self.queue.set_slots(self.slots());
    }

    pub(super) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Returns at most `limit` accounts of the queue after `after`, highest rank first.
    pub(super) fn queued(&self, after: Option<Rank>, limit: usize) -> Vec<Queued> {
        let ranks = self.queue.after(after).take(limit);
        let row = |rank: Rank| {
            let watched = self.watched.get(&rank.account())?;
            Some(Queued {
                rank,
                since: watched.since,
                last_active: watched.last_active,
                template: watched.templates.main(),
            })
        };
        ranks.filter_map(row).collect()
    }

    pub(super) fn state(&self) -> QueueState {
        QueueState {
            settings: self.settings,
            as_of: self.clock.now(),
            queued: self.queue.len(),
            waiting: self.queue.waiting(),
            reviewed_today: self.reviewed_today(),
        }
    }

    fn review_from(&self) -> Recommendation {
        match self.settings.mode {
            PolicyMode::Budget => self.settings.review_from.advice(),
            PolicyMode::Thresholds => Recommendation::Review,
        }
    }

    fn reviewed_today(&self) -> usize {
        let today = self.clock.now().map(Timestamp::day);
        if today.is_none_or(|today| today <= self.spent.day) {
            self.spent.reviews
        } else {
            0
        }
    }

    /// Returns the number of places in the queue: of the day's reviews, those that are left.
    fn slots(&self) -> usize {
        match self.settings.mode {
            PolicyMode::Thresholds => WATCHED_MAX,
            PolicyMode::Budget => {
                let reviews = self.settings.reviews_per_day as usize;
                reviews.saturating_sub(self.reviewed_today())
            }
        }
    }

    /// Moves the clock on: ends marks and drops idle accounts.
    fn advance(&mut self, time: Timestamp) -> Timestamp {
        let before = self.clock.now();
        let now = self.clock.advance(time);
        if before != Some(now) {
            while let Some(subject) = self.marks.pop_ended(now) {
                self.place_again(subject);
            }
            self.drop_idle(now);
            if before.map(Timestamp::day) != Some(now.day()) {
                self.queue.set_slots(self.slots());
            }
        }
        now
    }

    fn drop_idle(&mut self, now: Timestamp) {
        while let Some((last_active, account)) = self.by_activity.first().copied()
            && last_active.plus_micros(IDLE_MICROS) < now
        {
            self.remove(account);
        }
    }

    fn drop_lowest(&mut self) {
        while self.watched.len() > WATCHED_MAX
            && let Some(lowest) = self.by_rank.last().copied()
        {
            self.remove(lowest.account());
        }
    }

    fn insert(&mut self, account: AccountKey, watched: Watched) {
        self.by_activity.insert((watched.last_active, account));
        self.by_rank.insert(watched.rank);
        if watched.eligible && self.marks.covering(account, watched.templates).is_none() {
            self.queue.insert(watched.rank);
        }
        self.watched.insert(account, watched);
    }

    fn remove(&mut self, account: AccountKey) -> Option<Watched> {
        let watched = self.watched.remove(&account)?;
        self.by_activity.remove(&(watched.last_active, account));
        self.by_rank.remove(&watched.rank);
        self.queue.remove(watched.rank);
        Some(watched)
    }

    /// Puts those whom a mark on this subject covers into the queue or takes them out, as the marks now are.
    fn place_again(&mut self, subject: MarkSubject) {
        for account in self.covered(subject) {
            if let Some(watched) = self.remove(account) {
                self.insert(account, watched);
            }
        }
    }

    /// Returns the accounts here that a mark on this subject covers. For a template, looks at all of them.
    fn covered(&self, subject: MarkSubject) -> Vec<AccountKey> {
        match subject {
            MarkSubject::Account(account) => vec![account],
            MarkSubject::Template(template) => {
                let all = self.watched.iter();
                all.filter(|(_, watched)| watched.templates.include(template))
                    .map(|(account, _)| *account)
                    .collect()
            }
        }
    }
}

impl Watched {
    /// Whether an answer said `watch` or more long enough before the latest one for somebody to have seen it.
    fn was_warned(&self) -> bool {
        self.since.plus_micros(WARNED_MICROS) <= self.last_active
    }
}
