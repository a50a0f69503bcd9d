//! The evasion of a campaign: how its template is reworded, wrapped or put into another language. The same for all of
//! its accounts.

use std::sync::Arc;

use crate::simulate::evasion::template::Template;
use crate::simulate::evasion::{Evasion, language_request, product, read_in};
use crate::simulate::plan::planner::Planner;
use crate::simulate::prompt::draw::sample;
use crate::simulate::prompt::record_sets::RecordSet;
use crate::simulate::prompt::request_spec::RecordRef;
use crate::simulate::scenario::{ExtractionSettings, LanguageSwitch};

/// Number of inputs in another language available to a campaign.
const INPUTS: usize = 200;

impl<'a> Planner<'a> {
    /// Draws the evasion of all accounts of a campaign.
    pub(crate) fn evasion(
        &mut self,
        extraction: &ExtractionSettings,
        stages: &[&'a RecordSet],
    ) -> Option<Evasion> {
        let settings = &extraction.evasion;
        if !settings.changes_text() {
            return None;
        }
        let mut template = Template::default();
        for stage in stages {
            let corpus = self.record_sets.corpus;
            template.learn(corpus, stage.unit, &stage.records, &stage.language);
        }
        let language = stages[0].language.clone();
        let switch = settings.language;
        let inputs = if switch == Some(LanguageSwitch::Input) {
            self.foreign_inputs(&language)
        } else {
            Vec::new()
        };
        let wordings = settings.templates.unwrap_or(1) as usize;
        Some(Evasion {
            seed: self.rng.seed(),
            strength: settings.paraphrase,
            wordings: wordings.div_ceil(stages.len()),
            stages: stages.len(),
            offset: 0,
            traceless: settings.traceless,
            language_request: (switch == Some(LanguageSwitch::Answer))
                .then(|| language_request(&language, &mut self.rng)),
            inputs: inputs.into(),
            product: settings.product.then(|| product(&language, &mut self.rng)),
            template: Arc::new(template),
            language,
        })
    }

    /// Draws questions of people who speak neither the template's language nor that of its inputs.
    fn foreign_inputs(&mut self, language: &str) -> Vec<RecordRef> {
        let own = [language, read_in(language)];
        let consumers = self.record_sets.consumers.iter();
        let foreign: Vec<&RecordSet> = consumers
            .filter(|record_set| !own.contains(&record_set.language.as_str()))
            .collect();
        if foreign.is_empty() {
            return Vec::new();
        }
        let record_set = *self.rng.pick(&foreign);
        let records = sample(&record_set.records, INPUTS, &mut self.rng);
        let unit = record_set.unit;
        let reference = |record| RecordRef { unit, record };
        records.into_iter().map(reference).collect()
    }
}
