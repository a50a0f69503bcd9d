//! Evasion settings of extracting accounts; `simulate::evasion` applies them.

use serde::Deserialize;

use super::checks::{ScenarioError, check, probability};

/// Evasion of an extraction; none by default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvasionSettings {
    /// Strength of the rule-based paraphrase of the template: 0 none, 1 words, 2 words and order, 3 also sentences
    /// dropped and lines added. The payload stays.
    #[serde(default)]
    pub paraphrase: u8,
    /// Number of templates that each account rotates: stages of the pipeline and of others, then wordings of them.
    /// Drawn if absent, most often 1.
    pub templates: Option<u32>,
    /// Sends only inputs and requests for answers and summaries, without the template and without every word that names
    /// reasoning, grading or data. The reasoning is reconstructed elsewhere (trace inversion).
    #[serde(default)]
    pub traceless: bool,
    /// Share of requests that repeat an earlier one, the earliest most often (Zipf), as with a product's popular
    /// questions; drawn if absent.
    pub repeats: Option<f64>,
    /// Use of another language in the answers or the inputs.
    pub language: Option<LanguageSwitch>,
    /// Uses the system prompt of a plausible product; the extraction's own moves into the message.
    #[serde(default)]
    pub product: bool,
}

/// The part that is in another language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LanguageSwitch {
    /// Each request asks for an answer in another language.
    Answer,
    /// Inputs come from people who speak another language.
    Input,
}

impl EvasionSettings {
    pub(crate) fn validate(&self) -> Result<(), ScenarioError> {
        check(
            self.paraphrase <= 3,
            "extraction.evasion.paraphrase",
            "0 to 3",
            &self.paraphrase,
        )?;
        if let Some(templates) = self.templates {
            let some = (1..=10_000).contains(&templates);
            check(
                some,
                "extraction.evasion.templates",
                "1 to 10000",
                &templates,
            )?;
        }
        if let Some(repeats) = self.repeats {
            probability("extraction.evasion.repeats", repeats)?;
        }
        Ok(())
    }

    /// Returns whether the text of requests changes.
    pub(crate) fn changes_text(&self) -> bool {
        let rotates = self.templates.is_some_and(|templates| templates > 1);
        let says = self.paraphrase > 0 || self.traceless || rotates;
        says || self.language.is_some() || self.product
    }
}
