//! Renders templates: names in braces are filled from lists of alternatives.

use std::collections::BTreeMap;

use super::file::Text;
use super::parts::Parts;
use crate::simulate::rng::SeededRng;

/// Maximum nesting of parts and inputs. None of our texts nests deeper; a part that contains itself stops here.
const DEPTH: usize = 6;

/// A name in braces that is in no list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) String);

/// One wording of a text: the alternative chosen for each message and each part.
#[derive(Default)]
pub(crate) struct Wording<'a> {
    pub(crate) system: Option<&'a str>,
    pub(crate) turns: Vec<&'a str>,
    parts: BTreeMap<&'a str, &'a str>,
}

impl<'a> Wording<'a> {
    pub(crate) fn draw(text: &'a Text, rng: &mut SeededRng) -> Self {
        let one = |list: &'a [String], rng: &mut SeededRng| rng.pick(list).as_str();
        let system = (!text.system.is_empty()).then(|| one(&text.system, rng));
        let chosen = rng.below(text.user.len() + text.turns.len());
        let turns = if let Some(user) = text.user.get(chosen) {
            vec![user.as_str()]
        } else {
            let turns = &text.turns[chosen - text.user.len()];
            turns.iter().map(String::as_str).collect()
        };
        let parts = text.parts.iter().filter(|(_, list)| !list.is_empty());
        Self {
            system,
            turns,
            parts: parts
                .map(|(name, list)| (name.as_str(), one(list, rng)))
                .collect(),
        }
    }
}

/// Fills the messages of one request. A name has the same value in all of them.
pub(crate) struct Renderer<'a> {
    wording: &'a Wording<'a>,
    inputs: &'a Parts,
    drawn: BTreeMap<String, &'a str>,
    rng: &'a mut SeededRng,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(wording: &'a Wording<'a>, inputs: &'a Parts, rng: &'a mut SeededRng) -> Self {
        Self {
            wording,
            inputs,
            drawn: BTreeMap::new(),
            rng,
        }
    }

    /// Returns the template with every name filled: parts as the wording has them, inputs drawn for this request.
    pub(crate) fn render(&mut self, template: &str) -> Result<String, Missing> {
        let mut out = String::with_capacity(template.len());
        self.fill(template, 0, &mut out)?;
        Ok(out)
    }

    fn fill(&mut self, template: &str, depth: usize, out: &mut String) -> Result<(), Missing> {
        let mut rest = template;
        while let Some(brace) = rest.find(['{', '}']) {
            out.push_str(&rest[..brace]);
            rest = &rest[brace..];
            if let Some(name) = name_in_braces(rest) {
                rest = &rest[name.len() + 2..];
                if depth == DEPTH {
                    return Err(Missing(name.to_owned()));
                }
                let value = self.value(name)?;
                self.fill(value, depth + 1, out)?;
            } else {
                // A brace that encloses no name is literal; a doubled brace is one brace.
                out.push_str(&rest[..1]);
                let doubled = rest[1..].starts_with(&rest[..1]);
                rest = &rest[if doubled { 2 } else { 1 }..];
            }
        }
        out.push_str(rest);
        Ok(())
    }

    fn value(&mut self, name: &str) -> Result<&'a str, Missing> {
        if let Some(value) = self.wording.parts.get(name) {
            return Ok(value);
        }
        if let Some(value) = self.drawn.get(name) {
            return Ok(value);
        }
        match self.inputs.get(name) {
            Some(list) if !list.is_empty() => {
                let value = self.rng.pick(list).as_str();
                self.drawn.insert(name.to_owned(), value);
                Ok(value)
            }
            _ => Err(Missing(name.to_owned())),
        }
    }
}

/// Returns the name at the start of `text`, which begins with a brace: lower-case letters, digits, underscores.
fn name_in_braces(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let (name, _) = inside.split_once('}')?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(fits))
        .then_some(name)
}
