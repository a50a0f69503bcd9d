//! Client programs, devices and conversations of an account, and the end users that it names.
//!
//! An application has one client program and many conversations, a person a few of each. Many programs with many
//! concurrent conversations are several people behind one account: a household, a team, a reseller. Which program it is
//! does not matter, only how the exchanges are distributed over them.
//!
//! A relay that gives all its users one device still passes on what their programs are: the device's version goes back
//! and forth, where a person's program only moves on. A person with two machines has two devices, each with a version
//! of its own. Versions are keyed digests without an order, so going back is told by a version that was left before.
//!
//! Whatever is not stated counts for nothing, and an account that names its end users discloses whom it serves.

use super::moments::ratio;
use super::repeat_ring::Turn;
use super::small_count::SmallCount;
use super::space_saving::SpaceSaving;
use crate::domain::{Digest, Observation};

/// Number of devices whose versions are followed.
pub(super) const DEVICES_LENGTH: usize = 3;

/// Exchanges with a version below which no share of returns is known.
const VERSIONS_NEEDED: u32 = 10;

/// The version of one device, and the one that it left. Digests cut to 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DeviceVersion {
    /// 0 for a device without a name, the largest number for a vacant entry.
    pub(super) device: u32,
    pub(super) version: u32,
    /// 0 if it left none.
    pub(super) left: u32,
}

impl DeviceVersion {
    const NOTHING: Self = Self {
        device: u32::MAX,
        version: 0,
        left: 0,
    };
}

/// Counts of exchanges by client program, of devices and named end users, and of returns to a conversation that another
/// one had interrupted or to a version that was left. Programs merge as [`SpaceSaving`] does; devices and end users
/// merge exactly; returns relate exchanges of one account and add. The devices whose versions are followed are those
/// with the three smallest digests. Update cost: one scan of six counters and two hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    pub(super) programs: SpaceSaving<6>,
    pub(super) in_conversation: u64,
    pub(super) returns: u64,
    pub(super) devices: SmallCount,
    pub(super) end_users: SmallCount,
    pub(super) with_end_user: u32,
    /// Exchanges of the devices below with a version, and those of them that went back to one that was left.
    pub(super) with_version: u32,
    pub(super) version_returns: u32,
    /// Ascending by device; vacant entries last.
    pub(super) versions: [DeviceVersion; DEVICES_LENGTH],
}

impl Clients {
    pub(super) const fn empty() -> Self {
        Self {
            programs: SpaceSaving::empty(),
            in_conversation: 0,
            returns: 0,
            devices: SmallCount::ZERO,
            end_users: SmallCount::ZERO,
            with_end_user: 0,
            with_version: 0,
            version_returns: 0,
            versions: [DeviceVersion::NOTHING; DEVICES_LENGTH],
        }
    }

    /// Updates the counts with one exchange; `turn` relates it to the conversations of the last hour.
    pub(super) fn update(&mut self, observation: &Observation, turn: Turn) {
        if let Some(program) = observation.user_agent {
            self.programs.update(program);
        }
        let named = observation.conversation.is_some();
        self.in_conversation = self.in_conversation.saturating_add(u64::from(named));
        self.returns = self.returns.saturating_add(u64::from(turn == Turn::Return));
        let origin = &observation.origin;
        if let Some(device) = origin.device {
            self.devices.insert(device);
        }
        if let Some(end_user) = origin.end_user {
            self.end_users.insert(end_user);
            self.with_end_user = self.with_end_user.saturating_add(1);
        }
        if let Some(version) = origin.version {
            self.follow(origin.device, version);
        }
    }

    /// Follows the version of a device, if it is among those with the smallest digests.
    fn follow(&mut self, device: Option<Digest>, version: Digest) {
        let device = device.map_or(0, |device| (device.0 as u32).min(u32::MAX - 1));
        let version = (version.0 as u32).max(1);
        let place = self
            .versions
            .binary_search_by_key(&device, |old| old.device);
        match place {
            Ok(at) => {
                let old = &mut self.versions[at];
                if version != old.version {
                    let returned = u32::from(version == old.left);
                    self.version_returns = self.version_returns.saturating_add(returned);
                    (old.left, old.version) = (old.version, version);
                }
            }
            Err(at) if at < DEVICES_LENGTH => {
                self.versions[at..].rotate_right(1);
                self.versions[at] = DeviceVersion {
                    device,
                    version,
                    left: 0,
                };
            }
            Err(_) => return,
        }
        self.with_version = self.with_version.saturating_add(1);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.programs.merge(&other.programs);
        self.in_conversation = self.in_conversation.saturating_add(other.in_conversation);
        self.returns = self.returns.saturating_add(other.returns);
        self.devices.merge(other.devices);
        self.end_users.merge(other.end_users);
        self.with_end_user = self.with_end_user.saturating_add(other.with_end_user);
        self.with_version = self.with_version.saturating_add(other.with_version);
        self.version_returns = self.version_returns.saturating_add(other.version_returns);
        for new in other.followed() {
            let place = self
                .versions
                .binary_search_by_key(&new.device, |old| old.device);
            match place {
                Ok(at) => self.versions[at] = self.versions[at].max(*new),
                Err(at) if at < DEVICES_LENGTH => {
                    self.versions[at..].rotate_right(1);
                    self.versions[at] = *new;
                }
                Err(_) => {}
            }
        }
    }

    /// Returns the most used client programs.
    pub const fn programs(&self) -> &SpaceSaving<6> {
        &self.programs
    }

    /// Returns the share of the exchanges with a named conversation that return, within an hour, to one that another
    /// conversation had interrupted; `None` if none is named. Looks back over the last 32 exchanges.
    pub fn return_share(&self) -> Option<f64> {
        ratio(self.returns, self.in_conversation)
    }

    /// Returns the estimated number of devices that are named; 0 if none is.
    pub fn devices(&self) -> f64 {
        self.devices.estimate()
    }

    /// Returns the estimated number of end users that are named; 0 if none is.
    pub fn end_users(&self) -> f64 {
        self.end_users.estimate()
    }

    /// Returns the number of exchanges that name their end user.
    pub const fn with_end_user(&self) -> u32 {
        self.with_end_user
    }

    /// Returns the share of exchanges with a version of the client in which a device goes back to the version that it
    /// had left; `None` for fewer than ten.
    pub fn version_return_share(&self) -> Option<f64> {
        let share = ratio(
            u64::from(self.version_returns),
            u64::from(self.with_version),
        )?;
        (self.with_version >= VERSIONS_NEEDED).then_some(share)
    }

    pub(super) fn is_valid(&self) -> bool {
        let followed = self.followed();
        self.programs.is_valid()
            && self.returns <= self.in_conversation
            && self.version_returns <= self.with_version
            && followed.is_sorted_by(|a, b| a.device < b.device)
            && self.versions[followed.len()..]
                .iter()
                .all(|vacant| *vacant == DeviceVersion::NOTHING)
    }

    fn followed(&self) -> &[DeviceVersion] {
        let used = self.versions.partition_point(|old| old.device < u32::MAX);
        &self.versions[..used]
    }
}
