//! The text model: a view of a request's text to a unit embedding and cue probabilities, in microseconds.
//!
//! [`Encoder`] is what the rest of the program sees. [`TextEncoder`] is the one kind so far, the static encoder: `window`
//! chooses what is read, `normal` evens out its surface, `tokens` cuts it, `rows` names the table rows (one a token),
//! `model` pools them and evaluates the heads, to which `wide` adds what exact wordings say.
//!
//! Knows tensors, not risk: nothing here can tell an honest judge from a reward harvest except by its words.

mod model;
mod normal;
mod rows;
mod tokens;
mod wide;
mod window;

pub use model::{EncoderError, Head, ROW_DIM, StaticEncoder};
pub use normal::normalise_into;
pub use rows::ChannelRows;
pub use tokens::{TokenizerError, Vocabulary};
pub use wide::{PAIR_FEATURES, Seen, Wide, distinct_features, feature_count};
pub use window::BYTES_MAX;

use crate::domain::{CueProbabilities, Embedding};
use crate::text::TextView;
pub use crate::text::{CHANNELS, Channel};
use window::ChannelTexts;

/// Turns the text of a request into cue probabilities and an embedding.
///
/// Called once an exchange, from many threads at once. A pure function of the text: the same view gives the same
/// encoding on any machine, whatever was encoded before with the same scratch.
pub trait Encoder: Send + Sync {
    /// Encodes one request.
    fn encode(&self, view: &TextView<'_>, scratch: &mut Scratch) -> Encoding;
}

/// What the text model says of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// Probability of each cue.
    pub cues: CueProbabilities,
    /// Unit embedding of the text.
    pub embedding: Embedding,
    /// Bytes read, at most those of the view.
    pub read_bytes: usize,
}

/// Buffers that one thread reuses between requests; an encoder uses those that it needs. They hold text, so they have
/// no `Debug`.
#[derive(Default)]
pub struct Scratch {
    texts: ChannelTexts,
    normalised: String,
    rows: ChannelRows,
    seen: Seen,
}

/// The static encoder with its vocabulary: from text to [`Encoding`].
pub struct TextEncoder {
    vocabulary: Vocabulary,
    model: StaticEncoder,
}

impl TextEncoder {
    /// Puts a vocabulary and the model trained on it together.
    ///
    /// # Errors
    /// When the model's table does not have one row for every token of the vocabulary.
    pub fn new(vocabulary: Vocabulary, model: StaticEncoder) -> Result<Self, EncoderError> {
        let (tokens, expected) = (vocabulary.len(), model.tokens());
        if tokens == expected {
            Ok(Self { vocabulary, model })
        } else {
            Err(EncoderError::VocabularySize { expected, tokens })
        }
    }

    /// The vocabulary.
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The weights.
    pub const fn model(&self) -> &StaticEncoder {
        &self.model
    }
}

impl Encoder for TextEncoder {
    /// Costs one pass over at most [`BYTES_MAX`] bytes; no allocation once `scratch` has grown.
    fn encode(&self, view: &TextView<'_>, scratch: &mut Scratch) -> Encoding {
        let read_bytes = read_rows(&self.vocabulary, view, scratch);
        let (cues, embedding) = self.model.evaluate(&scratch.rows, &mut scratch.seen);
        Encoding {
            cues,
            embedding,
            read_bytes,
        }
    }
}

/// Windows, normalises, tokenises and names the rows of one request, left in [`Scratch::rows`]; returns the bytes read.
/// The part of encoding that training shares with serving.
pub fn read_rows(vocabulary: &Vocabulary, view: &TextView<'_>, scratch: &mut Scratch) -> usize {
    let read_bytes = scratch.texts.read(view);
    scratch.rows.clear();
    for channel in Channel::ALL {
        scratch.normalised.clear();
        normal::normalise_into(scratch.texts.text(channel), &mut scratch.normalised);
        let rows = scratch.rows.channel_mut(channel);
        vocabulary.ids_into(&scratch.normalised, rows);
    }
    read_bytes
}

impl Scratch {
    /// The rows left by the last [`read_rows`].
    pub const fn rows(&self) -> &ChannelRows {
        &self.rows
    }
}
