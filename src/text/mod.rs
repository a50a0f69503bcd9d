//! Text without meaning: normalisation, script, template skeletons.
//!
//! Uses `domain` and `privacy`. Knows nothing of models or risk. What leaves this module is keyed digests,
//! counts and a script; never text.

mod common_words;
mod content;
mod digest;
mod identity;
mod labels;
mod letters;
mod normalise;
mod script;
mod skeleton;
mod span;
#[cfg(test)]
mod tests;
mod tokens;
mod window;

pub use common_words::{CommonWords, CommonWordsBuilder, CommonWordsError};
pub use digest::{TextDigests, TextScratch, digest_request, prompt_digest};
pub use script::script;
