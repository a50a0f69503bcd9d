//! The text model: computes a unit embedding and cue probabilities from a view of a request's text, in microseconds.
//!
//! The rest of the program uses [`Encoder`]. Its only implementation so far is [`TextEncoder`], the static encoder:
//! `window` selects what is read, `normal` normalises it, `tokens` splits it into tokens, `rows` lists the table rows
//! (one per token), `model` pools them and evaluates the heads, and `wide` adds what exact wordings show.
//!
//! Knows tensors, not risk: nothing here can distinguish a benign judge from a reward extraction except by its words.

mod model;
mod normal;
mod rows;
mod tokens;
mod wide;
mod window;

pub(crate) use model::EncoderError;
pub use model::{Head, ROW_DIM, StaticEncoder};
pub use normal::normalise_into;
pub use rows::ChannelRows;
pub(crate) use tokens::TokenizerError;
pub use tokens::Vocabulary;
pub use wide::{Seen, Wide, distinct_features, feature_count};

use crate::domain::{CueProbabilities, Embedding};
use crate::text::TextView;
pub use crate::text::{CHANNELS, Channel};
use window::ChannelTexts;

/// Computes cue probabilities and an embedding from the text of a request.
///
/// Called once per exchange, from many threads concurrently. A pure function of the text: the same view gives the same
/// encoding on any machine, whatever was encoded before with the same scratch.
pub trait Encoder: Send + Sync {
    /// Encodes one request.
    fn encode(&self, view: &TextView<'_>, scratch: &mut Scratch) -> Encoding;
}

/// The output of the text model for one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// Probability of each cue.
    pub cues: CueProbabilities,
    /// Unit embedding of the text.
    pub embedding: Embedding,
    /// Number of bytes read, at most the length of the view.
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

/// The static encoder with its vocabulary: computes an [`Encoding`] from text.
pub struct TextEncoder {
    vocabulary: Vocabulary,
    model: StaticEncoder,
}

impl TextEncoder {
    /// Combines a vocabulary with the model trained on it.
    ///
    /// # Errors
    /// If the model's table does not have exactly one row for each token of the vocabulary.
    pub fn new(vocabulary: Vocabulary, model: StaticEncoder) -> Result<Self, EncoderError> {
        let (tokens, expected) = (vocabulary.len(), model.tokens());
        if tokens == expected {
            Ok(Self { vocabulary, model })
        } else {
            Err(EncoderError::VocabularySize { expected, tokens })
        }
    }

    /// Returns the vocabulary.
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Returns the weights.
    pub const fn model(&self) -> &StaticEncoder {
        &self.model
    }
}

impl Encoder for TextEncoder {
    /// Costs one pass over the bytes of the windows, without allocation once `scratch` has grown.
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

/// Windows, normalises and tokenises one request, leaves its rows in [`Scratch::rows`] and returns the number of bytes
/// read. Training shares this part of encoding with serving.
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
    /// Returns the rows left by the last [`read_rows`].
    pub const fn rows(&self) -> &ChannelRows {
        &self.rows
    }
}
