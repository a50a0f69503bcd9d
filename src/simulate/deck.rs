//! What one speaker has to say, in order. A person's requests are listed; those of a template are made when they are
//! asked for, so that an account with a hundred thousand of them weighs no more than one with ten.

use std::sync::Arc;

use super::card::{Card, RecordRef, Unit};
use super::dice::Dice;
use super::permutation::Permutation;

/// A sequence of requests; never empty.
#[derive(Clone, Debug)]
pub(super) enum Deck {
    /// As listed.
    Listed(Arc<[Card]>),
    /// Piles in some order.
    Dealt {
        piles: Arc<[Pile]>,
        order: Order,
        count: usize,
    },
}

/// How piles are put together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// One after another.
    InSequence,
    /// One request of each pile in turn.
    InTurn,
    /// Shuffled into each other.
    Shuffled(Permutation),
}

/// An input that an application may borrow from another one of its kind and language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Donor {
    pub(super) place: RecordRef,
    /// Bytes of its last message around the input.
    pub(super) around: (u32, u32),
}

/// Requests of one template: its own records in random order, then inputs of like applications, then crossings.
#[derive(Clone, Debug)]
pub(super) struct Pile {
    pub(super) unit: Unit,
    pub(super) records: Arc<[u32]>,
    /// Records that are used as they are, and that all others are made from.
    pub(super) own: usize,
    /// Bytes around the template's input; `None` when it cannot be told.
    pub(super) around: Option<(u32, u32)>,
    pub(super) donors: Arc<[Donor]>,
    pub(super) count: usize,
    pub(super) seed: u64,
}

impl Deck {
    /// Requests as listed.
    pub(super) fn listed(cards: Vec<Card>) -> Self {
        Self::Listed(cards.into())
    }

    /// Piles one after another.
    pub(super) fn of(piles: Vec<Pile>) -> Self {
        Self::Dealt {
            count: piles.iter().map(|pile| pile.count).sum(),
            piles: piles.into(),
            order: Order::InSequence,
        }
    }

    /// One request of each pile in turn.
    ///
    /// # Panics
    /// When the piles are not of one size; the first ones may be larger by one.
    pub(super) fn in_turn(piles: Vec<Pile>) -> Self {
        let (most, least) = (piles.first(), piles.last());
        let uneven = most.map_or(0, |p| p.count) - least.map_or(0, |p| p.count);
        let falls = piles.windows(2).all(|pair| pair[0].count >= pair[1].count);
        assert!(falls && uneven <= 1, "even piles, the larger first");
        Self::Dealt {
            count: piles.iter().map(|pile| pile.count).sum(),
            piles: piles.into(),
            order: Order::InTurn,
        }
    }

    /// The same requests in random order.
    pub(super) fn shuffled(self, dice: &mut Dice) -> Self {
        match self {
            Self::Listed(cards) => {
                let mut cards = cards.to_vec();
                dice.shuffle(&mut cards);
                Self::listed(cards)
            }
            Self::Dealt { piles, count, .. } => Self::Dealt {
                piles,
                order: Order::Shuffled(Permutation::new(count, dice.seed())),
                count,
            },
        }
    }

    /// Number of requests.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Listed(cards) => cards.len(),
            Self::Dealt { count, .. } => *count,
        }
    }

    /// The request at `place`; from the beginning again after the last.
    pub(super) fn card(&self, place: usize) -> Card {
        let place = place % self.len();
        match self {
            Self::Listed(cards) => cards[place],
            Self::Dealt { piles, order, .. } => {
                let mut place = match order {
                    Order::InSequence => place,
                    Order::InTurn => {
                        return piles[place % piles.len()].card(place / piles.len());
                    }
                    Order::Shuffled(order) => order.at(place),
                };
                for pile in piles.iter() {
                    if place < pile.count {
                        return pile.card(place);
                    }
                    place -= pile.count;
                }
                unreachable!("a deck counts its piles")
            }
        }
    }
}

impl Pile {
    fn card(&self, place: usize) -> Card {
        if place < self.own {
            return Card::Plain(self.own(place));
        }
        let mut dice = Dice::new(self.seed.wrapping_add(place as u64), "made from two");
        self.borrowed(place - self.own, &mut dice)
            .unwrap_or_else(|| {
                let [left, right] = [(), ()].map(|()| self.own(dice.below(self.own)));
                let at = dice.unit() as f32;
                Card::Cross { left, right, at }
            })
    }

    fn own(&self, place: usize) -> RecordRef {
        let order = Permutation::new(self.records.len(), self.seed);
        RecordRef {
            unit: self.unit,
            record: self.records[order.at(place)],
        }
    }

    fn borrowed(&self, place: usize, dice: &mut Dice) -> Option<Card> {
        let around = self.around?;
        if place >= self.donors.len() {
            return None;
        }
        let order = Permutation::new(self.donors.len(), !self.seed);
        let donor = self.donors[order.at(place)];
        (donor.place.unit != self.unit).then(|| Card::Input {
            frame: self.own(dice.below(self.own)),
            around,
            donor: donor.place,
            donor_around: donor.around,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Deck, Pile};
    use crate::simulate::card::{Card, Unit};
    use crate::simulate::dice::Dice;

    fn pile(first: u32, own: usize, count: usize) -> Pile {
        Pile {
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
        let deck = Deck::of(vec![pile(0, 20, 5_000)]);
        let mut own = BTreeSet::new();
        for place in 0..deck.len() {
            match deck.card(place) {
                Card::Plain(record) => assert!(own.insert(record.record)),
                Card::Cross { left, right, .. } => {
                    assert!(place >= 20);
                    assert!(own.contains(&left.record) && own.contains(&right.record));
                }
                Card::Input { .. } => panic!("no donors were given"),
            }
        }
        assert_eq!(own.len(), 20);
        assert_eq!(deck.card(0), deck.card(5_000));
    }

    #[test]
    fn piles_take_turns() {
        let deck = Deck::in_turn(vec![pile(0, 3, 3), pile(50, 2, 2), pile(100, 2, 2)]);
        let records = (0..deck.len()).map(|place| deck.card(place).frame().record);
        let piles: Vec<u32> = records.map(|record| record / 50).collect();
        assert_eq!(piles, [0, 1, 2, 0, 1, 2, 0]);
        let distinct: BTreeSet<u32> = (0..deck.len())
            .map(|place| deck.card(place).frame().record)
            .collect();
        assert_eq!(distinct.len(), deck.len());
    }

    #[test]
    fn shuffling_keeps_every_card() {
        let plain = |deck: &Deck| -> BTreeSet<u32> {
            let cards = (0..deck.len()).map(|place| deck.card(place).frame().record);
            cards.collect()
        };
        let deck = Deck::of(vec![pile(0, 50, 50), pile(50, 50, 50)]);
        let shuffled = deck.clone().shuffled(&mut Dice::new(1, "deck"));
        assert_eq!(plain(&deck), plain(&shuffled));
        assert!((0..50).any(|place| shuffled.card(place).frame().record >= 50));
    }
}
