//! The panel: all baselines, fitted on one training stream.

use rayon::prelude::*;
use thiserror::Error;

use super::Baseline;
use super::history::History;
use super::keywords::Keywords;
use super::mahalanobis::Mahalanobis;
use super::mmd::Mmd;
use super::ngram::{MeanOdds, NgramModel, NgramRecipe, NgramSample};
use super::overlap::Overlap;
use super::prada::Prada;
use super::rate::Rate;
use super::step::Step;
use crate::eval::metrics::{Roc, Scored};
use crate::eval::table::{Cell, Table};

/// False-positive rate up to which the partial area counts when a form is chosen: few false alarms, yet enough of them
/// to separate the forms.
const CHOSEN_WITHIN: f64 = 0.05;

/// The training stream is too small to fit the baselines on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "baselines: expected a training stream with extracting accounts and with benign accounts of two applications or \
     more, got {extracting} extracting and {benign} benign accounts"
)]
pub(crate) struct Unfit {
    /// Number of extracting accounts in the stream.
    pub extracting: usize,
    /// Number of benign accounts in the stream.
    pub benign: usize,
}

/// The fitted baselines.
pub(crate) struct Panel {
    ngram: NgramModel,
    detectors: Vec<Box<dyn Baseline>>,
}

impl Panel {
    /// Fits all baselines.
    ///
    /// The n-gram model learns from a few requests of each account under the account's label, since streams label
    /// accounts, not requests.
    ///
    /// # Errors
    /// When the stream lacks extracting accounts, or benign ones of two applications with some twenty requests.
    pub(crate) fn fit(histories: &[History]) -> Result<Self, Unfit> {
        let extracting = histories.iter().filter(|h| h.extraction()).count();
        let unfit = Unfit {
            extracting,
            benign: histories.len() - extracting,
        };
        if extracting == 0 || unfit.benign == 0 {
            return Err(unfit);
        }
        let [mmd_global, mmd_nearest] = Mmd::fit(histories).ok_or(unfit)?;
        let [gauss_global, gauss_nearest] = Mahalanobis::fit(histories).ok_or(unfit)?;
        let samples: Vec<NgramSample<'_>> = histories
            .iter()
            .flat_map(|history| {
                history.requests.iter().map(|record| NgramSample {
                    record,
                    extraction: history.extraction(),
                    weight: 1.0,
                })
            })
            .collect();
        Ok(Self {
            ngram: NgramModel::fit(&samples, &NgramRecipe::default()),
            detectors: vec![
                Box::new(chosen(Rate::CHOICES, histories)),
                Box::new(chosen(Keywords::CHOICES, histories)),
                Box::new(MeanOdds),
                Box::new(chosen(Prada::CHOICES, histories)),
                Box::new(mmd_global),
                Box::new(mmd_nearest),
                Box::new(gauss_global),
                Box::new(gauss_nearest),
                Box::new(chosen(Overlap::CHOICES, histories)),
            ],
        })
    }

    /// Returns the n-gram model, with which requests of a stream to score are read.
    pub(crate) const fn ngram(&self) -> &NgramModel {
        &self.ngram
    }

    /// Iterates over the names of the baselines, in the order of [`Self::scores`].
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.detectors.iter().map(|detector| detector.name())
    }

    /// The table of how each baseline was fitted, one row per baseline.
    pub(crate) fn forms(&self) -> Table {
        let mut table = Table::new("Baselines as fitted", ["detector", "form"]);
        for detector in &self.detectors {
            table.push(vec![
                Cell::text(detector.name()),
                Cell::text(detector.form()),
            ]);
        }
        table
    }

    /// Scores an account after these exchanges with each baseline.
    pub(crate) fn scores(&self, steps: &[Step]) -> Vec<f64> {
        let scores = self.detectors.iter().map(|detector| detector.score(steps));
        scores.collect()
    }
}

/// Returns the form that ranks the training accounts best, after all their exchanges; the first on a tie.
fn chosen<B: Baseline, const N: usize>(forms: [B; N], histories: &[History]) -> B {
    let worth = |form: &B| {
        let scored: Vec<Scored> = histories
            .par_iter()
            .map(|history| Scored {
                score: form.score(&history.steps),
                extraction: history.extraction(),
            })
            .collect();
        Roc::new(&scored).map_or(0.0, |curve| curve.partial_area(CHOSEN_WITHIN))
    };
    let mut forms = forms.into_iter();
    let first = forms.next().expect("a baseline has one form or more");
    let ranked = forms.fold((worth(&first), first), |(best, kept), form| {
        let worth = worth(&form);
        if worth > best {
            (worth, form)
        } else {
            (best, kept)
        }
    });
    ranked.1
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Panel, Unfit, chosen};
    use crate::domain::Verdict;
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::history::History;
    use crate::eval::baseline::samples::{account, record, step, toward};
    use crate::eval::baseline::step::Step;

    /// Scores by a function of the steps.
    struct By(&'static str, fn(&Step) -> f64);

    impl Baseline for By {
        fn name(&self) -> &'static str {
            self.0
        }

        fn form(&self) -> String {
            String::new()
        }

        fn score(&self, steps: &[Step]) -> f64 {
            steps.iter().map(self.1).sum()
        }
    }

    /// Ten extracting accounts among forty, every fourth; an account's log-odds are its number.
    pub(in crate::eval::baseline) fn stream() -> Vec<History> {
        (0..40_u8)
            .map(|n| {
                let extracting = n % 4 == 0;
                let verdict = if extracting {
                    Verdict::Extraction
                } else {
                    Verdict::Benign
                };
                let steps = (0..30_u8).map(|m| {
                    let mut step = toward(&[f32::from(n % 7) + 1.0, f32::from(m % 5), 1.0]);
                    step.phrases = u32::from(extracting);
                    step.odds = f32::from(n);
                    step
                });
                let application = format!("application {}", n % 7);
                let mut history = account(&n.to_string(), verdict, &application, steps.collect());
                history.requests.push(record(if extracting {
                    "grade it"
                } else {
                    "what to cook"
                }));
                history
            })
            .collect()
    }

    #[test]
    fn the_form_that_ranks_better_is_chosen() {
        let phrases = By("phrases", |step| f64::from(step.phrases));
        let constant = By("constant", |_| 1.0);
        assert_eq!(chosen([constant, phrases], &stream()).name(), "phrases");
        let (one, other) = (By("one", |_| 1.0), By("other", |_| 2.0));
        assert_eq!(chosen([one, other], &stream()).name(), "one");
    }

    #[test]
    fn every_baseline_speaks_of_every_history() {
        let stream = stream();
        let panel = Panel::fit(&stream).unwrap();
        let names: Vec<_> = panel.names().collect();
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name));
        }
        for steps in [&stream[0].steps[..], &stream[0].steps[..1], &[step()], &[]] {
            let scores = panel.scores(steps);
            assert_eq!(scores.len(), names.len());
            assert!(scores.iter().all(|score| !score.is_nan()));
        }
    }

    #[test]
    fn one_kind_alone_fits_nothing() {
        let benign: Vec<History> = stream().into_iter().filter(|h| !h.extraction()).collect();
        let count = benign.len();
        let expected = Unfit {
            extracting: 0,
            benign: count,
        };
        assert_eq!(Panel::fit(&benign).err(), Some(expected));
        assert!(Panel::fit(&[]).is_err());
    }
}
