//! One subscription that serves many undisclosed end users. A draft: it measures nothing, and never changes a risk.

use super::card::{CONTEST, NOT_USED};
use super::{Detector, DetectorCard, Maturity};
use crate::domain::Technique;

/// Measures nothing yet. Nothing measured so far tells a relay from an application with many users.
pub(super) struct RelayResale;

impl Detector for RelayResale {
    fn card(&self) -> &'static DetectorCard {
        &CARD
    }
}

pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::RelayResale,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. Nothing measured so far tells a relay from an application with many users. It is \
        meant to look for: many clients, tool chains and subjects behind one account.",
    why: "Resale hides who asks, mixes harvests with honest traffic, and lets the relay record both.",
    example: "One account on which a hundred unrelated conversations go on, each with other tools.",
    false_positives: &[
        "A household or a small team that shares an account.",
        "A developer with several machines.",
        "A reseller who has said so.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
