//! Purposes of digests. Digests of different purposes cannot be compared, by design.

/// The purpose of a digest.
///
/// Each purpose has a subkey of its own, so equal text under two purposes gives unrelated digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// A model's name.
    Model,
    /// A conversation's name.
    Conversation,
    /// A whole prompt.
    Prompt,
    /// A system prompt.
    System,
    /// A template's skeleton.
    Skeleton,
    /// A skeleton's first tokens.
    Head,
    /// A skeleton's last tokens.
    Tail,
    /// The content that fills a skeleton's slots.
    Slots,
    /// A piece of a skeleton that links accounts.
    Identity,
    /// A property of the client, such as its software.
    Client,
    /// An account's name.
    Account,
    /// An organisation's name.
    Organization,
    /// An account's name, for a digest that the account's holder may see.
    Reference,
    /// An exchange: its id and its messages.
    Exchange,
    /// A secret that identifies an account, such as an API key.
    Credential,
    /// A session of a client.
    Session,
    /// A user behind an account.
    EndUser,
    /// A device.
    Device,
    /// What an account was registered with.
    Registration,
    /// An account's plan.
    Plan,
    /// The setting in which a turn is typed.
    Setting,
}

impl Purpose {
    /// All purposes, in declaration order.
    pub(super) const ALL: [Self; 21] = [
        Self::Model,
        Self::Conversation,
        Self::Prompt,
        Self::System,
        Self::Skeleton,
        Self::Head,
        Self::Tail,
        Self::Slots,
        Self::Identity,
        Self::Client,
        Self::Account,
        Self::Organization,
        Self::Reference,
        Self::Exchange,
        Self::Credential,
        Self::Session,
        Self::EndUser,
        Self::Device,
        Self::Registration,
        Self::Plan,
        Self::Setting,
    ];

    /// Returns the name from which the purpose's subkey is derived. Changing it changes every stored digest of the
    /// purpose.
    pub(super) const fn context(self) -> &'static str {
        match self {
            Self::Model => "stillwatch v1 model",
            Self::Conversation => "stillwatch v1 conversation",
            Self::Prompt => "stillwatch v1 prompt",
            Self::System => "stillwatch v1 system",
            Self::Skeleton => "stillwatch v1 skeleton",
            Self::Head => "stillwatch v1 head",
            Self::Tail => "stillwatch v1 tail",
            Self::Slots => "stillwatch v1 slots",
            Self::Identity => "stillwatch v1 identity",
            Self::Client => "stillwatch v1 client",
            Self::Account => "stillwatch v1 account",
            Self::Organization => "stillwatch v1 organization",
            Self::Reference => "stillwatch v1 reference",
            Self::Exchange => "stillwatch v1 exchange",
            Self::Credential => "stillwatch v1 credential",
            Self::Session => "stillwatch v1 session",
            Self::EndUser => "stillwatch v1 end user",
            Self::Device => "stillwatch v1 device",
            Self::Registration => "stillwatch v1 registration",
            Self::Plan => "stillwatch v1 plan",
            Self::Setting => "stillwatch v1 setting",
        }
    }
}
