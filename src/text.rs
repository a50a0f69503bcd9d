//! Text as surface, without meaning: the view of a request, normalisation, script, template skeletons.
//!
//! Uses `domain` and `privacy`. Knows nothing of models or risk. Only keyed digests, counts and a script leave this
//! module; never text, except for the borrowed [`TextView`] that the encoder reads too.

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
mod view;
mod window;

pub use common_words::{CommonWords, CommonWordsBuilder, CommonWordsError};
pub use digest::{TextDigests, TextScratch, digest_request, prompt_digest};
pub use letters::narrow;
pub use script::script;
pub use view::{CHANNELS, Channel, TextPart, TextView};
pub use window::Window;
