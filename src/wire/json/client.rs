//! The client of a traffic line, as it is written.

use serde::Serialize;

use crate::domain::{Client, Sensitive};

/// A client in its written form.
#[derive(Serialize, PartialEq, Default)]
pub(super) struct ClientForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

impl<'a> ClientForm<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        let exposed = |value: &'a Option<Sensitive<String>>| {
            value.as_ref().map(|value| value.expose().as_str())
        };
        Self {
            ip: exposed(&client.ip),
            user_agent: exposed(&client.user_agent),
            tls_fingerprint: exposed(&client.tls_fingerprint),
            api_key: exposed(&client.api_key),
            payment: exposed(&client.payment),
            device: exposed(&client.device),
            registration: exposed(&client.registration),
            version: client.version.as_deref(),
        }
    }
}
