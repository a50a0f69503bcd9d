//! What readiness is tried on: the whole path on an exchange that nobody sent, and the data folder.

use std::path::Path;

use crate::domain::{Client, Exchange, Message, Parameters, Response, Role, Sensitive, Timestamp};
use crate::engine::Engine;
use crate::server::NotReady;

/// Whether `engine` scores and `data` can be written.
///
/// # Errors
/// What does not work.
pub(super) fn probe(engine: &Engine, data: &Path) -> Result<(), NotReady> {
    let assessment = engine.trial(&canary());
    if !assessment.score.is_finite() {
        return Err(NotReady {
            waiting_for: "a model that scores",
        });
    }
    let trace = data.join("writable");
    let written = std::fs::write(&trace, b"").and_then(|()| std::fs::remove_file(&trace));
    written.map_err(|_| NotReady {
        waiting_for: "a data folder that can be written",
    })
}

/// The exchange that readiness is tried on.
fn canary() -> Exchange {
    Exchange {
        id: None,
        time: Timestamp::from_micros(0),
        account: "canary".to_owned(),
        organization: None,
        conversation: None,
        model: "canary".to_owned(),
        system: None,
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new("Which bird was taken down into the mine?".to_owned()),
        }],
        tools: Vec::new(),
        parameters: Parameters::default(),
        response: Response::default(),
        client: Client::default(),
    }
}
