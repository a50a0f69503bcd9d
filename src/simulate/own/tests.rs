//! Tests of our own writing.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::file::{Side, parse};
use super::parts::Parts;
use super::render::{Missing, Renderer, Wording};
use super::{FILES, OWN_PREFIX, own_writing, records};
use crate::simulate::rng::SeededRng;

/// Minimum number of distinct requests that the editions of a text must yield together: half of their capacity, so that
/// no edition is a handful of rows repeated.
const VARIETY: usize = super::EDITIONS * super::REQUESTS / 2;

#[test]
fn every_text_of_every_author_renders_and_varies() {
    own_writing().expect("our own writing is well-formed");
    let mut thin = Vec::new();
    for (file, text) in FILES {
        let file_of = parse(text).expect("a file of our own");
        for author in &file_of.author {
            assert!(author.name.starts_with(OWN_PREFIX), "{}", author.name);
            for text in &author.text {
                let none = Parts::new();
                let inputs = file_of.inputs.get(&text.language).unwrap_or(&none);
                let distinct: BTreeSet<String> = (0..super::EDITIONS)
                    .flat_map(|edition| {
                        let id = format!("{}-{edition}", author.name);
                        records(author, text, inputs, &id).expect("it rendered before")
                    })
                    .map(|record| {
                        let messages = record.messages.into_iter().map(|message| message.content);
                        let texts = record.system.into_iter().chain(messages);
                        let texts: Vec<String> = texts.map(|text| text.expose().clone()).collect();
                        texts.join("|")
                    })
                    .collect();
                if distinct.len() < VARIETY {
                    let language = &text.language;
                    thin.push(format!(
                        "{file} {} {language}: {}",
                        author.name,
                        distinct.len()
                    ));
                }
            }
        }
    }
    assert!(
        thin.is_empty(),
        "fewer than {VARIETY} requests:\n{}",
        thin.join("\n")
    );
}

#[test]
fn extraction_and_benign_authors_use_the_same_languages_in_every_file() {
    for (file, text) in FILES {
        let mut languages = BTreeMap::<String, [usize; 2]>::new();
        for author in parse(text).expect("a file of our own").author {
            for text in author.text {
                let benign = usize::from(author.side == Side::Benign);
                languages.entry(text.language).or_default()[benign] += 1;
            }
        }
        for (language, [extraction, benign]) in languages {
            assert!(
                benign > 0 || extraction == 0,
                "{file}: {extraction} extracting texts in {language} and no benign one"
            );
        }
    }
}

fn rendered(template: &str, parts: &[(&str, &[&str])]) -> Result<String, Missing> {
    let parts: Parts = parts
        .iter()
        .map(|(name, list)| {
            (
                (*name).to_owned(),
                list.iter().map(|s| (*s).to_owned()).collect(),
            )
        })
        .collect();
    let wording = Wording::default();
    let mut rng = SeededRng::new(1, "a test");
    Renderer::new(&wording, &parts, &mut rng).render(template)
}

#[test]
fn names_in_braces_are_filled_and_other_braces_are_themselves() {
    let parts: &[(&str, &[&str])] = &[("n", &["7"]), ("outer", &["<{n}>"])];
    assert_eq!(rendered("a {outer} b", parts), Ok("a <7> b".to_owned()));
    let json = r#"{{"score": {n}}} {"x": 1} }"#;
    assert_eq!(
        rendered(json, parts),
        Ok(r#"{"score": 7}} {"x": 1} }"#.replacen("}}", "}", 1))
    );
    assert_eq!(
        rendered("{nobody}", parts),
        Err(Missing("nobody".to_owned()))
    );
    assert_eq!(
        rendered("{me}", &[("me", &["{me}"])]),
        Err(Missing("me".to_owned()))
    );
}

proptest! {
    #[test]
    fn any_template_renders_or_names_what_is_missing(template in "[a-z{} 你\"]{0,40}") {
        match rendered(&template, &[("a", &["{b}"]), ("b", &["x"])]) {
            Ok(text) => prop_assert!(text.len() <= 2 * template.len()),
            Err(Missing(name)) => prop_assert!(template.contains(&name)),
        }
    }
}
