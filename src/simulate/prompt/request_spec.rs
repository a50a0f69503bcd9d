//! One request to send: a record of the corpus, or a new one recombined from two.

use super::blend::cross;
use crate::domain::{Message, PoolRecord, Role, Sensitive};
use crate::simulate::corpus::Corpus;

/// A unit of the corpus, identified by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Pipeline(u32),
    Harness(u32),
    Source(u32),
    Application(u32),
}

/// A record, identified by its position in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordRef {
    pub(crate) unit: Unit,
    pub(crate) record: u32,
}

/// One request to send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RequestSpec {
    /// An unchanged record.
    Plain(RecordRef),
    /// An application's record (the frame) with the input of another application of its kind and language (the donor).
    Input {
        frame: RecordRef,
        /// Bytes of the frame's last message before and after its input.
        around: (u32, u32),
        donor: RecordRef,
        /// Bytes of the donor's last message before and after its input.
        donor_around: (u32, u32),
    },
    /// Two records of one template, crossed.
    Cross {
        left: RecordRef,
        right: RecordRef,
        at: f32,
    },
}

/// A request's text.
#[derive(Clone)]
pub(crate) struct Prompt {
    pub(crate) system: Option<Sensitive<String>>,
    pub(crate) messages: Vec<Message>,
}

impl Corpus {
    pub(crate) fn records(&self, unit: Unit) -> &[PoolRecord] {
        match unit {
            Unit::Pipeline(position) => &self.pipelines[position as usize].records,
            Unit::Harness(position) => &self.harnesses[position as usize].records,
            Unit::Source(position) => &self.sources[position as usize].records,
            Unit::Application(position) => &self.applications[position as usize].records,
        }
    }

    pub(crate) fn record(&self, reference: RecordRef) -> &PoolRecord {
        &self.records(reference.unit)[reference.record as usize]
    }
}

impl RequestSpec {
    /// Returns the record that determines the request's shape.
    pub(crate) const fn frame(&self) -> RecordRef {
        match self {
            Self::Plain(record) => *record,
            Self::Input { frame, .. } => *frame,
            Self::Cross { left, .. } => *left,
        }
    }

    /// Returns the positions of the messages in which a person asks, in order.
    pub(crate) fn turns(&self, corpus: &Corpus) -> Vec<u32> {
        let messages = asked(&corpus.record(self.frame()).messages).iter();
        let asked = (0..).zip(messages).filter(|(_, m)| m.role == Role::User);
        asked.map(|(position, _)| position).collect()
    }

    /// Returns the request's text.
    pub(crate) fn prompt(&self, corpus: &Corpus) -> Prompt {
        let frame = corpus.record(self.frame());
        let mut messages = asked(&frame.messages).to_vec();
        let content = match self {
            Self::Plain(_) => None,
            Self::Input {
                around,
                donor,
                donor_around,
                ..
            } => {
                let (before, _, after) = parts(last_text(frame), *around);
                let (_, input, _) = parts(last_text(corpus.record(*donor)), *donor_around);
                Some([before, input, after].concat())
            }
            Self::Cross { right, at, .. } => {
                let right = corpus.record(*right);
                Some(cross(last_text(frame), last_text(right), f64::from(*at)))
            }
        };
        if let (Some(content), Some(last)) = (content, messages.last_mut()) {
            last.content = Sensitive::new(content);
        }
        Prompt {
            system: frame.system.clone(),
            messages,
        }
    }
}

impl Prompt {
    /// Returns the length of the text in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let system = self.system.as_ref().map_or(0, |text| text.expose().len());
        let messages = self.messages.iter();
        system + messages.map(|m| m.content.expose().len()).sum::<usize>()
    }
}

/// Returns the messages up to the last one that is not the model's: a request ends with something to answer.
fn asked(messages: &[Message]) -> &[Message] {
    let end = messages
        .iter()
        .rposition(|message| message.role != Role::Assistant)
        .map_or(messages.len(), |last| last + 1);
    &messages[..end]
}

/// Returns the text of a record's asking message; empty if there is none.
pub(crate) fn last_text(record: &PoolRecord) -> &str {
    asked(&record.messages)
        .last()
        .map_or("", |message| message.content.expose())
}

fn parts(text: &str, (before, after): (u32, u32)) -> (&str, &str, &str) {
    let end = text.len() - after as usize;
    let before = before as usize;
    (&text[..before], &text[before..end], &text[end..])
}
