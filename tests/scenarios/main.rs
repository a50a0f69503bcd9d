//! Attacks and their benign look-alikes, one file a technique, through the real engine with the shipped bundle.
//!
//! Each asserts an order and a meaning, never a fitted threshold: the attack shows more of what its technique is known
//! by, the look-alike is sent to no reviewer, the reasons name the right technique. Where the bundle fails that, the
//! row stands in `README.md` beside this file and the assertion on what does separate stays.

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
