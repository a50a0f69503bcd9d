//! One subscription that serves many undisclosed end users, and accounts that changed hands.
//!
//! What tells a relay from an application with many users: the application has one client program, the relay's users
//! each bring their own. What tells it from a person with several machines: conversations that go on at once about
//! unlike subjects. No rest and no limit would show too, and are not looked at: benign customers run all day.
//!
//! Why it matters: Resale hides who asks, mixes extractions with benign traffic, and lets the relay record both. An
//! account that was sold or taken over starts anew under an old good name.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Measures clients, interwoven conversations and a break with the account's own past.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::RelayResale,
    maturity: Maturity::Live,
    exchanges_needed: 10,
    looks_for: "Many client programs behind one account whose conversations interrupt each other and have little in \
        common, and an account that from some exchange on asks for other things than it ever did. The programs are \
        counted only where the provider sends their names, the conversations only where they are named.",
    false_positives: &[
        "A household or a small team that shares an account.",
        "A developer with several machines and tools.",
        "A reseller who has said so: the numbers are the same, and only the agreement tells them apart.",
        "An account that took up a new project, which is a change against its own past too.",
        "A person who works in long sessions without naming them: of 50 simulated developers 7 were dated as \
            changed, of 250 other honest accounts none.",
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

/// Clients beyond the first, times returns to interrupted conversations, times how unlike the requests are: near 1 only
/// where all three are. Each by itself is benign: an application has returns, a developer clients, a curious person
/// subjects.
fn relayed_spread(profile: &Profile) -> Option<f64> {
    let clients = profile.clients();
    let beyond_first = 1.0 - 1.0 / clients.programs().effective_number()?;
    let likeness = profile
        .mean_embedding()
        .within_similarity()?
        .clamp(0.0, 1.0);
    Some(beyond_first * clients.return_share()? * (1.0 - likeness))
}

/// The exchange at which the requests began to be unlike the earlier ones; 0 where they never did.
fn own_past_change(profile: &Profile) -> Option<f64> {
    let past = profile.change_detector();
    past.is_known()
        .then(|| past.changed_at().unwrap_or(0) as f64)
}
