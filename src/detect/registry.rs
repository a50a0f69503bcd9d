//! The table of all detectors.

use super::{
    DetectorCard, coordinated_accounts, dataset_synthesis, model_switching, reasoning_harvest,
    relay_resale, reward_model_harvest, safe_rewrite, technique_probing, templated_repetition,
    trajectory_harvest,
};
use crate::domain::TECHNIQUE_COUNT;

/// All detectors, one per technique, in the order of [`Technique::ALL`](crate::domain::Technique::ALL).
pub static DETECTORS: [&DetectorCard; TECHNIQUE_COUNT] = [
    &reasoning_harvest::CARD,
    &reward_model_harvest::CARD,
    &trajectory_harvest::CARD,
    &dataset_synthesis::CARD,
    &templated_repetition::CARD,
    &safe_rewrite::CARD,
    &model_switching::CARD,
    &coordinated_accounts::CARD,
    &relay_resale::CARD,
    &technique_probing::CARD,
];
