//! Evasion: what an extracting account does to look like something else (paraphrase, other languages, a product's
//! system prompt).
//!
//! Word lists are data in `eval/evasions`. Uses `prompt`.

mod applied;
pub(crate) mod paraphrase;
pub(crate) mod phrasebook;
pub(crate) mod template;

pub(crate) use applied::{Evasion, language_request, product, read_in};
