//! Draws the requests of one account without replacement, from one application, one suite, one pipeline or one person.

use std::sync::Arc;

use crate::simulate::prompt::record_sets::{RecordSet, RecordSets};
use crate::simulate::prompt::request_sequence::{RequestPool, RequestSequence};
use crate::simulate::prompt::request_spec::{RecordRef, RequestSpec, Unit};
use crate::simulate::rng::SeededRng;

/// Number of records from which a person's subject is chosen; bounds the cost of an account.
const CANDIDATES: usize = 240;

/// Maximum requests of one person: more than anyone in the traces sent (1,207).
const PERSON_REQUESTS: usize = 2_000;

/// Range of the number of records of an account that extends a small seed set.
const SEED_SET: (usize, usize) = (18, 40);

impl RecordSets<'_> {
    /// Draws `count` requests of one template: its own records first, then inputs of similar applications, then
    /// crossings.
    pub(crate) fn work(
        &self,
        record_set: &RecordSet,
        count: usize,
        rng: &mut SeededRng,
    ) -> RequestSequence {
        RequestSequence::of(vec![self.whole(record_set, count, rng)])
    }

    /// Draws the same requests as a pool, to be combined with others.
    pub(crate) fn whole(
        &self,
        record_set: &RecordSet,
        count: usize,
        rng: &mut SeededRng,
    ) -> RequestPool {
        self.pool(record_set, &record_set.records, count, count, rng)
    }

    /// Returns how many different inputs a record set has without crossing any.
    pub(crate) fn inputs(&self, record_set: &RecordSet) -> usize {
        let borrowed = match self.around(record_set.unit) {
            Some(_) => self.inputs_like(record_set.unit).len(),
            None => 0,
        };
        record_set.records.len().max(borrowed)
    }

    /// Draws `count` requests of an extraction over `records` of a stage. Half of the extractions extend a small seed
    /// set, as benign applications (with their few dozen records) do, so that recombination carries no information.
    pub(crate) fn extraction(
        &self,
        stage: &RecordSet,
        records: &Arc<[u32]>,
        count: usize,
        rng: &mut SeededRng,
    ) -> RequestPool {
        let supply = if rng.chance(0.5) {
            rng.between(SEED_SET.0, SEED_SET.1)
        } else {
            count
        };
        self.pool(stage, records, supply, count, rng)
    }

    fn pool(
        &self,
        record_set: &RecordSet,
        records: &Arc<[u32]>,
        supply: usize,
        count: usize,
        rng: &mut SeededRng,
    ) -> RequestPool {
        RequestPool {
            unit: record_set.unit,
            records: Arc::clone(records),
            own: supply.min(count).min(records.len()).max(1),
            around: self.around(record_set.unit),
            donors: self.inputs_like(record_set.unit),
            count,
            seed: rng.seed(),
        }
    }

    /// Draws at most `count` requests of one person, fewer if the language has no more: two to five subjects, each a
    /// question and its nearest neighbours, all in the language of `home`, mostly from the same corpus.
    pub(crate) fn person(
        &self,
        circle: &[&RecordSet],
        home: usize,
        count: usize,
        rng: &mut SeededRng,
    ) -> Vec<RequestSpec> {
        let count = count.min(PERSON_REQUESTS);
        let subjects = rng.between(2, 5);
        let alike: Vec<&RecordSet> = circle
            .iter()
            .copied()
            .filter(|record_set| record_set.language == circle[home].language)
            .collect();
        let mut specs: Vec<RequestSpec> = Vec::with_capacity(count);
        for subject in 0..subjects {
            let record_set = if rng.chance(0.7) {
                circle[home]
            } else {
                *rng.pick(&alike)
            };
            let wanted = (count - specs.len()).div_ceil(subjects - subject);
            for spec in self.subject(record_set, wanted, rng) {
                if !specs.contains(&spec) {
                    specs.push(spec);
                }
            }
        }
        // Subjects can overlap or run out; the rest comes from the language's other corpora.
        for record_set in sample(&alike, alike.len(), rng) {
            let missing = count - specs.len();
            if missing == 0 {
                break;
            }
            let more = self.subject(record_set, missing, rng);
            let more: Vec<RequestSpec> = more.into_iter().filter(|c| !specs.contains(c)).collect();
            specs.extend(more);
        }
        // A person returns to earlier subjects, in blocks.
        interleave(specs, rng)
    }

    /// Draws the `count` records of a record set that are nearest to a random one by subject.
    pub(crate) fn subject(
        &self,
        record_set: &RecordSet,
        count: usize,
        rng: &mut SeededRng,
    ) -> Vec<RequestSpec> {
        let candidates = sample(&record_set.records, CANDIDATES.max(count * 2), rng);
        let anchor = self.topic(record_set.unit, candidates[0]);
        let mut ranked: Vec<(f32, u32)> = candidates
            .into_iter()
            .map(|record| {
                (
                    self.topic(record_set.unit, record).likeness(&anchor),
                    record,
                )
            })
            .collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let nearest = ranked.into_iter().take(count);
        nearest
            .map(|(_, record)| plain(record_set.unit, record))
            .collect()
    }
}

/// Draws `count` of `items` in random order without replacement; all of them if there are fewer.
pub(crate) fn sample<T: Copy>(items: &[T], count: usize, rng: &mut SeededRng) -> Vec<T> {
    let mut items = items.to_vec();
    let count = count.min(items.len());
    for position in 0..count {
        let other = position + rng.below(items.len() - position);
        items.swap(position, other);
    }
    items.truncate(count);
    items
}

/// Splits a sequence into blocks of one to eight and shuffles the blocks.
fn interleave(specs: Vec<RequestSpec>, rng: &mut SeededRng) -> Vec<RequestSpec> {
    let mut blocks: Vec<Vec<RequestSpec>> = Vec::new();
    let mut specs = specs.into_iter();
    loop {
        let block: Vec<RequestSpec> = specs.by_ref().take(rng.between(1, 8)).collect();
        if block.is_empty() {
            break;
        }
        blocks.push(block);
    }
    rng.shuffle(&mut blocks);
    blocks.concat()
}

const fn plain(unit: Unit, record: u32) -> RequestSpec {
    RequestSpec::Plain(RecordRef { unit, record })
}
