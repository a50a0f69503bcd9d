//! Selection of the account that an exchange is attributed to.
//!
//! Gateways name several parties: the key that was used, the end user behind it, the user and the team that own the
//! key. An account is the party that the provider bills or can ban. By default that is the key. The end user is the
//! fallback when no key is named, and only the fallback because callers choose its name themselves: an extracting
//! caller could choose a new one for each request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::Node;

/// A party that a gateway may name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The API key, as a hash or a name.
    Key,
    /// The end user that the caller names.
    EndUser,
    /// The user that the key belongs to.
    User,
    /// The team that the key belongs to.
    Team,
}

/// The parties that may be the account, in order of preference: the first one named wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountOrder([Party; 3]);

impl AccountOrder {
    /// Creates the order `party`, then the key, then the end user.
    pub(crate) const fn beginning_with(party: Party) -> Self {
        Self([party, Party::Key, Party::EndUser])
    }
}

/// The parties named in one body.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) key: Option<String>,
    pub(super) end_user: Option<String>,
    pub(super) user: Option<String>,
    pub(super) team: Option<String>,
    pub(super) organization: Option<String>,
}

impl Identity {
    /// Reads the parties under LiteLLM's field names; `prefix` is prepended to every name.
    pub(super) fn of_litellm(fields: &Node<'_>, prefix: &str) -> Self {
        let named = |name: &str| fields.get(&format!("{prefix}user_api_key_{name}")).name();
        Self {
            key: named("hash"),
            end_user: named("end_user_id"),
            user: named("user_id"),
            team: named("team_id"),
            organization: named("org_id"),
        }
    }

    /// Returns the account: the first party of `order` that is named.
    pub(super) fn account(&self, order: &AccountOrder) -> Option<&str> {
        let of = |party: &Party| match party {
            Party::Key => self.key.as_deref(),
            Party::EndUser => self.end_user.as_deref(),
            Party::User => self.user.as_deref(),
            Party::Team => self.team.as_deref(),
        };
        order.0.iter().find_map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_comes_before_the_end_user_unless_the_operator_says_otherwise() {
        let both = Identity {
            key: Some("k".to_owned()),
            end_user: Some("e".to_owned()),
            ..Identity::default()
        };
        let user_alone = Identity {
            end_user: Some("e".to_owned()),
            ..Identity::default()
        };
        let turned = AccountOrder::beginning_with(Party::EndUser);
        let usual = AccountOrder::beginning_with(Party::Key);
        assert_eq!(both.account(&usual), Some("k"));
        assert_eq!(user_alone.account(&usual), Some("e"));
        assert_eq!(both.account(&turned), Some("e"));
        assert_eq!(Identity::default().account(&turned), None);
    }
}
