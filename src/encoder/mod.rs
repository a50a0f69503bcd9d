//! The text model: tokens to unit embedding to cue probabilities, in microseconds.
//!
//! `window` chooses what is read, `normal` evens out its surface, `tokens` cuts it, `rows` names the table rows
//! (one a token), `model` pools them and evaluates the heads, to which `wide` adds what exact wordings say.
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
pub use window::{BYTES_MAX, CHANNELS, Channel, Messages, ReadText, Windows};

use crate::domain::{CueProbabilities, Embedding};

/// What the text model says of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// Probability of each cue.
    pub cues: CueProbabilities,
    /// Unit embedding of the text.
    pub embedding: Embedding,
    /// Bytes read, after windowing.
    pub read_bytes: u32,
    /// Bytes of text in the request.
    pub total_bytes: u32,
}

/// Buffers that one thread reuses between requests, so that the hot path does not allocate.
#[derive(Default)]
pub struct Scratch {
    windows: Windows,
    normalised: String,
    rows: ChannelRows,
    seen: Seen,
}

/// Vocabulary and weights together: from text to [`Encoded`].
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

    /// Reads one request. Costs one pass over at most [`window::BYTES_MAX`] bytes; no allocation once `scratch`
    /// has grown.
    pub fn encode<'a>(
        &self,
        system: Option<&'a str>,
        messages: impl Messages<'a>,
        scratch: &mut Scratch,
    ) -> Encoded {
        let read = self.rows(system, messages, scratch);
        let (cues, embedding) = self.model.evaluate(&scratch.rows, &mut scratch.seen);
        Encoded {
            cues,
            embedding,
            read_bytes: read.read_bytes,
            total_bytes: read.total_bytes,
        }
    }

    /// The table rows that a request touches, left in `scratch`: the part of [`TextEncoder::encode`] that training
    /// shares with serving.
    pub fn rows<'a>(
        &self,
        system: Option<&'a str>,
        messages: impl Messages<'a>,
        scratch: &mut Scratch,
    ) -> ReadText {
        read_rows(&self.vocabulary, system, messages, scratch)
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

/// Windows, normalises, tokenises and names the rows of one request; the result is [`Scratch::rows`].
pub fn read_rows<'a>(
    vocabulary: &Vocabulary,
    system: Option<&'a str>,
    messages: impl Messages<'a>,
    scratch: &mut Scratch,
) -> ReadText {
    let read = scratch.windows.read(system, messages);
    scratch.rows.clear();
    for channel in Channel::ALL {
        scratch.normalised.clear();
        normal::normalise_into(scratch.windows.text(channel), &mut scratch.normalised);
        let rows = scratch.rows.channel_mut(channel);
        vocabulary.ids_into(&scratch.normalised, rows);
    }
    read
}

impl Scratch {
    /// The rows left by the last [`read_rows`].
    pub const fn rows(&self) -> &ChannelRows {
        &self.rows
    }
}
