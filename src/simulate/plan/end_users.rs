//! One account that many people use: end users who know nothing of each other, each with their own workload, software
//! and tools. A relay network hides that; a disclosed reseller does the same and says so. Knows nothing of extractions.

use crate::simulate::corpus::Corpus;
use crate::simulate::plan::feed::{Feed, FeedReader, Request};
use crate::simulate::prompt::request_spec::Prompt;
use crate::simulate::rng::SeededRng;

/// Chance that anyone of the end users sends the next request, not the one who sent the last.
const CHANGE_OF_SPEAKER: f64 = 0.5;

/// Everyone who sends through one account.
pub(crate) struct EndUsers<'a> {
    readers: Vec<FeedReader<'a>>,
    speaking: usize,
}

impl<'a> EndUsers<'a> {
    /// The readers of these feeds; `None` when there is no feed.
    pub(crate) fn new(feeds: &'a [Feed], corpus: &'a Corpus) -> Option<Self> {
        let readers = feeds.iter().map(|feed| FeedReader::new(feed, corpus));
        (!feeds.is_empty()).then(|| Self {
            readers: readers.collect(),
            speaking: 0,
        })
    }

    /// Who sends next, and what.
    pub(crate) fn next(&mut self, rng: &mut SeededRng) -> (usize, Request) {
        if self.readers.len() > 1 && rng.chance(CHANGE_OF_SPEAKER) {
            self.speaking = rng.below(self.readers.len());
        }
        (self.speaking, self.readers[self.speaking].next(rng))
    }

    /// The text of a request of one of them.
    pub(crate) fn prompt(&self, user: usize, request: &Request) -> Prompt {
        self.readers[user].prompt(request)
    }
}
