//! Deduplication across the split: a text that occurs on several sides is kept on only one of them.

use std::collections::HashMap;

use super::{Corpus, Partition};
use crate::domain::PoolRecord;

/// Removes from every side the requests whose messages occur word for word on a later side (`Test` is the last),
/// because applications and pipelines share input pools. Withheld units are left unchanged and remove nothing.
pub(crate) fn keep_on_one_side(corpus: &mut Corpus) {
    let mut last_side = HashMap::new();
    for (partition, records) in units(corpus) {
        for record in records.iter() {
            let side = last_side.entry(digest(record)).or_insert(partition);
            *side = partition.max(*side);
        }
    }
    for (partition, records) in units(corpus) {
        records.retain(|record| last_side[&digest(record)] == partition);
    }
}

fn units(corpus: &mut Corpus) -> impl Iterator<Item = (Partition, &mut Vec<PoolRecord>)> {
    let pipelines = corpus.pipelines.iter_mut().chain(&mut corpus.harnesses);
    let pipelines = pipelines.map(|unit| (unit.partition, &mut unit.records));
    let sources = corpus.sources.iter_mut();
    let sources = sources.map(|unit| (unit.partition, &mut unit.records));
    let applications = corpus.applications.iter_mut();
    let applications = applications.map(|unit| (unit.partition, &mut unit.records));
    pipelines
        .chain(sources)
        .chain(applications)
        .filter(|(partition, _)| *partition != Partition::Withheld)
}

/// Returns a digest of the messages without the system prompt, which differs between applications that share an input.
fn digest(record: &PoolRecord) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for message in &record.messages {
        let content = message.content.expose().trim();
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::keep_on_one_side;
    use crate::domain::{Message, PoolRecord, Role, Sensitive};
    use crate::simulate::corpus::{BenignSource, Corpus, LicenceClass, Partition};

    fn source(partition: Partition, texts: &[&str]) -> BenignSource {
        let records = texts.iter().map(|text| PoolRecord {
            id: String::new(),
            source: String::new(),
            family: String::new(),
            language: String::new(),
            system: None,
            messages: vec![Message {
                role: Role::User,
                content: Sensitive::new((*text).to_owned()),
            }],
            note: None,
        });
        BenignSource {
            name: String::new(),
            group: String::new(),
            licence: LicenceClass::Permissive,
            partition,
            family: String::new(),
            records: records.collect(),
        }
    }

    #[test]
    fn a_shared_text_stays_on_the_last_side() {
        let mut corpus = Corpus {
            sources: vec![
                source(
                    Partition::Fit,
                    &["only fit", "both", "both", "withheld too"],
                ),
                source(Partition::Test, &["both", "only test"]),
                source(Partition::Withheld, &["withheld too"]),
            ],
            ..Corpus::default()
        };
        keep_on_one_side(&mut corpus);
        let left: Vec<usize> = corpus.sources.iter().map(|s| s.records.len()).collect();
        assert_eq!(left, [2, 2, 1]);
    }
}
