//! Small accounts and requests shared by the tests of the baselines.

use super::history::History;
use super::sketch::Sketch;
use super::step::Step;
use crate::domain::{
    EMBEDDING_DIM, Embedding, Label, Message, PoolRecord, Role, Sensitive, Timestamp, Verdict,
};

/// Builds a request of one message.
pub(super) fn record(text: &str) -> PoolRecord {
    PoolRecord {
        id: String::new(),
        source: String::new(),
        family: String::new(),
        language: String::new(),
        system: None,
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new(text.to_owned()),
        }],
        note: None,
    }
}

/// Builds an exchange with zero in every number.
pub(super) fn step() -> Step {
    Step {
        time: Timestamp::from_micros(0),
        key: None,
        embedding: Embedding([0.0; EMBEDDING_DIM]),
        sketch: Sketch::default(),
        phrases: 0,
        odds: 0.0,
    }
}

/// Builds an exchange whose embedding has these first coordinates and zeros after them, scaled to unit length.
pub(super) fn toward(coordinates: &[f32]) -> Step {
    let mut step = step();
    step.embedding.0[..coordinates.len()].copy_from_slice(coordinates);
    let length = coordinates.iter().map(|x| x * x).sum::<f32>().sqrt();
    step.embedding.0 = step.embedding.0.map(|x| x / length);
    step
}

/// Builds an account of an application with these exchanges.
pub(super) fn account(
    name: &str,
    verdict: Verdict,
    application: &str,
    steps: Vec<Step>,
) -> History {
    let label = Label {
        account: name.to_owned(),
        verdict,
        techniques: Vec::new(),
        campaign: None,
        conversation: None,
        cell: None,
        group: None,
        group_kind: None,
        successor_of: None,
        source: None,
        application: Some(application.to_owned()),
        language: None,
        population: None,
    };
    History {
        steps,
        ..History::new(label)
    }
}
