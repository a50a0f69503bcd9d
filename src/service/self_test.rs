//! The self-test: scores a built-in exchange through the whole path and writes to the data folder.

use std::path::Path;

use crate::domain::{Exchange, Message, Role, Sensitive};
use crate::engine::Engine;
use crate::server::NotReady;

/// Checks that `engine` scores and that files can be written in `data`.
///
/// # Errors
/// If one of the two fails; the error says what does not work.
pub(super) fn self_test<S>(engine: &Engine<S>, data: &Path) -> Result<(), NotReady> {
    let assessment = engine.dry_run(&canary());
    if !assessment.score.is_finite() {
        return Err(NotReady {
            waiting_for: "a model that scores",
        });
    }
    let probe_file = data.join("writable");
    let written = std::fs::write(&probe_file, b"").and_then(|()| std::fs::remove_file(&probe_file));
    written.map_err(|_| NotReady {
        waiting_for: "a data folder that can be written",
    })
}

/// Returns the built-in exchange.
fn canary() -> Exchange {
    Exchange {
        account: "canary".to_owned(),
        model: "canary".to_owned(),
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new("Which bird was taken down into the mine?".to_owned()),
        }],
        ..Exchange::default()
    }
}
