//! The vocabulary: a byte-level BPE, evaluated by the fast pipeline of `tokenizers` 1.0.

use thiserror::Error;
use tokenizers::pipeline::{EncodeOptions, PipelineToken, PipelineTokenizer};

/// Error for a vocabulary that cannot be used.
#[derive(Debug, Error)]
pub enum TokenizerError {
    /// The file is not a tokenizer that the library accepts.
    #[error("expected a byte-level BPE tokenizer.json: {0}")]
    Unreadable(String),
    /// The file does not list enough tokens.
    #[error("expected model.vocab with 256 or more tokens, got {0}")]
    VocabularySize(usize),
}

/// Splits normalised text into token ids.
pub struct Vocabulary {
    tokenizer: PipelineTokenizer,
    options: EncodeOptions,
    len: usize,
}

impl Vocabulary {
    /// Parses the text of a `tokenizer.json`.
    ///
    /// # Errors
    /// If it is not JSON, is not a byte-level BPE, or has fewer tokens than there are bytes.
    pub fn from_json(text: &str) -> Result<Self, TokenizerError> {
        let unreadable =
            |error: &dyn std::fmt::Display| TokenizerError::Unreadable(error.to_string());
        let parsed: serde_json::Value =
            serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        let len = parsed["model"]["vocab"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        if len < 256 {
            return Err(TokenizerError::VocabularySize(len));
        }
        let tokenizer = tokenizers::from_json(text).map_err(|error| unreadable(&error))?;
        Ok(Self {
            tokenizer,
            options: EncodeOptions::no_specials(),
            len,
        })
    }

    /// Returns the number of tokens.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no tokens; never true.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends the token ids of normalised `text` to `out`.
    ///
    /// # Panics
    /// Never, for any text: a byte-level vocabulary has a token for every byte.
    pub fn ids_into(&self, text: &str, out: &mut Vec<u32>) {
        thread_local! {
            static TOKENS: std::cell::RefCell<Vec<PipelineToken>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        TOKENS.with_borrow_mut(|tokens| {
            tokens.clear();
            self.tokenizer
                .encode_into(text, &self.options, tokens)
                .expect("a byte-level vocabulary has a token for every byte");
            out.extend_from_slice(PipelineToken::cast_slice(tokens));
        });
    }
}
