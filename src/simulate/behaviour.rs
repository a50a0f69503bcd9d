//! How accounts behave apart from what they ask: when they send, from which client, to which model.
//!
//! Distributions are fitted to production traces (`priors`) and shared by benign and extracting accounts, so that
//! behaviour alone does not tell them apart. Uses `rng`. Knows no prompts.

pub(crate) mod arrival_process;
pub(crate) mod client_profile;
pub(crate) mod model_preference;
pub(crate) mod observed;
pub(crate) mod population;
pub(crate) mod priors;
