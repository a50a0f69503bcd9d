//! The rows of the weight table that a request uses: one for each token, in reading order.

use super::{CHANNELS, Channel};

/// Row numbers of one request, by channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelRows {
    channels: [Vec<u32>; CHANNELS],
}

impl ChannelRows {
    /// Clears the rows of the last request and keeps the buffers.
    pub fn clear(&mut self) {
        for channel in &mut self.channels {
            channel.clear();
        }
    }

    /// Returns the rows of one channel.
    pub fn channel(&self, channel: Channel) -> &[u32] {
        &self.channels[channel as usize]
    }

    /// Returns the rows of one channel, for filling.
    pub fn channel_mut(&mut self, channel: Channel) -> &mut Vec<u32> {
        &mut self.channels[channel as usize]
    }
}
