//! What one speaker has to say, in order. A person's requests are listed; those of a template are made when they are
//! asked for, so that an account with a hundred thousand of them weighs no more than one with ten.

use std::sync::Arc;

use crate::simulate::permutation::Permutation;
use crate::simulate::prompt::request_spec::{RecordRef, RequestSpec, Unit};
use crate::simulate::rng::SeededRng;

/// A sequence of requests; never empty.
#[derive(Clone, Debug)]
pub(crate) enum RequestSequence {
    /// As listed.
    Listed(Arc<[RequestSpec]>),
    /// Piles in some order.
    Dealt {
        pools: Arc<[RequestPool]>,
        order: Order,
        count: usize,
    },
}

/// How pools are put together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// One after another.
    InSequence,
    /// One request of each pool in turn.
    InTurn,
    /// Shuffled into each other.
    Shuffled(Permutation),
}

/// An input that an application may borrow from another one of its kind and language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Donor {
    pub(crate) place: RecordRef,
    /// Bytes of its last message around the input.
    pub(crate) around: (u32, u32),
}

/// Requests of one template: its own records in random order, then inputs of like applications, then crossings.
#[derive(Clone, Debug)]
pub(crate) struct RequestPool {
    pub(crate) unit: Unit,
    pub(crate) records: Arc<[u32]>,
    /// Records that are used as they are, and that all others are made from.
    pub(crate) own: usize,
    /// Bytes around the template's input; `None` when it cannot be told.
    pub(crate) around: Option<(u32, u32)>,
    pub(crate) donors: Arc<[Donor]>,
    pub(crate) count: usize,
    pub(crate) seed: u64,
}

impl RequestSequence {
    /// Requests as listed.
    pub(crate) fn listed(specs: Vec<RequestSpec>) -> Self {
        Self::Listed(specs.into())
    }

    /// Piles one after another.
    pub(crate) fn of(pools: Vec<RequestPool>) -> Self {
        Self::Dealt {
            count: pools.iter().map(|pool| pool.count).sum(),
            pools: pools.into(),
            order: Order::InSequence,
        }
    }

    /// One request of each pool in turn.
    ///
    /// # Panics
    /// When the pools are not of one size; the first ones may be larger by one.
    pub(crate) fn in_turn(pools: Vec<RequestPool>) -> Self {
        let (most, least) = (pools.first(), pools.last());
        let uneven = most.map_or(0, |p| p.count) - least.map_or(0, |p| p.count);
        let falls = pools.windows(2).all(|pair| pair[0].count >= pair[1].count);
        assert!(falls && uneven <= 1, "even piles, the larger first");
        Self::Dealt {
            count: pools.iter().map(|pool| pool.count).sum(),
            pools: pools.into(),
            order: Order::InTurn,
        }
    }

    /// The same requests in random order.
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

    /// Number of requests.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Listed(specs) => specs.len(),
            Self::Dealt { count, .. } => *count,
        }
    }

    /// The request at `place`; from the beginning again after the last.
    pub(crate) fn spec(&self, place: usize) -> RequestSpec {
        let place = place % self.len();
        match self {
            Self::Listed(specs) => specs[place],
            Self::Dealt { pools, order, .. } => {
                let mut place = match order {
                    Order::InSequence => place,
                    Order::InTurn => {
                        return pools[place % pools.len()].spec(place / pools.len());
                    }
                    Order::Shuffled(order) => order.at(place),
                };
                for pool in pools.iter() {
                    if place < pool.count {
                        return pool.spec(place);
                    }
                    place -= pool.count;
                }
                unreachable!("a deck counts its piles")
            }
        }
    }
}

impl RequestPool {
    fn spec(&self, place: usize) -> RequestSpec {
        if place < self.own {
            return RequestSpec::Plain(self.own(place));
        }
        let mut rng = SeededRng::new(self.seed.wrapping_add(place as u64), "made from two");
        self.borrowed(place - self.own, &mut rng)
            .unwrap_or_else(|| {
                let [left, right] = [(), ()].map(|()| self.own(rng.below(self.own)));
                let at = rng.unit() as f32;
                RequestSpec::Cross { left, right, at }
            })
    }

    fn own(&self, place: usize) -> RecordRef {
        let order = Permutation::new(self.records.len(), self.seed);
        RecordRef {
            unit: self.unit,
            record: self.records[order.at(place)],
        }
    }

    fn borrowed(&self, place: usize, rng: &mut SeededRng) -> Option<RequestSpec> {
        let around = self.around?;
        if place >= self.donors.len() {
            return None;
        }
        let order = Permutation::new(self.donors.len(), !self.seed);
        let donor = self.donors[order.at(place)];
        (donor.place.unit != self.unit).then(|| RequestSpec::Input {
            frame: self.own(rng.below(self.own)),
            around,
            donor: donor.place,
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
        for place in 0..sequence.len() {
            match sequence.spec(place) {
                RequestSpec::Plain(record) => assert!(own.insert(record.record)),
                RequestSpec::Cross { left, right, .. } => {
                    assert!(place >= 20);
                    assert!(own.contains(&left.record) && own.contains(&right.record));
                }
                RequestSpec::Input { .. } => panic!("no donors were given"),
            }
        }
        assert_eq!(own.len(), 20);
        assert_eq!(sequence.spec(0), sequence.spec(5_000));
    }

    #[test]
    fn piles_take_turns() {
        let sequence =
            RequestSequence::in_turn(vec![pool(0, 3, 3), pool(50, 2, 2), pool(100, 2, 2)]);
        let records = (0..sequence.len()).map(|place| sequence.spec(place).frame().record);
        let pools: Vec<u32> = records.map(|record| record / 50).collect();
        assert_eq!(pools, [0, 1, 2, 0, 1, 2, 0]);
        let distinct: BTreeSet<u32> = (0..sequence.len())
            .map(|place| sequence.spec(place).frame().record)
            .collect();
        assert_eq!(distinct.len(), sequence.len());
    }

    #[test]
    fn shuffling_keeps_every_card() {
        let plain = |sequence: &RequestSequence| -> BTreeSet<u32> {
            let specs = (0..sequence.len()).map(|place| sequence.spec(place).frame().record);
            specs.collect()
        };
        let sequence = RequestSequence::of(vec![pool(0, 50, 50), pool(50, 50, 50)]);
        let shuffled = sequence.clone().shuffled(&mut SeededRng::new(1, "deck"));
        assert_eq!(plain(&sequence), plain(&shuffled));
        assert!((0..50).any(|place| shuffled.spec(place).frame().record >= 50));
    }
}
