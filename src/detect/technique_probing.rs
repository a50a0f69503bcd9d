//! Many extraction phrasings tried, mostly refused. A draft: it measures nothing, and never changes a risk.

use super::card::{CONTEST, NOT_USED};
use super::{Detector, DetectorCard, Maturity};
use crate::domain::Technique;

/// Measures nothing yet. Refusals are not logged everywhere, and a share of refusals without a view of the phrasings accuses the curious.
pub(super) struct TechniqueProbing;

impl Detector for TechniqueProbing {
    fn card(&self) -> &'static DetectorCard {
        &CARD
    }
}

pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::TechniqueProbing,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. Refusals are not logged everywhere, and a share of refusals without a view of the \
        phrasings accuses the curious. It is meant to look for: request after request that tries another way \
        to get at reasoning or hidden instructions, and is refused.",
    why: "Probing comes before a harvest: what works is then run at scale.",
    example: "[phrasing 1], refused; [phrasing 2], refused; ... with little else in between.",
    false_positives: &[
        "Security researchers under an agreed programme.",
        "Teams that test their own guard.",
        "Curious people who saw a phrasing somewhere.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
