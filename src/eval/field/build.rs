//! Builds the cases of a field set from its files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::case::{Case, Expected, Set};
use super::error::FieldError;
use super::file::{Carrier, Common, Evasion, Evasions, Harvest, Honest, Kind, Line, Published};
use super::render::Script;
use crate::domain::Recommendation;
use crate::simulate::own::parts::Parts;

/// The texts of the four files of a field set.
#[derive(Clone, Copy)]
pub struct FieldFiles<'a> {
    /// `common.toml`.
    pub common: &'a str,
    /// `published.toml`.
    pub published: &'a str,
    /// `honest.toml`.
    pub honest: &'a str,
    /// `evasions.toml`.
    pub evasions: &'a str,
}

impl FieldFiles<'_> {
    /// Names of the files in a folder, in the order of the fields.
    pub const NAMES: [&'static str; 4] = [
        "common.toml",
        "published.toml",
        "honest.toml",
        "evasions.toml",
    ];
}

/// Builds all cases: published kinds, their look-alikes, stories, evasions.
///
/// # Errors
/// When a file is not of its form, names what the set does not have, or lacks a wording in a language of the set.
pub fn cases(files: FieldFiles<'_>) -> Result<Vec<Case>, FieldError> {
    let [common_name, published_name, honest_name, evasions_name] = FieldFiles::NAMES;
    let common: Common = parsed(common_name, files.common)?;
    let published: Published = parsed(published_name, files.published)?;
    let honest: Honest = parsed(honest_name, files.honest)?;
    let evasions: Evasions = parsed(evasions_name, files.evasions)?;
    let mut builder = Builder {
        inputs: inputs(&common)?,
        common,
        cases: Vec::new(),
    };
    let least = Expected::AtLeast(advice(published_name, &published.at_least)?);
    let pace = (published.exchanges, published.minutes);
    for kind in &published.kind {
        builder.kind(Set::Published, kind, least, pace)?;
    }
    let most = Expected::AtMost(advice(honest_name, &honest.at_most)?);
    let pace = (honest.exchanges, honest.minutes);
    for kind in &honest.kind {
        builder.kind(Set::LookAlikes, kind, most, pace)?;
    }
    builder.stories(&honest)?;
    let least = Expected::AtLeast(advice(evasions_name, &evasions.at_least)?);
    for evasion in &evasions.evasion {
        builder.evasion(evasion, &evasions, least)?;
    }
    let mut names = BTreeSet::new();
    match builder.cases.iter().find(|case| !names.insert(case.name())) {
        Some(twice) => Err(lacking(twice.name(), "a name of its own")),
        None => Ok(builder.cases),
    }
}

fn parsed<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, FieldError> {
    toml::from_str(text).map_err(|cause| FieldError::Form { file, cause })
}

fn advice(case: &str, name: &str) -> Result<Recommendation, FieldError> {
    let mut all = Recommendation::ALL.iter().copied();
    all.find(|one| one.name() == name)
        .ok_or_else(|| unknown(case, "allow, watch, review or restrict", name))
}

fn unknown(case: impl Into<String>, expected: &'static str, got: &str) -> FieldError {
    FieldError::Name {
        case: case.into(),
        expected,
        got: got.to_owned(),
    }
}

fn lacking(case: impl Into<String>, expected: &'static str) -> FieldError {
    FieldError::Lacking {
        case: case.into(),
        expected,
    }
}

/// Returns the inputs of each language, those of every language included.
fn inputs(common: &Common) -> Result<BTreeMap<String, Arc<Parts>>, FieldError> {
    let of = |language: &String| {
        let own = common.inputs.get(language);
        let own = own.ok_or_else(|| lacking(language, "inputs of each language"))?;
        let all: Parts = common.any.clone().into_iter().chain(own.clone()).collect();
        Ok((language.clone(), Arc::new(all)))
    };
    common.languages.iter().map(of).collect()
}

struct Builder {
    common: Common,
    inputs: BTreeMap<String, Arc<Parts>>,
    cases: Vec<Case>,
}

impl Builder {
    /// Adds a kind in every carrier, language and wording.
    fn kind(
        &mut self,
        set: Set,
        kind: &Kind,
        expected: Expected,
        (count, minutes): (usize, f64),
    ) -> Result<(), FieldError> {
        if let Some(other) = kind.demand.keys().find(|l| !self.inputs.contains_key(*l)) {
            return Err(unknown(&kind.name, "a language of common.toml", other));
        }
        for (language, inputs) in &self.inputs {
            let demands = kind.demand.get(language).map_or(&[][..], Vec::as_slice);
            if demands.is_empty() {
                return Err(lacking(&kind.name, "a wording in each language"));
            }
            for (carrier, (number, demand)) in self
                .common
                .carrier
                .iter()
                .flat_map(|carrier| demands.iter().enumerate().map(move |d| (carrier, d)))
            {
                let parts = about(&self.common, &kind.name, &kind.payload, demand)?;
                self.cases.push(Case {
                    set,
                    kind: kind.name.clone(),
                    carrier: carrier.name.clone(),
                    language: language.clone(),
                    number,
                    expected,
                    script: carried(carrier, parts, inputs, (count, minutes)),
                });
            }
        }
        Ok(())
    }

