//! One account used by many people: end users unaware of each other, each with their own workload, software and tools.
//! A relay network hides this; a reseller does the same and discloses it. Must not know extraction.

use crate::simulate::corpus::Corpus;
use crate::simulate::plan::feed::{Feed, FeedReader, Request};
use crate::simulate::prompt::request_spec::Prompt;
use crate::simulate::rng::SeededRng;

/// The end users of one account, or the uses that one holder makes of it.
pub(crate) struct EndUsers<'a> {
    readers: Vec<FeedReader<'a>>,
    speaking: usize,
    /// Probability that the next request comes from a random one instead of the last sender.
    change: f64,
}

impl<'a> EndUsers<'a> {
    /// Creates readers of these feeds; `None` if there are no feeds.
    pub(crate) fn new(feeds: &'a [Feed], change: f64, corpus: &'a Corpus) -> Option<Self> {
        let readers = feeds.iter().map(|feed| FeedReader::new(feed, corpus));
        (!feeds.is_empty()).then(|| Self {
            readers: readers.collect(),
            speaking: 0,
            change,
        })
    }

    /// Returns the next sender and its request.
    pub(crate) fn next(&mut self, rng: &mut SeededRng) -> (usize, Request) {
        if self.readers.len() > 1 && rng.chance(self.change) {
            self.speaking = rng.below(self.readers.len());
        }
        (self.speaking, self.readers[self.speaking].next(rng))
    }

    /// Returns the text of an end user's request.
    pub(crate) fn prompt(&self, user: usize, request: &Request) -> Prompt {
        self.readers[user].prompt(request)
    }
}
