//! The users behind one account and what of them the provider sees: strangers with clients of their own, strangers
//! behind a relay that masks them, colleagues behind a gateway, or a household. Must not know an account's label.

use super::client_profile::{ClientProfile, Site};
use super::machines::SessionIds;
use super::population::Population;
use crate::domain::{Client, Sensitive};
use crate::simulate::rng::SeededRng;

/// What the users behind one account have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Strangers whose clients are passed on as they are.
    Strangers {
        /// Whether the account names its users.
        disclosed: bool,
    },
    /// Strangers whose client fields are blank or replaced by the account's own.
    Masked,
    /// Colleagues who use the gateway of their company.
    Colleagues {
        /// Whether the account names its users.
        disclosed: bool,
    },
    /// People who live together.
    Household,
}

impl ClientProfile {
    /// Draws one of the users of this account, with parameters and tools of its own and no field that the account's
    /// deployment does not send.
    pub(crate) fn user(
        &self,
        population: Population,
        behind: Behind,
        site: &Site,
        rng: &mut SeededRng,
    ) -> Self {
        let site = match behind {
            Behind::Strangers { .. } => &Site::new(rng),
            Behind::Masked | Behind::Colleagues { .. } | Behind::Household => site,
        };
        let own = Self::new(population, site, rng);
        let field = |account: &Option<Sensitive<String>>, own: String| {
            account.as_ref().map(|_| Sensitive::new(own))
        };
        let (client, machines) = match behind {
            Behind::Strangers { .. } | Behind::Household => {
                let account = &self.client;
                let client = Client {
                    ip: field(&account.ip, site.address().to_owned()),
                    user_agent: field(&account.user_agent, own.software().to_owned()),
                    tls_fingerprint: field(&account.tls_fingerprint, own.fingerprint()),
                    ..account.clone()
                };
                (client, own.machines.clone())
            }
            Behind::Masked | Behind::Colleagues { .. } => {
                (self.client.clone(), self.machines.clone())
            }
        };
        let disclosed = match behind {
            Behind::Strangers { disclosed } | Behind::Colleagues { disclosed } => disclosed,
            Behind::Masked | Behind::Household => false,
        };
        let mut user = self.with_deployment_of(own);
        user.organization.clone_from(&self.organization);
        user.client = client;
        user.machines = machines;
        user.session_ids = match behind {
            Behind::Masked => SessionIds::Rotating,
            _ => SessionIds::Own,
        };
        user.end_user = disclosed.then(|| Sensitive::new(rng.name("user")));
        user
    }

    /// Removes the fields that name a client: what a relay that masks its users, or a gateway, may leave out.
    pub(crate) fn blank(&mut self) {
        self.client.ip = None;
        self.client.user_agent = None;
        self.client.tls_fingerprint = None;
    }
}
