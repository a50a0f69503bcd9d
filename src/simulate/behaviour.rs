//! Account behaviour other than the text of requests: when an account sends, from which client, to which model.
//!
//! Distributions are fitted to production traces (`priors`) and shared by benign and extracting accounts, so that
//! behaviour alone does not tell the two apart. Uses `rng`. Must not know prompts.

pub(crate) mod arrival_process;
pub(crate) mod client_profile;
pub(crate) mod end_user;
pub(crate) mod machines;
pub(crate) mod model_preference;
pub(crate) mod observed;
pub(crate) mod population;
pub(crate) mod priors;
