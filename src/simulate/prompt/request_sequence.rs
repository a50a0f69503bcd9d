//! The requests of one user, in order. A person's requests are listed; those of a template are generated on demand, so
//! that an account with a hundred thousand of them takes no more memory than one with ten.

use std::sync::Arc;

use crate::simulate::permutation::Permutation;
use crate::simulate::prompt::request_spec::{RecordRef, RequestSpec, Unit};
use crate::simulate::rng::SeededRng;

/// A sequence of requests; never empty.
#[derive(Clone, Debug)]
pub(crate) enum RequestSequence {
    /// Requests as listed.
    Listed(Arc<[RequestSpec]>),
    /// Pools in some order.
    Dealt {
        pools: Arc<[RequestPool]>,
        order: Order,
        count: usize,
    },
}

/// The way pools are combined.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// One after another.
    InSequence,
    /// One request of each pool in turn.
    InTurn,
    /// Shuffled together.
    Shuffled(Permutation),
}

/// An input that an application may borrow from another of its kind and language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Donor {
    pub(crate) source: RecordRef,
    /// Bytes of the last message before and after the input.
    pub(crate) around: (u32, u32),
}

/// Requests of one template: its own records in random order, then inputs of similar applications, then crossings.
#[derive(Clone, Debug)]
pub(crate) struct RequestPool {
    pub(crate) unit: Unit,
    pub(crate) records: Arc<[u32]>,
    /// Number of records that are used unchanged; all others are made from them.
    pub(crate) own: usize,
    /// Bytes before and after the template's input; `None` if the input cannot be located.
    pub(crate) around: Option<(u32, u32)>,
    pub(crate) donors: Arc<[Donor]>,
    pub(crate) count: usize,
    pub(crate) seed: u64,
}

impl RequestSequence {
    /// Creates a sequence of listed requests.
    pub(crate) fn listed(specs: Vec<RequestSpec>) -> Self {
        Self::Listed(specs.into())
    }

    /// Creates a sequence of pools, one after another.
    pub(crate) fn of(pools: Vec<RequestPool>) -> Self {
        Self::Dealt {
            count: pools.iter().map(|pool| pool.count).sum(),
            pools: pools.into(),
            order: Order::InSequence,
        }
    }

    /// Creates a sequence that takes one request of each pool in turn.
    ///
    /// # Panics
    /// When the pools differ in size; the first ones may be larger by one.
    pub(crate) fn in_turn(pools: Vec<RequestPool>) -> Self {
        let (most, least) = (pools.first(), pools.last());
        let uneven = most.map_or(0, |p| p.count) - least.map_or(0, |p| p.count);
        let falls = pools.windows(2).all(|pair| pair[0].count >= pair[1].count);
        assert!(
            falls && uneven <= 1,
            "expected pools of one size, the larger ones first"
        );
        Self::Dealt {
            count: pools.iter().map(|pool| pool.count).sum(),
            pools: pools.into(),
            order: Order::InTurn,
        }
    }

    /// Returns the same requests in random order.
    pub(crate) fn shuffled(self, rng: &mut SeededRng) -> Self {
        match self {
            Self::Listed(specs) => {
                let mut specs = specs.to_vec();
                rng.shuffle(&mut specs);
                Self::listed(specs)
            }
            Self::Dealt { pools, count, .. } => Self::Dealt {
                pools,
                order: Order::Shuffled(Permutation::new(count, rng.seed())),
                count,
            },
        }
    }

    /// Returns whether the requests are listed: what people typed, not what a template yields.
    pub(crate) const fn is_listed(&self) -> bool {
        matches!(self, Self::Listed(_))
    }

    /// Returns the number of requests.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Listed(specs) => specs.len(),
            Self::Dealt { count, .. } => *count,
        }
    }

    /// Returns the request at `position`; wraps around after the last.
    pub(crate) fn spec(&self, position: usize) -> RequestSpec {
        let position = position % self.len();
        match self {
            Self::Listed(specs) => specs[position],
            Self::Dealt { pools, order, .. } => {
                let mut position = match order {
                    Order::InSequence => position,
                    Order::InTurn => {
                        return pools[position % pools.len()].spec(position / pools.len());
                    }
                    Order::Shuffled(order) => order.at(position),
                };
                for pool in pools.iter() {
                    if position < pool.count {
                        return pool.spec(position);
                    }
                    position -= pool.count;
                }
                unreachable!("a sequence is as long as its pools together")
            }
        }
    }
}

