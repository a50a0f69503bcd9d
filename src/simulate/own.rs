//! Extraction and look-alike texts written by us: authors whose templates, parts and inputs combine into requests.
//!
//! An *author* is one voice and the unit of splitting. An *edition* fixes an author's wording, as a pipeline or an
//! application has one template, and draws a new input for each request; the wording of people, who have no template,
//! is drawn anew for each request. Extracting and benign authors of one file draw on the same inputs, so that the
//! subject of a request carries no information. Must not know accounts or models.

// The field set of `eval` is rendered by the same rules.
pub(crate) mod file;
pub(crate) mod parts;
pub(crate) mod render;

use std::collections::BTreeSet;

use file::{Author, File, Side, Text, Who};
use render::{Missing, Renderer, Wording};

use super::corpus::{
    Application, BenignSource, Corpus, LicenceClass, OwnAuthor, Partition, Pipeline, share_of,
};
use crate::domain::{Cue, Message, PoolRecord, Role, Sensitive, Technique};
use crate::simulate::rng::SeededRng;

/// Number of wordings of one text; each becomes a pipeline or an application.
const EDITIONS: usize = 3;
/// Maximum number of requests of one edition; fewer where its inputs do not yield as many.
const REQUESTS: usize = 48;
/// Draws without a new request after which the wording is changed: some authors vary the wording, not the subject.
const SAME_WORDING: usize = 5;
/// Draws without a new request after which an edition counts as exhausted.
const PATIENCE: usize = 40;
/// Share of the authors used for fitting; the rest is for testing.
const FITTED: f64 = 0.85;
/// Seed and salt of all draws in this file.
const SALT: &str = "own writing";

/// Prefix of the name of each of our authors, and so of each edition.
pub(crate) const OWN_PREFIX: &str = "own_";

/// The reason why our own writing cannot be read: a mistake in a file of this project.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnWritingError {
    /// The file is not TOML of the expected form.
    #[error("{file}: {cause}")]
    Form {
        /// The file.
        file: &'static str,
        /// The parse error.
        cause: toml::de::Error,
    },
    /// A name refers to a part or kind of input that does not exist.
    #[error(
        "{file}, author {author}, language {language}: expected a part or an input called {name:?}"
    )]
    Part {
        /// The file.
        file: &'static str,
        /// The author.
        author: String,
        /// The language of the text.
        language: String,
        /// The name in braces.
        name: String,
    },
    /// A text has no alternative to send, or an extracting author has no technique.
    #[error("{file}, author {author}: expected {expected}")]
    Lacking {
        /// The file.
        file: &'static str,
        /// The author.
        author: String,
        /// What is missing.
        expected: &'static str,
    },
}

/// The files, with their names.
const FILES: [(&str, &str); 9] = [
    (
        "training/own/reasoning.toml",
        include_str!("../../training/own/reasoning.toml"),
    ),
    (
        "training/own/reward.toml",
        include_str!("../../training/own/reward.toml"),
    ),
    (
        "training/own/synthesis.toml",
        include_str!("../../training/own/synthesis.toml"),
    ),
    (
        "training/own/trajectory.toml",
        include_str!("../../training/own/trajectory.toml"),
    ),
    (
        "training/own/conduct.toml",
        include_str!("../../training/own/conduct.toml"),
    ),
    (
        "training/own/everyday.toml",
        include_str!("../../training/own/everyday.toml"),
    ),
    (
        "training/own/published.toml",
        include_str!("../../training/own/published.toml"),
    ),
    (
        "training/own/rewrites.toml",
        include_str!("../../training/own/rewrites.toml"),
    ),
    (
        "training/own/tongues.toml",
        include_str!("../../training/own/tongues.toml"),
    ),
];

/// Renders all files. The same files always give the same requests.
pub(crate) fn own_writing() -> Result<Corpus, OwnWritingError> {
    let mut writing = Writing {
        corpus: Corpus::default(),
    };
    for (file, text) in FILES {
        let parsed = file::parse(text).map_err(|cause| OwnWritingError::Form { file, cause })?;
        for author in &parsed.author {
            writing.add(file, author, &parsed)?;
        }
    }
    Ok(writing.corpus)
}

struct Writing {
    corpus: Corpus,
}

