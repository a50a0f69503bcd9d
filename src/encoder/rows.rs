//! Which rows of the weight table a text touches: one for each token, one for each neighbouring pair.
//!
//! Single tokens cannot tell "step by step" from "by"; hashed pairs can, at one more row a token.

use super::{CHANNELS, Channel, Vocabulary};

/// Row numbers of one request, by channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelRows {
    channels: [Vec<u32>; CHANNELS],
}

impl ChannelRows {
    /// Forgets the last request and keeps the buffers.
    pub fn clear(&mut self) {
        for channel in &mut self.channels {
            channel.clear();
        }
    }

    /// Rows of one channel.
    pub fn channel(&self, channel: Channel) -> &[u32] {
        &self.channels[channel as usize]
    }

    /// Rows of one channel, to fill.
    pub fn channel_mut(&mut self, channel: Channel) -> &mut Vec<u32> {
        &mut self.channels[channel as usize]
    }
}

/// Appends the rows of normalised `text`: token rows first, then pair rows (numbered from the vocabulary's size).
pub fn row_ids(vocabulary: &Vocabulary, pair_rows: usize, text: &str, rows: &mut Vec<u32>) {
    let first = rows.len();
    vocabulary.ids_into(text, rows);
    let end = rows.len();
    if pair_rows == 0 {
        return;
    }
    let offset = vocabulary.len() as u32;
    rows.reserve(end - first);
    for index in first + 1..end {
        let pair = pair_hash(rows[index - 1], rows[index]) % pair_rows as u64;
        rows.push(offset + pair as u32);
    }
}

/// A fixed mixing of two token numbers (the finaliser of splitmix64, Steele et al. 2014).
const fn pair_hash(left: u32, right: u32) -> u64 {
    let mut hash = ((left as u64) << 32 | right as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
