//! Fits the wide member of the text model: two logistic regressions with an L2 penalty, by dual coordinate ascent, one
//! on what is asked and one on system prompts.
//!
//! Minimises `lambda / 2 |w|^2 + mean of s_i ln(1 + exp(-y_i w.x_i))`, one request's dual variable at a time
//! (Shalev-Shwartz & Zhang 2013, "Stochastic Dual Coordinate Ascent"; the closed step of their section on smooth
//! losses). No learning rate, converges linearly, and the same requests and seed give the same weights.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::example::{Example, Target};
use crate::domain::Cue;
use crate::encoder::{
    Channel, ChannelRows, Linear, Seen, Wide, asked, distinct_features, feature_count,
    feature_value,
};

/// Settings of one fit; the recipe file holds them.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WideRecipe {
    /// L2 penalty `lambda`, in the mean loss.
    pub penalty: f64,
    /// Passes over the requests.
    pub epochs: usize,
    /// Weight of its log-odds in the text model's intent heads.
    pub weight: f32,
    /// Weight of the system prompt's log-odds, where they accuse, as a share of those of the request.
    pub system_weight: f32,
    /// Weight of the pooled vectors' log-odds in those heads.
    pub deep_weight: f32,
}

/// One request whose intent is known, as a set of features.
struct Row {
    features: Vec<u32>,
    extraction: bool,
    weight: f64,
}

impl Row {
    /// Returns the value of each feature, by which the set has at most unit length.
    fn value(&self) -> f64 {
        f64::from(feature_value(self.features.len()))
    }
}

/// Fits on the examples for which it is known whether a pipeline sent them. Both classes have the same total weight.
pub(crate) fn fit_wide(
    examples: &[&Example],
    tokens: usize,
    recipe: &WideRecipe,
    seed: u64,
) -> Wide {
    let fit = |text: fn(&ChannelRows) -> &[u32], weight: f32| {
        fit_linear(&rows(examples, tokens, text), tokens, recipe, weight, seed)
    };
    Wide::new(
        tokens,
        fit(asked, recipe.weight),
        fit(system, recipe.weight * recipe.system_weight),
    )
}

fn system(rows: &ChannelRows) -> &[u32] {
    rows.channel(Channel::System)
}

/// Fits one model and returns it times `weight`.
fn fit_linear(rows: &[Row], tokens: usize, recipe: &WideRecipe, weight: f32, seed: u64) -> Linear {
    let mut weights = vec![0.0_f64; feature_count(tokens)];
    let mut bias = 0.0;
    let mut duals = vec![0.0_f64; rows.len()];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let scale = recipe.penalty * rows.len() as f64;
    for _ in 0..recipe.epochs {
        order.shuffle(&mut rng);
        for &index in &order {
            let row = &rows[index];
            let value = row.value();
            let sum: f64 = row.features.iter().map(|f| weights[*f as usize]).sum();
            let sign = if row.extraction { 1.0 } else { -1.0 };
            let margin = sign * (sum * value + bias);
            let wanted = row.weight / (1.0 + margin.exp());
            // The features have a length of at most 1, and the constant adds another 1.
            let share = 1.0 / (1.0 + row.weight * 2.0 / (4.0 * scale));
            let step = share * (wanted - duals[index]);
            duals[index] += step;
            let change = sign * step / scale;
            for feature in &row.features {
                weights[*feature as usize] += change * value;
            }
            bias += change;
        }
    }
    let scaled = |log_odds: f64| log_odds as f32 * weight;
    Linear {
        weights: weights.into_iter().map(scaled).collect(),
        bias: scaled(bias),
    }
}

/// Returns the examples' texts as sets of features; examples without that text are left out.
fn rows(examples: &[&Example], tokens: usize, text: fn(&ChannelRows) -> &[u32]) -> Vec<Row> {
    let mut seen = Seen::default();
    let mut rows: Vec<Row> = examples
        .iter()
        .filter_map(|example| {
            let extraction = extraction(example)?;
            let features = distinct_features(text(&example.rows), tokens, &mut seen).to_vec();
            (!features.is_empty()).then(|| Row {
                features,
                extraction,
                weight: f64::from(example.weight),
            })
        })
        .collect();
    let total = |rows: &[Row], kind: bool| {
        let of_kind = rows.iter().filter(|row| row.extraction == kind);
        of_kind.map(|row| row.weight).sum::<f64>().max(1e-9)
    };
    let (extraction, benign) = (total(&rows, true), total(&rows, false));
    let half = rows.len() as f64 / 2.0;
    for row in &mut rows {
        row.weight *= half / if row.extraction { extraction } else { benign };
    }
    rows
}