impl Writing {
    fn add(
        &mut self,
        file: &'static str,
        author: &Author,
        parsed: &File,
    ) -> Result<(), OwnWritingError> {
        let lacking = |expected| OwnWritingError::Lacking {
            file,
            author: author.name.clone(),
            expected,
        };
        let technique = author.technique.as_deref().and_then(Technique::from_name);
        if author.side == Side::Extraction && technique.is_none() {
            return Err(lacking("the name of a technique"));
        }
        let partition = if share_of(&author.name, SALT) < FITTED {
            Partition::Fit
        } else {
            Partition::Test
        };
        for (number, text) in author.text.iter().enumerate() {
            if text.user.is_empty() && text.turns.is_empty() {
                return Err(lacking("user or turns in every text"));
            }
            let none = parts::Parts::new();
            let of_language = parsed.inputs.get(&text.language).unwrap_or(&none);
            for edition in 0..EDITIONS {
                let id = format!("{}_{}{number}_{edition}", author.name, text.language);
                let records =
                    records(author, text, of_language, &id).map_err(|Missing(name)| {
                        OwnWritingError::Part {
                            file,
                            author: author.name.clone(),
                            language: text.language.clone(),
                            name,
                        }
                    })?;
                self.put(author, text, partition, id, records);
            }
        }
        let form = |names: &[String]| -> Option<Vec<Cue>> {
            let cues = names.iter().map(|name| Cue::from_name(name));
            cues.map(|cue| cue.filter(|cue| !Cue::INTENT.contains(cue)))
                .collect()
        };
        let (cues, optional_cues) = form(&author.cues)
            .zip(form(&author.optional_cues))
            .ok_or_else(|| lacking("names of form cues"))?;
        let own = OwnAuthor {
            cues,
            optional_cues,
            technique,
            weight: parsed.weight,
        };
        if self
            .corpus
            .authors
            .insert(author.name.clone(), own)
            .is_some()
        {
            return Err(lacking("a name of its own"));
        }
        Ok(())
    }

    fn put(
        &mut self,
        author: &Author,
        text: &Text,
        partition: Partition,
        id: String,
        records: Vec<PoolRecord>,
    ) {
        let (group, licence) = (author.name.clone(), LicenceClass::Permissive);
        match (author.side, author.who) {
            (Side::Extraction, _) => self.corpus.pipelines.push(Pipeline {
                name: id,
                group,
                licence,
                ambiguous: false,
                partition,
                records,
            }),
            (Side::Benign, Who::Tenant) => self.corpus.applications.push(Application {
                id,
                group,
                category: author.category.clone().unwrap_or_default(),
                language: text.language.clone(),
                // An application of its own kind, so that it shares inputs with no other.
                input_kind: author.name.clone(),
                confusable: None,
                licence,
                partition,
                system: None,
                user_template: None,
                records,
            }),
            (Side::Benign, _) => self.corpus.sources.push(BenignSource {
                name: id,
                group,
                licence,
                partition,
                family: author.family.clone(),
                records,
            }),
        }
    }
}

/// Returns the requests of one edition, without duplicates.
fn records(
    author: &Author,
    text: &Text,
    inputs: &parts::Parts,
    id: &str,
) -> Result<Vec<PoolRecord>, Missing> {
    let mut rng = SeededRng::new(0, &format!("{SALT} {id}"));
    let anew = matches!(author.who, Who::Consumer | Who::Classroom) && author.side == Side::Benign;
    let mut wording = Wording::draw(text, &mut rng);
    let mut seen = BTreeSet::new();
    let mut records = Vec::new();
    let mut misses = 0;
    while records.len() < REQUESTS && misses < PATIENCE {
        if anew {
            wording = Wording::draw(text, &mut rng);
        }
        let mut renderer = Renderer::new(&wording, inputs, &mut rng);
        let system = wording
            .system
            .map(|text| renderer.render(text))
            .transpose()?;
        let turns: Vec<String> = wording
            .turns
            .iter()
            .map(|turn| renderer.render(turn))
            .collect::<Result<_, _>>()?;
        if !seen.insert((system.clone(), turns.clone())) {
            misses += 1;
            if misses % SAME_WORDING == 0 {
                wording = Wording::draw(text, &mut rng);
            }
            continue;
        }
        misses = 0;
        records.push(PoolRecord {
            id: format!("{id}-{}", records.len()),
            source: id.to_owned(),
            family: author.family.clone(),
            language: text.language.clone(),
            system: system.map(Sensitive::new),
            messages: turns.into_iter().enumerate().map(message).collect(),
            note: None,
        });
    }
    Ok(records)
}

fn message((turn, text): (usize, String)) -> Message {
    let role = if turn % 2 == 0 {
        Role::User
    } else {
        Role::Assistant
    };
    Message {
        role,
        content: Sensitive::new(text),
    }
}

#[cfg(test)]
mod tests;
