//! The text model: computes a unit embedding and cue probabilities from a view of a request's text, in microseconds.
//!
//! The rest of the program uses [`Encoder`]. Its only implementation so far is [`TextEncoder`], the static encoder:
//! `window` selects what is read, `normal` normalises it, `tokens` splits it into tokens, `rows` lists the table rows
//! (one per token), `readings` says which parts of a call are read by themselves, `model` pools them and evaluates the
//! heads, and `wide` adds what exact wordings show.
//!
//! Knows tensors, not risk: nothing here can distinguish a benign judge from a reward extraction except by its words.

mod model;
mod normal;
mod readings;
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
pub use wide::{Linear, Seen, Wide, distinct_features, feature_count};
pub(crate) use wide::{asked, asking_channel, feature_value};

use crate::domain::{CueProbabilities, Embedding};
use crate::text::TextView;
pub use crate::text::{CHANNELS, Channel};
use readings::{
    ELSEWHERE_TOKENS_MIN, LONG, elsewhere_pieces, may_be_telling, most_telling, request_pieces,
};
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
    /// Probability of each cue, in the strongest reading of the request and its system prompt.
    pub cues: CueProbabilities,
    /// The strongest reading of the texts elsewhere in the call, if it is telling.
    pub elsewhere: Option<Elsewhere>,
    /// Unit embedding of the text.
    pub embedding: Embedding,
    /// Number of bytes read, at most the length of the view.
    pub read_bytes: usize,
}

/// A reading of a text that is neither the request nor its system prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elsewhere {
    /// Position of the text in [`TextView::elsewhere`].
    pub index: usize,
    /// Probability of each cue.
    pub cues: CueProbabilities,
}

/// Buffers that one thread reuses between requests; an encoder uses those that it needs. They hold text, so they have
/// no `Debug`.
#[derive(Default)]
pub struct Scratch {
    texts: ChannelTexts,
    normalised: String,
    rows: ChannelRows,
    /// Tokens of texts that are read in parts.
    long: Vec<u32>,
    /// The rows of one other reading.
    reading: ChannelRows,
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
    /// Costs one pass over the bytes of the windows and one evaluation of the layers for each reading, without
    /// allocation once `scratch` has grown.
    fn encode(&self, view: &TextView<'_>, scratch: &mut Scratch) -> Encoding {
        let mut read_bytes = read_rows(&self.vocabulary, view, scratch);
        let (cues, embedding) = self.model.evaluate(&scratch.rows, &mut scratch.seen);
        let mut strongest = cues;
        if let Some(cues) = self.with_system(scratch) {
            strongest = strongest.or_part(cues);
        }
        if let Some((cues, bytes)) = self.most_telling_stretch(view, scratch) {
            strongest = strongest.or_part(cues);
            read_bytes = read_bytes.max(bytes);
        }
        Encoding {
            cues: strongest,
            elsewhere: self.elsewhere(view, scratch),
            embedding,
            read_bytes: read_bytes.min(view.total_bytes()),
        }
    }
}

impl TextEncoder {
    /// Reads the system prompt and the request as if the user had said both, if that may be telling; `None` without
    /// either.
    fn with_system(&self, scratch: &mut Scratch) -> Option<CueProbabilities> {
        scratch.reading.clear();
        let reading = scratch.reading.channel_mut(Channel::Request);
        for channel in [Channel::System, Channel::Request] {
            let rows = scratch.rows.channel(channel);
            if rows.is_empty() {
                return None;
            }
            reading.extend_from_slice(rows);
        }
        may_be_telling(reading, self.model.wide())
            .then(|| self.model.evaluate(&scratch.reading, &mut scratch.seen).0)
    }

    /// Evaluates a stretch as one request.
    fn read_stretch(
        &self,
        stretch: &[u32],
        reading: &mut ChannelRows,
        seen: &mut Seen,
    ) -> CueProbabilities {
        reading.clear();
        reading
            .channel_mut(Channel::Request)
            .extend_from_slice(stretch);
        self.model.evaluate(reading, seen).0
    }

    /// Reads the most telling stretch of a long request. Returns its cues and the bytes read; `None` for a short one.
    fn most_telling_stretch(
        &self,
        view: &TextView<'_>,
        scratch: &mut Scratch,
    ) -> Option<(CueProbabilities, usize)> {
        let whole = scratch.rows.channel(Channel::Request);
        if whole.len() < LONG {
            return None;
        }
        let mut bytes = 0;
        scratch.long.clear();
        if window::is_cut(view.request()) {
            request_pieces(view.request(), |piece| {
                bytes += piece.len();
                scratch.normalised.clear();
                normal::normalise_into(piece, &mut scratch.normalised);
                self.vocabulary
                    .ids_into(&scratch.normalised, &mut scratch.long);
            });
        } else {
            scratch.long.extend_from_slice(whole);
        }
        let (stretch, _) = most_telling(&scratch.long, self.model.wide());
        if !may_be_telling(stretch, self.model.wide()) {
            return Some((CueProbabilities::default(), bytes));
        }
        let cues = self.read_stretch(stretch, &mut scratch.reading, &mut scratch.seen);
        Some((cues, bytes))
    }

    /// Reads the most telling of the texts elsewhere in the call; `None` if none is telling.
    fn elsewhere(&self, view: &TextView<'_>, scratch: &mut Scratch) -> Option<Elsewhere> {
        let wide = self.model.wide();
        let (mut index, mut most) = (None, f32::NEG_INFINITY);
        elsewhere_pieces(view.elsewhere(), |text, piece| {
            scratch.normalised.clear();
            scratch.long.clear();
            normal::normalise_into(piece, &mut scratch.normalised);
            self.vocabulary
                .ids_into(&scratch.normalised, &mut scratch.long);
            if scratch.long.len() < ELSEWHERE_TOKENS_MIN {
                return;
            }
            let (stretch, estimate) = most_telling(&scratch.long, wide);
            if estimate > most && may_be_telling(stretch, wide) {
                (index, most) = (Some(text), estimate);
                scratch.reading.clear();
                let reading = scratch.reading.channel_mut(Channel::Request);
                reading.extend_from_slice(stretch);
            }
        });
        let index = index?;
        let (cues, _) = self.model.evaluate(&scratch.reading, &mut scratch.seen);
        cues.is_telling_elsewhere()
            .then_some(Elsewhere { index, cues })
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