impl RequestPool {
    fn spec(&self, position: usize) -> RequestSpec {
        if position < self.own {
            return RequestSpec::Plain(self.own(position));
        }
        let mut rng = SeededRng::new(self.seed.wrapping_add(position as u64), "made from two");
        self.borrowed(position - self.own, &mut rng)
            .unwrap_or_else(|| {
                let [left, right] = [(), ()].map(|()| self.own(rng.below(self.own)));
                let at = rng.unit() as f32;
                RequestSpec::Cross { left, right, at }
            })
    }

    fn own(&self, position: usize) -> RecordRef {
        let order = Permutation::new(self.records.len(), self.seed);
        RecordRef {
            unit: self.unit,
            record: self.records[order.at(position)],
        }
    }

    fn borrowed(&self, position: usize, rng: &mut SeededRng) -> Option<RequestSpec> {
        let around = self.around?;
        if position >= self.donors.len() {
            return None;
        }
        let order = Permutation::new(self.donors.len(), !self.seed);
        let donor = self.donors[order.at(position)];
        (donor.source.unit != self.unit).then(|| RequestSpec::Input {
            frame: self.own(rng.below(self.own)),
            around,
            donor: donor.source,
            donor_around: donor.around,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{RequestPool, RequestSequence};
    use crate::simulate::prompt::request_spec::{RequestSpec, Unit};
    use crate::simulate::rng::SeededRng;

    fn pool(first: u32, own: usize, count: usize) -> RequestPool {
        RequestPool {
            unit: Unit::Pipeline(0),
            records: (first..first + 50).collect(),
            own,
            around: None,
            donors: [].into(),
            count,
            seed: 11,
        }
    }

    #[test]
    fn own_records_come_once_and_crossings_are_made_from_them() {
        let sequence = RequestSequence::of(vec![pool(0, 20, 5_000)]);
        let mut own = BTreeSet::new();
        for position in 0..sequence.len() {
            match sequence.spec(position) {
                RequestSpec::Plain(record) => assert!(own.insert(record.record)),
                RequestSpec::Cross { left, right, .. } => {
                    assert!(position >= 20);
                    assert!(own.contains(&left.record) && own.contains(&right.record));
                }
                RequestSpec::Input { .. } => panic!("no donors were given"),
            }
        }
        assert_eq!(own.len(), 20);
        assert_eq!(sequence.spec(0), sequence.spec(5_000));
    }

    #[test]
    fn pools_take_turns() {
        let sequence =
            RequestSequence::in_turn(vec![pool(0, 3, 3), pool(50, 2, 2), pool(100, 2, 2)]);
        let records = (0..sequence.len()).map(|position| sequence.spec(position).frame().record);
        let pools: Vec<u32> = records.map(|record| record / 50).collect();
        assert_eq!(pools, [0, 1, 2, 0, 1, 2, 0]);
        let distinct: BTreeSet<u32> = (0..sequence.len())
            .map(|position| sequence.spec(position).frame().record)
            .collect();
        assert_eq!(distinct.len(), sequence.len());
    }

    #[test]
    fn shuffling_keeps_every_request() {
        let plain = |sequence: &RequestSequence| -> BTreeSet<u32> {
            let specs = (0..sequence.len()).map(|position| sequence.spec(position).frame().record);
            specs.collect()
        };
        let sequence = RequestSequence::of(vec![pool(0, 50, 50), pool(50, 50, 50)]);
        let shuffled = sequence.clone().shuffled(&mut SeededRng::new(1, "deck"));
        assert_eq!(plain(&sequence), plain(&shuffled));
        assert!((0..50).any(|position| shuffled.spec(position).frame().record >= 50));
    }
}
