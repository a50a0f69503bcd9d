//! A corpus of a few hundred requests written by us, so that everything runs without a data folder.
//!
//! Six pipelines, twelve applications and five kinds of people, in English and Chinese, look-alikes included. Large
//! enough to demonstrate the program, far too small to train on alone: all of it is on the fitting side.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::corpus::{Application, BenignSource, Corpus, LicenceClass, Partition, Pipeline};
use super::own::own_writing;
use crate::domain::{Message, PoolRecord, Role, Sensitive};

const PIPELINES: &str = include_str!("../../eval/miniature/pipelines.jsonl");
const APPLICATIONS: &str = include_str!("../../eval/miniature/applications.jsonl");
const PEOPLE: &str = include_str!("../../eval/miniature/people.jsonl");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolRow {
    name: String,
    family: String,
    language: String,
    system: Option<String>,
    template: String,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationRow {
    id: String,
    group: String,
    category: String,
    language: String,
    input_kind: String,
    confusable: Option<String>,
    system: Option<String>,
    template: Option<String>,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Question(String),
    /// A conversation: user and model alternate, ending with the user.
    Conversation(Vec<String>),
}

impl Corpus {
    /// Returns the built-in corpus.
    ///
    /// # Panics
    /// Never: its files are compiled into the program, and a test reads them.
    pub fn miniature() -> Self {
        built_in(PIPELINES, APPLICATIONS, PEOPLE)
    }

    /// Adds our own writing for training: the miniature, and extractions with their benign look-alikes.
    ///
    /// # Panics
    /// Never: its files are compiled into the program, and a test reads them.
    #[must_use]
    pub fn with_own_writing(mut self) -> Self {
        let written = own_writing().expect("our own writing is well-formed");
        for own in [Self::miniature(), written] {
            self.pipelines.extend(own.pipelines);
            self.sources.extend(own.sources);
            self.applications.extend(own.applications);
            self.authors.extend(own.authors);
        }
        self
    }
}

fn built_in(pipelines: &str, applications: &str, people: &str) -> Corpus {
    let pools = |text| rows::<PoolRow>(text).map(|row| (records_of_pool(&row), row));
    Corpus {
        pipelines: pools(pipelines)
            .map(|(records, row)| Pipeline {
                group: row.name.clone(),
                name: row.name,
                licence: LicenceClass::Permissive,
                ambiguous: false,
                partition: Partition::Fit,
                records,
            })
            .collect(),
        harnesses: Vec::new(),
        sources: pools(people)
            .map(|(records, row)| BenignSource {
                group: row.name.clone(),
                name: row.name,
                licence: LicenceClass::Permissive,
                partition: Partition::Fit,
                family: row.family,
                records,
            })
            .collect(),
        applications: rows(applications).map(application).collect(),
        authors: BTreeMap::new(),
    }
}

fn rows<Row: for<'de> Deserialize<'de>>(text: &str) -> impl Iterator<Item = Row> + '_ {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("the built-in corpus is well-formed"))
}

fn application(row: ApplicationRow) -> Application {
    let family = format!("app_{}", row.category);
    let template = row.template.as_deref().unwrap_or("{input}");
    let records = records(
        &row.id,
        &family,
        &row.language,
        row.system.as_deref(),
        template,
        &row.inputs,
    );
    Application {
        id: row.id,
        group: row.group,
        category: row.category,
        language: row.language,
        input_kind: row.input_kind,
        confusable: row.confusable,
        licence: LicenceClass::Permissive,
        partition: Partition::Fit,
        system: row.system,
        user_template: row.template,
        records,
    }
}

fn records_of_pool(row: &PoolRow) -> Vec<PoolRecord> {
    records(
        &row.name,
        &row.family,
        &row.language,
        row.system.as_deref(),
        &row.template,
        &row.inputs,
    )
}

fn records(
    source: &str,
    family: &str,
    language: &str,
    system: Option<&str>,
    template: &str,
    inputs: &[Input],
) -> Vec<PoolRecord> {
    let numbered = inputs.iter().enumerate();
    numbered
        .map(|(number, input)| PoolRecord {
            id: format!("{source}-{number}"),
            source: source.to_owned(),
            family: family.to_owned(),
            language: language.to_owned(),
            system: system.map(|text| Sensitive::new(text.to_owned())),
            messages: messages(template, input),
            note: None,
        })
        .collect()
}

fn messages(template: &str, input: &Input) -> Vec<Message> {
    let message = |role, text: String| Message {
        role,
        content: Sensitive::new(text),
    };
    match input {
        Input::Question(text) => vec![message(Role::User, template.replace("{input}", text))],
        Input::Conversation(turns) => turns
            .iter()
            .enumerate()
            .map(|(turn, text)| {
                let role = if turn % 2 == 0 {
                    Role::User
                } else {
                    Role::Assistant
                };
                message(role, text.clone())
            })
            .collect(),
    }
}
