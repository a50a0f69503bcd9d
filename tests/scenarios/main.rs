//! Extractions and their benign look-alikes, one file per technique, scored by the real engine with the shipped bundle.
//!
//! Each scenario asserts an order and a meaning, never a fitted threshold: the extraction shows more of its technique's
//! typical signs, the look-alike is never recommended for review, and the reasons name the right technique. Where the
//! bundle fails an expectation, `README.md` beside this file lists it, and the scenario asserts the separation that
//! does hold.

mod benign_population;
mod coordinated_accounts;
mod dataset_synthesis;
mod model_switching;
mod reasoning_harvest;
mod relay_resale;
mod reward_model_harvest;
mod safe_rewrite;
mod stage;
mod technique_probing;
mod templated_repetition;
mod trajectory_harvest;
