//! Which requests one account sends: without replacement, one application, one suite, one harvest or one person.

use std::sync::Arc;

use super::card::{Card, RecordRef, Unit};
use super::deck::{Deck, Pile};
use super::dice::Dice;
use super::shelf::{Shelf, Shelves};

/// Records that a person's subject is chosen among; bounds the cost of an account.
const CANDIDATES: usize = 240;

/// Most requests of one person: more than anyone in the traces sent (1,207).
const PERSON_REQUESTS: usize = 2_000;

/// Records of its own that an account has when it extends a small seed set.
const SEED_SET: (usize, usize) = (18, 40);

impl Shelves<'_> {
    /// `count` requests of one template: its own records first, then inputs of like applications, then crossings.
    pub(super) fn work(&self, shelf: &Shelf, count: usize, dice: &mut Dice) -> Deck {
        Deck::of(vec![self.pile(shelf, &shelf.records, count, count, dice)])
    }

    /// `count` requests of a harvest over `records` of a stage. Half of the harvests extend a small seed set, as
    /// honest applications (with their few dozen records) do, so that recombination tells nothing.
    pub(super) fn harvest(
        &self,
        stage: &Shelf,
        records: &Arc<[u32]>,
        count: usize,
        dice: &mut Dice,
    ) -> Pile {
        let supply = if dice.chance(0.5) {
            dice.between(SEED_SET.0, SEED_SET.1)
        } else {
            count
        };
        self.pile(stage, records, supply, count, dice)
    }

    fn pile(
        &self,
        shelf: &Shelf,
        records: &Arc<[u32]>,
        supply: usize,
        count: usize,
        dice: &mut Dice,
    ) -> Pile {
        Pile {
            unit: shelf.unit,
            records: Arc::clone(records),
            own: supply.min(count).min(records.len()).max(1),
            around: self.around(shelf.unit),
            donors: self.inputs_like(shelf.unit),
            count,
            seed: dice.seed(),
        }
    }

    /// At most `count` requests of one person, fewer when the language has no more: two to five subjects, each a
    /// question and what lies nearest to it, all in the language of `home`, mostly from the same corpus.
    pub(super) fn person(
        &self,
        circle: &[&Shelf],
        home: usize,
        count: usize,
        dice: &mut Dice,
    ) -> Vec<Card> {
        let count = count.min(PERSON_REQUESTS);
        let subjects = dice.between(2, 5);
        let alike: Vec<&Shelf> = circle
            .iter()
            .copied()
            .filter(|shelf| shelf.language == circle[home].language)
            .collect();
        let mut cards: Vec<Card> = Vec::with_capacity(count);
        for subject in 0..subjects {
            let shelf = if dice.chance(0.7) {
                circle[home]
            } else {
                *dice.pick(&alike)
            };
            let wanted = (count - cards.len()).div_ceil(subjects - subject);
            for card in self.subject(shelf, wanted, dice) {
                if !cards.contains(&card) {
                    cards.push(card);
                }
            }
        }
        // Subjects run into each other or run dry: the rest comes from the language's other corpora.
        for shelf in sample(&alike, alike.len(), dice) {
            let missing = count - cards.len();
            if missing == 0 {
                break;
            }
            let more = self.subject(shelf, missing, dice);
            let more: Vec<Card> = more.into_iter().filter(|c| !cards.contains(c)).collect();
            cards.extend(more);
        }
        // Subjects come back: a person returns to them, in blocks.
        interleave(cards, dice)
    }

    /// The `count` records of a shelf that are nearest to a random one, by subject.
    pub(super) fn subject(&self, shelf: &Shelf, count: usize, dice: &mut Dice) -> Vec<Card> {
        let candidates = sample(&shelf.records, CANDIDATES.max(count * 2), dice);
        let anchor = self.topic(shelf.unit, candidates[0]);
        let mut ranked: Vec<(f32, u32)> = candidates
            .into_iter()
            .map(|record| (self.topic(shelf.unit, record).likeness(&anchor), record))
            .collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let nearest = ranked.into_iter().take(count);
        nearest
            .map(|(_, record)| plain(shelf.unit, record))
            .collect()
    }
}

/// `count` of `items` in random order without replacement; all of them when there are fewer.
pub(super) fn sample<T: Copy>(items: &[T], count: usize, dice: &mut Dice) -> Vec<T> {
    let mut items = items.to_vec();
    let count = count.min(items.len());
    for position in 0..count {
        let other = position + dice.below(items.len() - position);
        items.swap(position, other);
    }
    items.truncate(count);
    items
}

/// Cuts a sequence into blocks of one to eight and shuffles the blocks.
fn interleave(cards: Vec<Card>, dice: &mut Dice) -> Vec<Card> {
    let mut blocks: Vec<Vec<Card>> = Vec::new();
    let mut cards = cards.into_iter();
    loop {
        let block: Vec<Card> = cards.by_ref().take(dice.between(1, 8)).collect();
        if block.is_empty() {
            break;
        }
        blocks.push(block);
    }
    dice.shuffle(&mut blocks);
    blocks.concat()
}

const fn plain(unit: Unit, record: u32) -> Card {
    Card::Plain(RecordRef { unit, record })
}
