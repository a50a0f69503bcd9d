//! Trains the byte-level BPE vocabulary of the text model.

use thiserror::Error;
use tokenizers::Trainer as _;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::trainers::BpeTrainer;

use crate::encoder::normalise_into;

/// The reason why no vocabulary was produced.
#[derive(Debug, Error)]
pub enum VocabularyError {
    /// The trainer failed.
    #[error("the BPE trainer: {0}")]
    Trainer(String),
    /// The reader would reject the result.
    #[error("canonical form of the trained vocabulary: {0}")]
    Canonical(String),
}

/// Trains a vocabulary of `size` tokens (at least 256) on raw texts and returns its `tokenizer.json`, in the form
/// that [`Vocabulary::from_json`](crate::encoder::Vocabulary::from_json) reads.
///
/// # Errors
/// When the trainer fails or its result cannot be brought to the reader's canonical form.
pub fn train_vocabulary<S: AsRef<str> + Send>(
    texts: impl Iterator<Item = S> + Send,
    size: usize,
) -> Result<String, VocabularyError> {
    let alphabet = ByteLevel::alphabet();
    let mut trainer = BpeTrainer::builder()
        .vocab_size(size)
        .min_frequency(8)
        .max_token_length(Some(24))
        .initial_alphabet(alphabet.iter().copied().collect())
        .show_progress(false)
        .build();
    let failed = |error: tokenizers::Error| VocabularyError::Trainer(error.to_string());
    trainer
        .feed(texts, |text| {
            let mut normalised = String::new();
            normalise_into(text, &mut normalised);
            let bytes = |word: &str| word.bytes().map(|byte| alphabet[byte as usize]).collect();
            Ok(words(&normalised).map(bytes).collect())
        })
        .map_err(failed)?;
    let (vocabulary, merges, _) = trainer.train_vocab().map_err(failed)?;
    let byte_level = serde_json::json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true
    });
    let vocabulary: std::collections::BTreeMap<String, u32> = vocabulary
        .into_iter()
        .map(|(token, id)| (String::from(token.as_str()), id))
        .collect();
    let merges: Vec<[String; 2]> = merges
        .into_iter()
        .map(|(left, right)| [String::from(left.as_str()), String::from(right.as_str())])
        .collect();
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": byte_level, "post_processor": null,
        "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false, "vocab": vocabulary, "merges": merges
        }
    });
    tokenizers::canonicalize_str(&tokenizer.to_string())
        .map_err(|error| VocabularyError::Canonical(error.to_string()))
}

/// The kind of a character, which determines where words are split.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Sign,
}

/// Splits text like the byte-level pre-tokenizer, for text whose white space is single spaces: into runs of one kind,
/// each with the space before it. (English contractions are kept whole; the reader's finer split only leaves a few
/// merges unused.)
fn words(text: &str) -> impl Iterator<Item = &str> {
    let kind = |character: char| match character {
        ' ' => Kind::Space,
        c if c.is_alphabetic() => Kind::Letter,
        c if c.is_numeric() => Kind::Digit,
        _ => Kind::Sign,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut characters = rest.char_indices();
        let (_, first) = characters.next()?;
        let mut run = kind(first);
        let mut end = rest.len();
        for (index, character) in characters {
            let next = kind(character);
            if run == Kind::Space && next != Kind::Space {
                run = next;
            } else if next != run {
                end = index;
                break;
            }
        }
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::{train_vocabulary, words};
    use crate::encoder::Vocabulary;

    #[test]
    fn words_keep_the_space_before_them() {
        let cut: Vec<&str> = words("rate the answer: 0/0 请评分").collect();
        assert_eq!(
            cut,
            ["rate", " the", " answer", ":", " 0", "/", "0", " 请评分"]
        );
    }

    #[test]
    fn a_trained_vocabulary_is_readable_and_the_same_every_time() {
        let texts = || {
            (0..400)
                .map(|n| format!("Rate the answer number {n} from one to ten. 请为以下回答评分。"))
        };
        let json = train_vocabulary(texts(), 400).unwrap();
        assert_eq!(json, train_vocabulary(texts(), 400).unwrap());
        let vocabulary = Vocabulary::from_json(&json).unwrap();
        let mut ids = Vec::new();
        vocabulary.ids_into("rate the answer", &mut ids);
        assert_eq!(ids.len(), 3, "frequent words are one token each");
        ids.clear();
        vocabulary.ids_into("\u{1F980} never seen ü", &mut ids);
        assert!(ids.iter().all(|id| (*id as usize) < vocabulary.len()));
    }
}
