//! The templates that carry most of an account's requests: what a mark on a template is compared with.

use crate::domain::Digest;
use crate::profile::{Profile, SpaceSaving};

/// The whole, the beginning and the end of the template that at least half of an account's requests share.
///
/// A mark on any of the three covers the account: which of them is constant depends on where the template's slots are,
/// and that is the same for all who use it. An account that only sometimes uses a marked template is not covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Templates([Option<Digest>; 3]);

impl Templates {
    /// Creates the templates of an account from the digests of its main skeleton, head and tail.
    pub const fn new(skeleton: Option<Digest>, head: Option<Digest>, tail: Option<Digest>) -> Self {
        Self([skeleton, head, tail])
    }

    /// Reads them from a profile.
    pub(crate) fn of(profile: &Profile) -> Self {
        let hitters = profile.heavy_hitters();
        Self::new(
            main(hitters.skeletons()),
            main(hitters.heads()),
            main(hitters.tails()),
        )
    }

    /// Returns the template to mark: the most specific one.
    pub fn main(self) -> Option<Digest> {
        self.digests().next()
    }

    /// Returns all of them, the most specific first.
    pub(super) fn digests(self) -> impl Iterator<Item = Digest> {
        self.0.into_iter().flatten()
    }

    pub(super) fn include(self, template: Digest) -> bool {
        self.0.contains(&Some(template))
    }
}

/// Returns the digest that certainly makes up at least half of the stream.
fn main(hitters: &SpaceSaving<16>) -> Option<Digest> {
    let first = hitters.tracked().first()?;
    let half = u64::from(first.certain()) * 2 >= hitters.total();
    (half && first.digest != Digest::NONE).then_some(first.digest)
}
