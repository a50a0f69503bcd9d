//! Relay resale: one subscription that serves many undisclosed end users, and accounts that changed hands.
//!
//! A relay differs from an application with many users in its client programs: the application has one, while each user
//! of a relay brings their own. It differs from a person with several machines by concurrent conversations about unlike
//! subjects. Continuous and unlimited use would also be visible, but is not measured: benign customers run all day.
//!
//! Why it matters: Resale hides who sends a request, mixes extractions with benign traffic, and lets the relay record
//! both. An account that was sold or taken over benefits from the good history of its previous owner.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Card with measures of client programs, interleaved conversations and a change from the account's own past.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::RelayResale,
    maturity: Maturity::Live,
    exchanges_needed: 10,
    looks_for: "Many client programs behind one account whose conversations interrupt each other and have little in \
        common, and an account whose requests, from some exchange on, differ from all its earlier ones. Programs are \
        counted only where the provider sends their names, conversations only where they are named.",
    false_positives: &[
        "A household or a small team that shares an account.",
        "A developer with several machines and tools.",
        "A disclosed reseller: the numbers are the same, and only the agreement distinguishes them.",
        "An account that started a new project, which is also a change from its own past.",
        "A person who works in long sessions without naming them: of 50 simulated developers 7 were detected as \
            changed, of 250 other benign accounts none.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "clients_in_use",
            monotone: false,
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
            monotone: false,
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
            monotone: true,
            any_intent: false,
            unit: Unit::Index,
            value: relayed_spread,
            sentence: |observed, expected| {
                let what = "many programs with interwoven conversations about unlike subjects";
                wording::index(what, observed, expected)
            },
        },
        Measure {
            code: "own_past_change",
            monotone: false,
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
