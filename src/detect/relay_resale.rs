//! Relay resale: one subscription that serves many undisclosed end users, and accounts that changed hands.
//!
//! A relay differs from an application with many users in its client programs: the application has one, while each user
//! of a relay brings their own. It differs from a person with several machines by concurrent conversations about unlike
//! subjects. Continuous and unlimited use would also be visible, but is not measured: benign customers run all day.
//!
//! A relay that masks its clients as one is seen by its users' turns: typed within the same minute about unlike
//! subjects in different settings, kept apart by a queue, in sessions that cross on one device. A company with several
//! services behind one key has that too, and its templates, which it fills again and again; an application has one
//! system prompt, and a disclosed reseller names its end users, whose turns are not compared.
//!
//! Why it matters: Resale hides who sends a request, mixes extractions with benign traffic, and lets the relay record
//! both. An account that was sold or taken over benefits from the good history of its previous owner.

use super::card::{CONTEST, NOT_USED};
use super::templated_repetition::template_mass;
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Card with measures of client programs and devices, interleaved conversations, turns typed at the same time, and a
/// change from the account's own past.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::RelayResale,
    maturity: Maturity::Live,
    exchanges_needed: 10,
    looks_for: "Many client programs behind one account whose conversations interrupt each other and have little in \
        common, and an account whose requests, from some exchange on, differ from all its earlier ones. Programs are \
        counted only where the provider sends their names, conversations only where they are named. Also, where no \
        client is named: turns typed within the same minute about unlike subjects, with other tools or in another \
        writing (a keyed digest tells that, and never which one), and a floor under the gaps between typed turns that a queue leaves.",
    false_positives: &[
        "A household or a small team that shares an account.",
        "A developer with several machines and tools, or with several sessions open.",
        "A company with several services behind one key: their templates are what distinguishes them.",
        "A program that starts agents on unlike tasks at a fixed pace.",
        "A disclosed reseller that does not name its end users: only the agreement distinguishes it.",
        "An account that started a new project, which is also a change from its own past.",
        "A person who works in long sessions without naming them: of 50 simulated developers 7 were detected as \
            changed, of 250 other benign accounts none.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "clients_in_use",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Count,
            value: |profile| profile.clients().programs().effective_number(),
            sentence: |observed, expected| {
                let what = "spread its requests as if evenly over";
                wording::count(what, "client programs", observed, expected)
            },
        },
        Measure {
            code: "conversation_return_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.clients().return_share(),
            sentence: |observed, expected| {
                let what = "went back to a conversation that another had interrupted";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "relayed_spread",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Index,
            value: relayed_spread,
            sentence: |observed, expected| {
                let what = "many programs with interwoven conversations about unlike subjects";
                wording::index(what, observed, expected)
            },
        },
        Measure {
            code: "unlike_minute_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.typed_turns().unlike_share(),
            sentence: |observed, expected| {
                let what = "differed in subject and in tools or writing";
                let things = "turns typed within a minute of another";
                wording::share_of(what, things, observed, expected)
            },
        },
        Measure {
            code: "relayed_minutes",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Index,
            value: relayed_minutes,
            sentence: |observed, expected| {
                let what = "unlike turns typed in the same minute that fill no template";
                wording::index(what, observed, expected)
            },
        },
        Measure {
            code: "typed_gap_floor",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Index,
            value: typed_gap_floor,
            sentence: |observed, expected| {
                let what = "typed turns kept apart as by a queue while tools' turns overlap";
                wording::index(what, observed, expected)
            },
        },
        Measure {
            code: "session_crossing_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.typed_turns().crossing_share(),
            sentence: |observed, expected| {
                let what = "came within a minute of another session of the same device";
                wording::share_of(what, "typed turns in named sessions", observed, expected)
            },
        },
        Measure {
            code: "client_version_flap_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.clients().version_return_share(),
            sentence: |observed, expected| {
                let what = "went back to a version of the client that the device had left";
                wording::share_of(what, "requests with a version", observed, expected)
            },
        },
        Measure {
            code: "devices_in_use",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Count,
            value: |profile| some_of(profile.clients().devices()),
            sentence: |observed, expected| {
                wording::count("came from about", "named devices", observed, expected)
            },
        },
        Measure {
            code: "end_users_in_use",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Count,
            value: |profile| some_of(profile.clients().end_users()),
            sentence: |observed, expected| {
                wording::count("disclosed about", "end users", observed, expected)
            },
        },
        Measure {
            code: "end_user_named_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: end_user_named_share,
            sentence: |observed, expected| {
                wording::share("disclosed the end user", observed, expected)
            },
        },
        Measure {
            code: "own_past_change",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Count,
            value: own_past_change,
            sentence: |observed, _| wording::change("the account's own earlier ones", observed),
        },
    ],
};

/// Returns the product of the share of clients beyond the first, the share of returns to interrupted conversations, and
/// the dissimilarity of the requests; near 1 only when all three are. Each by itself is benign: an application has
/// returns, a developer has several clients, a curious person has several subjects.
fn relayed_spread(profile: &Profile) -> Option<f64> {
    let clients = profile.clients();
    let beyond_first = 1.0 - 1.0 / clients.programs().effective_number()?;
    let likeness = profile
        .mean_embedding()
        .within_similarity()?
        .clamp(0.0, 1.0);
    Some(beyond_first * clients.return_share()? * (1.0 - likeness))
}

/// Returns the number of the exchange at which the requests became unlike the earlier ones; 0 when they never did.
fn own_past_change(profile: &Profile) -> Option<f64> {
    let past = profile.change_detector();
    past.is_known()
        .then(|| past.changed_at().unwrap_or(0) as f64)
}

/// Returns the share of turns typed in the same minute that are unlike, times the share of requests that fill no
/// template: people write freely, services of one company do not.
fn relayed_minutes(profile: &Profile) -> Option<f64> {
    let unlike = profile.typed_turns().unlike_share()?;
    Some(unlike * (1.0 - template_mass(profile)?).max(0.0))
}

/// Returns how sharply typed turns are kept apart while others overlap, times the share of requests that fill no
/// template: a program that starts agents at a fixed pace fills one.
fn typed_gap_floor(profile: &Profile) -> Option<f64> {
    let floor = profile.typed_turns().gap_floor()?;
    Some(floor * (1.0 - template_mass(profile)?).max(0.0))
}

/// Returns a count of named things; `None` when none is named.
fn some_of(count: f64) -> Option<f64> {
    (count > 0.0).then_some(count)
}

/// Returns the share of exchanges that name their end user: context that clears, since whoever discloses them hides
/// nobody. It is never a term, because naming invented users costs nothing. `None` when none is named.
fn end_user_named_share(profile: &Profile) -> Option<f64> {
    let named = profile.clients().with_end_user();
    (named > 0).then(|| (f64::from(named) / profile.texts_read() as f64).min(1.0))
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "shares of nothing are exactly 0")]
mod tests;
