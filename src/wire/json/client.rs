//! The client of a traffic line: where the request was sent from.

use serde::Serialize;
use serde::de::MapAccess;

use super::LineError;
use super::scalar::Scalar;
use super::shape::{Fields, value};
use crate::domain::{Client, Sensitive};

/// The shape of a client in a line.
#[derive(Default)]
pub(super) struct ClientShape<'a> {
    ip: Scalar<'a>,
    user_agent: Scalar<'a>,
    tls_fingerprint: Scalar<'a>,
    api_key: Scalar<'a>,
    payment: Scalar<'a>,
}

impl<'de> Fields<'de> for ClientShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "ip" => self.ip = value(object)?,
            "user_agent" => self.user_agent = value(object)?,
            "tls_fingerprint" => self.tls_fingerprint = value(object)?,
            "api_key" => self.api_key = value(object)?,
            "payment" => self.payment = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl ClientShape<'_> {
    pub(super) fn into_client(self) -> Result<Client, LineError> {
        let named = |value: Scalar<'_>, field| Ok(value.named(field)?.map(Sensitive::new));
        Ok(Client {
            ip: named(self.ip, "client.ip")?,
            user_agent: named(self.user_agent, "client.user_agent")?,
            tls_fingerprint: named(self.tls_fingerprint, "client.tls_fingerprint")?,
            api_key: named(self.api_key, "client.api_key")?,
            payment: named(self.payment, "client.payment")?,
        })
    }
}

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
        }
    }
}
