//! How gateway hooks answer, as flags.

use clap::{Args, ValueEnum};

use crate::domain::Recommendation;
use crate::gateway::{AccountOrder, Party};
use crate::server::Hooks;

/// Flags of gateway hooks.
#[derive(Args)]
pub(super) struct HookFlags {
    /// What gateway hooks answer
    #[arg(
        long,
        value_name = "MODE",
        default_value = "observe",
        env = "STILLWATCH_HOOKS_VERDICT"
    )]
    hooks_verdict: HookVerdict,
    /// Who is the account of a gateway's call: the first of these that it names
    #[arg(
        long,
        value_name = "PARTY,...",
        value_delimiter = ',',
        default_value = "key,end-user",
        env = "STILLWATCH_HOOKS_ACCOUNT"
    )]
    hooks_account: Vec<PartyName>,
}

/// What gateway hooks answer.
#[derive(Clone, Copy, ValueEnum)]
enum HookVerdict {
    /// Every request passes at once; it is scored afterwards
    Observe,
    /// Requests of accounts that stand at `restrict` are declined
    Restrict,
    /// Requests of accounts that stand at `review` or `restrict` are declined
    Review,
}

/// A party that a gateway may name.
#[derive(Clone, Copy)]
struct PartyName(Party);

impl ValueEnum for PartyName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [PartyName; 4] = [
            PartyName(Party::Key),
            PartyName(Party::EndUser),
            PartyName(Party::User),
            PartyName(Party::Team),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

impl HookFlags {
    pub(super) fn hooks(&self) -> Hooks {
        Hooks {
            block_from: match self.hooks_verdict {
                HookVerdict::Observe => None,
                HookVerdict::Restrict => Some(Recommendation::Restrict),
                HookVerdict::Review => Some(Recommendation::Review),
            },
            accounts: AccountOrder::new(self.hooks_account.iter().map(|party| party.0).collect()),
            ..Hooks::standard()
        }
    }
}
