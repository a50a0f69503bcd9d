//! One line of a traffic log, which describes one exchange.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;

use super::client::{ClientForm, ClientShape};
use super::message::{Content, MessageShape, required_messages, write_messages};
use super::parameters::{ParametersForm, ParametersShape};
use super::response::{ResponseForm, ResponseShape};
use super::scalar::Scalar;
use super::shape::{Fields, List, Object, Shape, parse, value};
use super::time::{TimeForm, required_time};
use super::{FromLine, JsonKind, LineError, Parsed, ToLine, append};
use crate::domain::{Exchange, Message};

#[derive(Default)]
struct TrafficShape<'a> {
    id: Scalar<'a>,
    time: Scalar<'a>,
    account: Scalar<'a>,
    organization: Scalar<'a>,
    conversation: Scalar<'a>,
    model: Scalar<'a>,
    system: Content<'a>,
    messages: List<Object<MessageShape<'a>>>,
    tools: List<ToolShape<'a>>,
    parameters: Object<ParametersShape<'a>>,
    response: Object<ResponseShape<'a>>,
    client: Object<ClientShape<'a>>,
}

impl<'de> Fields<'de> for TrafficShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "id" => self.id = value(object)?,
            "time" => self.time = value(object)?,
            "account" => self.account = value(object)?,
            "organization" => self.organization = value(object)?,
            "conversation" => self.conversation = value(object)?,
            "model" => self.model = value(object)?,
            "system" => self.system = value(object)?,
            "messages" => self.messages = value(object)?,
            "tools" => self.tools = value(object)?,
            "parameters" => self.parameters = value(object)?,
            "response" => self.response = value(object)?,
            "client" => self.client = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl TrafficShape<'_> {
    fn into_exchange(self) -> Result<Exchange, LineError> {
        Ok(Exchange {
            id: self.id.named("id")?,
            time: required_time(self.time, "time")?,
            account: self.account.required("account")?,
            organization: self.organization.named("organization")?,
            conversation: self.conversation.named("conversation")?,
            model: self.model.required("model")?,
            system: self.system.system()?,
            messages: required_messages(self.messages)?,
            tools: self
                .tools
                .optional("tools")?
                .into_iter()
                .map(ToolShape::into_name)
                .collect::<Result<_, _>>()?,
            parameters: self.parameters.optional("parameters")?.into_parameters()?,
            response: self.response.optional("response")?.into_response()?,
            client: self.client.optional("client")?.into_client()?,
        })
    }
}

impl FromLine for Exchange {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let (shape, unknown_fields) = parse::<TrafficShape<'_>>(line)?;
        Ok(Parsed {
            record: shape.into_exchange()?,
            unknown_fields,
        })
    }
}

/// A tool: its name, or an object with `name` or `function.name`. A provider's built-in tool may have only a `type`.
#[derive(Default)]
struct ToolShape<'a>(Scalar<'a>);

impl ToolShape<'_> {
    fn into_name(self) -> Result<String, LineError> {
        self.0.required("tools[]")
    }
}

impl<'de> Shape<'de> for ToolShape<'de> {
    fn other(found: JsonKind) -> Self {
        Self(Scalar::Other(found))
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self(Scalar::Text(text))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let Object::Fields { fields, .. } = Object::<NamedShape>::object(object)? else {
            return Ok(Self::default());
        };
        Ok(Self(match fields.function {
            Scalar::Text(name) => Scalar::Text(name),
            _ if matches!(fields.name, Scalar::Absent) => fields.kind,
            _ => fields.name,
        }))
    }
}

#[derive(Default)]
struct NamedShape<'a> {
    name: Scalar<'a>,
    kind: Scalar<'a>,
    function: Scalar<'a>,
}

impl<'de> Fields<'de> for NamedShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "name" => self.name = value(object)?,
            "type" => self.kind = value(object)?,
            "function" => {
                if let Object::Fields { fields, .. } = value::<Object<FunctionShape>, _>(object)? {
                    self.function = fields.name;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

#[derive(Default)]
struct FunctionShape<'a> {
    name: Scalar<'a>,
}

impl<'de> Fields<'de> for FunctionShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        if name == "name" {
            self.name = value(object)?;
        }
        Ok(name == "name")
    }
}

#[derive(Serialize)]
struct TrafficForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    time: TimeForm,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a str>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    #[serde(serialize_with = "write_messages")]
    messages: &'a [Message],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tools: &'a [String],
    #[serde(skip_serializing_if = "is_default")]
    parameters: ParametersForm<'a>,
    #[serde(skip_serializing_if = "is_default")]
    response: ResponseForm<'a>,
    #[serde(skip_serializing_if = "is_default")]
    client: ClientForm<'a>,
}

fn is_default<T: Default + PartialEq>(form: &T) -> bool {
    *form == T::default()
}

impl ToLine for Exchange {
    fn to_line(&self, line: &mut Vec<u8>) {
        let form = TrafficForm {
            id: self.id.as_deref(),
            time: TimeForm(self.time),
            account: &self.account,
            organization: self.organization.as_deref(),
            conversation: self.conversation.as_deref(),
            model: &self.model,
            system: self.system.as_ref().map(|text| text.expose().as_str()),
            messages: &self.messages,
            tools: &self.tools,
            parameters: ParametersForm::new(&self.parameters),
            response: ResponseForm::new(&self.response),
            client: ClientForm::new(&self.client),
        };
        append(&form, line);
    }
}
