//! Lexical material: the texts that the vocabulary is trained on, and the common words that templates consist of.

use std::collections::BTreeMap;

use super::examples::LabeledRequest;
use crate::text::CommonWords;

fn texts<'a>(request: &LabeledRequest<'a>) -> impl Iterator<Item = &'a str> {
    let record = request.record;
    let messages = record.messages.iter().map(|message| &message.content);
    record
        .system
        .iter()
        .chain(messages)
        .map(|text| text.expose().as_str())
}

/// Returns the leading bytes of each request, up to the number of bytes that its source may contribute.
pub(super) fn vocabulary_texts(
    requests: &[LabeledRequest<'_>],
    source_bytes: usize,
) -> Vec<String> {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for request in requests {
        let used = used.entry(request.unit).or_default();
        for text in texts(request) {
            if *used < source_bytes {
                let start: String = text.chars().take(3_000).collect();
                *used += start.len();
                chosen.push(start);
            }
        }
    }
    chosen
}

/// Returns the words that occur in at least `sources_min` groups; related sources count once.
pub(super) fn common_words(requests: &[LabeledRequest<'_>], sources_min: u32) -> CommonWords {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for request in requests {
        groups
            .entry(request.group)
            .or_default()
            .extend(texts(request));
    }
    let mut builder = CommonWords::builder();
    for texts in groups.into_values() {
        builder.add_source(texts);
    }
    builder.build(sources_min)
}
