//! The self-test: the whole path on an exchange that nobody sent, and the data folder.

use std::path::Path;

use crate::domain::{Client, Exchange, Message, Parameters, Response, Role, Sensitive, Timestamp};
use crate::engine::Engine;
use crate::server::NotReady;

/// Tests that `engine` scores and that files can be written in `data`.
///
/// # Errors
/// What does not work.
pub(super) fn self_test<S>(engine: &Engine<S>, data: &Path) -> Result<(), NotReady> {
    let assessment = engine.dry_run(&canary());
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

/// The exchange that is scored.
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
