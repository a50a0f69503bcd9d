//! Text as surface, without meaning: the view of a request, normalisation, script, template skeletons.
//!
//! Uses `domain` and `privacy`. Knows nothing of models or risk. Only keyed digests, counts and a script leave this
//! module; never text, except for the borrowed [`TextView`] that the encoder reads too.

mod clean;
mod common_words;
mod confusable;
mod content;
mod digest;
mod encoded;
mod identity;
mod labels;
mod letters;
mod marks;
mod normalise;
mod script;
mod skeleton;
mod spaced;
mod span;
#[cfg(test)]
mod tests;
mod tokens;
mod view;
mod window;

pub use common_words::CommonWords;
pub(crate) use common_words::CommonWordsError;
pub use digest::{TextScratch, digest_request};
pub(crate) use digest::{digest_asking, prompt_digest, text_digest};
pub(crate) use encoded::encoded_share;
pub(crate) use letters::narrow;
pub use view::{CHANNELS, Channel, TextView};
pub(crate) use window::Window;