/// Returns whether a pipeline sent the request; `None` where the text cannot tell.
fn extraction(example: &Example) -> Option<bool> {
    let intents = Cue::INTENT.map(|cue| example.targets[cue.index()]);
    if intents.contains(&Target::Carried) {
        Some(true)
    } else {
        (!intents.contains(&Target::Unknown)).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CUE_COUNT;
    use crate::statistics::logistic::sigmoid;

    fn example(tokens: &[u32], intent: Target, weight: f32) -> Example {
        let mut rows = ChannelRows::default();
        rows.channel_mut(Channel::Request).extend(tokens);
        let mut targets = [Target::Absent; CUE_COUNT];
        targets[Cue::RewardIntent.index()] = intent;
        Example {
            rows,
            targets,
            weight,
        }
    }

    const RECIPE: WideRecipe = WideRecipe {
        penalty: 1e-3,
        epochs: 400,
        weight: 1.0,
        system_weight: 1.0,
        deep_weight: 1.0,
    };

    fn fitted(examples: &[Example]) -> Wide {
        fit_wide(&examples.iter().collect::<Vec<_>>(), 30, &RECIPE, 1)
    }

    #[test]
    fn a_pair_that_only_pipelines_write_is_learned_where_its_tokens_say_nothing() {
        let examples: Vec<Example> = (10..30)
            .flat_map(|n| {
                [
                    example(&[1, 2, n], Target::Carried, 1.0),
                    example(&[2, 1, n], Target::Absent, 1.0),
                ]
            })
            .collect();
        let wide = fitted(&examples);
        let mut seen = Seen::default();
        let mut logit = |tokens| wide.logit(&example(tokens, Target::Absent, 1.0).rows, &mut seen);
        assert!(logit(&[1, 2]) > 1.0);
        assert!(logit(&[2, 1]) < -1.0);
    }

    #[test]
    fn the_gradient_is_zero_at_the_solution() {
        let examples: Vec<Example> = (0..40)
            .map(|n| {
                let target = if n % 3 == 0 {
                    Target::Carried
                } else {
                    Target::Absent
                };
                example(
                    &[n % 7, 7 + n % 5, 12 + n % 2],
                    target,
                    1.0 + n as f32 / 40.0,
                )
            })
            .collect();
        let wide = fitted(&examples);
        let request = wide.request();
        let rows = rows(&examples.iter().collect::<Vec<_>>(), 30, asked);
        let mut gradient: Vec<f64> = request
            .weights
            .iter()
            .map(|weight| RECIPE.penalty * f64::from(*weight))
            .collect();
        let mut largest: f64 = 0.0;
        for row in &rows {
            let sum: f64 = row
                .features
                .iter()
                .map(|f| f64::from(request.weights[*f as usize]))
                .sum();
            let margin = sum * row.value() + f64::from(request.bias);
            let error = sigmoid(margin) - f64::from(u8::from(row.extraction));
            for feature in &row.features {
                let part = row.weight * error * row.value() / rows.len() as f64;
                gradient[*feature as usize] += part;
                largest = largest.max(part.abs());
            }
        }
        // Weights are stored in 16 bits, which moves the minimum a little.
        assert!(gradient.iter().all(|slope| slope.abs() < 0.1 * largest));
    }

    #[test]
    fn a_system_prompt_is_learned_apart_from_what_is_asked() {
        let with_system = |system: u32, target| {
            let mut example = example(&[5], target, 1.0);
            example.rows.channel_mut(Channel::System).push(system);
            example
        };
        let wide = fitted(&[
            with_system(1, Target::Carried),
            with_system(2, Target::Absent),
        ]);
        assert!(wide.system().weights[1] > 0.1 && wide.system().weights[2] < -0.1);
        assert!(wide.request().weights[1].abs() < 1e-6);
    }

    #[test]
    fn unknown_intent_teaches_nothing() {
        let known = [
            example(&[1], Target::Carried, 1.0),
            example(&[2], Target::Absent, 1.0),
        ];
        let more = [
            known[0].clone(),
            known[1].clone(),
            example(&[3], Target::Unknown, 1.0),
        ];
        assert_eq!(fitted(&known), fitted(&more));
    }
}