    fn stories(&mut self, honest: &Honest) -> Result<(), FieldError> {
        for story in &honest.story {
            let most = Expected::AtMost(advice(&story.name, &story.at_most)?);
            for text in &story.text {
                let none = Arc::default();
                let common = self.inputs.get(&text.language).unwrap_or(&none);
                let mut inputs = Parts::clone(common);
                inputs.extend(text.inputs.clone());
                let inputs = Arc::new(inputs);
                for number in 0..honest.accounts {
                    self.cases.push(Case {
                        set: Set::Stories,
                        kind: story.name.clone(),
                        carrier: String::new(),
                        language: text.language.clone(),
                        number,
                        expected: most,
                        script: Script {
                            system: text.system.clone(),
                            messages: text.messages.clone(),
                            parts: text.parts.clone(),
                            inputs: Arc::clone(&inputs),
                            count: story.exchanges,
                            minutes: story.minutes,
                            tools: story.tools.clone(),
                            harvest: None,
                            cover: None,
                        },
                    });
                }
            }
        }
        Ok(())
    }

    /// Adds an evasion of every harvest that it is done to.
    fn evasion(
        &mut self,
        evasion: &Evasion,
        file: &Evasions,
        expected: Expected,
    ) -> Result<(), FieldError> {
        let known = |name: &&String| file.harvest.iter().any(|harvest| harvest.name == **name);
        if let Some(other) = evasion.only.iter().find(|name| !known(name)) {
            return Err(unknown(&evasion.name, "the name of a harvest", other));
        }
        let cover = match &evasion.cover {
            Some(cover) => {
                let texts = file.cover.get(&cover.of).filter(|texts| !texts.is_empty());
                let texts = texts
                    .ok_or_else(|| unknown(&evasion.name, "the name of a cover", &cover.of))?;
                Some((cover.clone(), texts.clone()))
            }
            None => None,
        };
        let done_to =
            |harvest: &&Harvest| evasion.only.is_empty() || evasion.only.contains(&harvest.name);
        for harvest in file.harvest.iter().filter(done_to) {
            let inputs = self.inputs.get(&harvest.language);
            let inputs = inputs.ok_or_else(|| {
                unknown(
                    &harvest.name,
                    "a language of common.toml",
                    &harvest.language,
                )
            })?;
            let mut inputs = Parts::clone(inputs);
            inputs.extend(file.inputs.clone());
            let mut parts = about(
                &self.common,
                &harvest.name,
                &harvest.payload,
                &harvest.demand,
            )?;
            parts.insert("harvest".to_owned(), Script::place());
            let messages = if evasion.messages.is_empty() {
                vec![Line::User("{harvest}".to_owned())]
            } else {
                evasion.messages.clone()
            };
            self.cases.push(Case {
                set: Set::Evasions,
                kind: evasion.name.clone(),
                carrier: harvest.name.clone(),
                language: harvest.language.clone(),
                number: 0,
                expected,
                script: Script {
                    system: evasion.system.clone(),
                    messages,
                    parts,
                    inputs: Arc::new(inputs),
                    count: evasion.exchanges.unwrap_or(file.exchanges),
                    minutes: file.minutes,
                    tools: Vec::new(),
                    harvest: Some(("{payload}\n\n{demand}".to_owned(), evasion.disguise.clone())),
                    cover: cover.clone(),
                },
            });
        }
        Ok(())
    }
}

/// Returns the parts of a demand about a payload.
fn about(common: &Common, case: &str, payload: &str, demand: &str) -> Result<Parts, FieldError> {
    let found = common.payload.get(payload);
    let payload = found.ok_or_else(|| unknown(case, "a payload of common.toml", payload))?;
    let parts = [
        ("payload", payload.whole.as_str()),
        ("question", &payload.question),
        ("answer", &payload.answer),
        ("demand", demand),
    ];
    let part = |(name, text): (&str, &str)| (name.to_owned(), vec![text.to_owned()]);
    Ok(parts.into_iter().map(part).collect())
}

fn carried(
    carrier: &Carrier,
    parts: Parts,
    inputs: &Arc<Parts>,
    (count, minutes): (usize, f64),
) -> Script {
    Script {
        system: carrier.system.clone(),
        messages: carrier.messages.clone(),
        parts,
        inputs: Arc::clone(inputs),
        count,
        minutes,
        tools: Vec::new(),
        harvest: None,
        cover: None,
    }
}
