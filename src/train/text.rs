//! Fits the text model: its pooled vectors and heads with candle, by binary cross-entropy over masked cue heads; its
//! wide member separately (`wide`). Fitted jointly, the vectors would learn only what the wordings leave unexplained.
//!
//! The model must learn the request, not the pipeline that sent it. So every source weighs the same however many
//! records it has (`Example::weight`), rows and whole channels are dropped at random, and labels that a source cannot
//! guarantee are masked instead of guessed.

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::example::{Example, Target};
use super::initial::{Initial, InitialError, Start};
use super::table::Table;
use super::wide::{WideRecipe, fit_wide};
use crate::domain::{CUE_COUNT, Cue, EMBEDDING_DIM};
use crate::encoder::{CHANNELS, Channel, Head, ROW_DIM, StaticEncoder, asking_channel};

/// The reason why a text model could not be fitted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextFitError {
    /// An operation of candle failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
    /// The distilled rows do not fit.
    #[error(transparent)]
    Initial(#[from] InitialError),
}

/// Settings of one fit; the recipe file holds them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextRecipe {
    /// Seed of initial weights, order and dropout.
    pub seed: u64,
    /// Passes over the examples.
    pub epochs: usize,
    /// Examples per step.
    pub batch: usize,
    /// Peak learning rate of the table's scores; the layers after it take a fifth.
    pub learning_rate: f64,
    /// Decoupled weight decay (`AdamW`, Loshchilov & Hutter 2019).
    pub weight_decay: f64,
    /// Decoupled weight decay of the table's touched rows.
    pub table_decay: f64,
    /// Learning rate of the table's vectors, as a share of the peak rate: distilled ones need only small corrections.
    pub vector_rate: f64,
    /// Initial scale of the first layer, as a multiple of Glorot's: pooling averages, so its output starts small.
    pub first_scale: f32,
    /// Label smoothing: distance of targets from 0 and 1.
    pub smoothing: f32,
    /// Probability that a row is left out of a bag.
    pub row_dropout: f64,
    /// Probability that a whole channel is left out, if another one remains.
    pub channel_dropout: f64,
    /// Probability that a hidden unit is zeroed.
    pub hidden_dropout: f32,
    /// The wide member, fitted separately.
    pub wide: WideRecipe,
}

/// Progress of a fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextProgress {
    /// Finished steps.
    pub step: usize,
    /// Mean loss of the last step.
    pub loss: f32,
}

/// Fits the text model. The same examples, recipe and machine type always give the same weights.
///
/// # Errors
/// When candle fails, which it does not for inputs of consistent shapes, or the distilled rows belong to another
/// vocabulary.
pub(crate) fn fit_text(
    examples: &[&Example],
    tokens: usize,
    start: Start,
    recipe: &TextRecipe,
    mut progress: impl FnMut(TextProgress),
) -> Result<StaticEncoder, TextFitError> {
    let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
    let mut table = Table::new(match start {
        Start::Random => Initial::random(tokens, &mut rng),
        Start::Distilled => Initial::distilled(tokens)?,
    });
    let layers = Layers::new(recipe.first_scale, &mut rng)?;
    let mut optimiser = AdamW::new(
        layers.all(),
        ParamsAdamW {
            weight_decay: recipe.weight_decay,
            ..ParamsAdamW::default()
        },
    )?;
    let mut order: Vec<&Example> = examples.to_vec();
    let steps = recipe.epochs * examples.len().div_ceil(recipe.batch);
    let mut step = 0;
    for _ in 0..recipe.epochs {
        order.shuffle(&mut rng);
        for batch in order.chunks(recipe.batch) {
            step += 1;
            let rate = schedule(step, steps) * recipe.learning_rate;
            let bags = drop_rows(batch, recipe, &mut rng);
            let pooled = table.pool(&bags);
            let input = Var::from_slice(&pooled, (batch.len(), POOLED), &Device::Cpu)?;
            let loss = layers.loss(&input, batch, recipe, &mut rng)?;
            let gradients = loss.backward()?;
            optimiser.set_learning_rate(rate * LAYER_RATE);
            optimiser.step(&gradients)?;
            if let Some(gradient) = gradients.get(&input) {
                table.backward(&bags, &pooled, &gradient.flatten_all()?.to_vec1()?);
                let decay = recipe.table_decay as f32;
                table.step((rate * recipe.vector_rate) as f32, rate as f32, decay, step);
            }
            progress(TextProgress {
                step,
                loss: loss.to_scalar()?,
            });
        }
    }
    let mut head = layers.finish()?;
    weigh_intents(&mut head, recipe.wide.deep_weight);
    Ok(StaticEncoder::from_weights(
        table.vectors(),
        table.scores(),
        head,
        fit_wide(examples, tokens, &recipe.wide, recipe.seed),
    ))
}

/// Scales the log-odds of the intent heads; the wide member's are added to them.
fn weigh_intents(head: &mut Head, weight: f32) {
    for cue in Cue::INTENT {
        head.cues_bias[cue.index()] *= weight;
        for input in head.cues.chunks_exact_mut(CUE_COUNT) {
            input[cue.index()] *= weight;
        }
    }
}

/// Number of values of one pooled request.
const POOLED: usize = CHANNELS * ROW_DIM;
/// Learning rate of the layers after pooling, as a share of the table's: their gradients are dense.
const LAYER_RATE: f64 = 0.2;

/// Linear warm-up over the first 5% of steps, then linear decay to 5%.
fn schedule(step: usize, steps: usize) -> f64 {
    let done = step as f64 / steps as f64;
    if done < 0.05 {
        (done + 1e-3) / 0.051
    } else {
        1.0 - 0.95 * (done - 0.05) / 0.95
    }
}

/// The layers after pooling, differentiated by candle.
struct Layers {
    hidden: Var,
    hidden_bias: Var,
    cues: Var,
    cues_bias: Var,
}

impl Layers {
    fn new(first_scale: f32, rng: &mut ChaCha8Rng) -> candle_core::Result<Self> {
        let mut uniform = |inputs: usize, outputs: usize, scale: f32| {
            // Glorot & Bengio 2010.
            let bound = scale * (6.0 / (inputs + outputs) as f32).sqrt();
            let values: Vec<f32> = (0..inputs * outputs)
                .map(|_| rng.random_range(-bound..bound))
                .collect();
            Var::from_vec(values, (inputs, outputs), &Device::Cpu)
        };
        Ok(Self {
            hidden: uniform(POOLED, EMBEDDING_DIM, first_scale)?,
            hidden_bias: Var::zeros(EMBEDDING_DIM, DType::F32, &Device::Cpu)?,
            cues: uniform(EMBEDDING_DIM, CUE_COUNT, 1.0)?,
            // Cues are rare, so heads start at a probability of 5%.
            cues_bias: Var::from_vec(vec![-3.0_f32; CUE_COUNT], CUE_COUNT, &Device::Cpu)?,
        })
    }

    fn all(&self) -> Vec<Var> {
        [&self.hidden, &self.hidden_bias, &self.cues, &self.cues_bias]
            .map(Clone::clone)
            .to_vec()
    }

    /// Returns the weighted mean over known targets of `softplus(z) - y z`, the binary cross-entropy of logit `z`.
    fn loss(
        &self,
        pooled: &Tensor,
        batch: &[&Example],
        recipe: &TextRecipe,
        rng: &mut ChaCha8Rng,
    ) -> candle_core::Result<Tensor> {
        let alone = pooled.mul(&alone_mask(batch)?)?;
        let whole = self.logits(pooled, recipe, rng)?;
        let alone = self.logits(&alone, recipe, rng)?;
        let intents: Vec<f32> = Cue::ALL
            .iter()
            .map(|cue| if Cue::INTENT.contains(cue) { 1.0 } else { 0.0 })
            .collect();
        let intents = Tensor::from_vec(intents, (1, CUE_COUNT), &Device::Cpu)?;
        let forms = (1.0 - &intents)?;
        let logits = (whole.broadcast_mul(&forms)? + alone.broadcast_mul(&intents)?)?;
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for example in batch {
            for target in example.targets {
                targets.push(if target == Target::Carried {
                    1.0_f32
                } else {
                    0.0
                });
                weights.push(if target == Target::Unknown {
                    0.0
                } else {
                    example.weight
                });
            }
        }
        let shape = (batch.len(), CUE_COUNT);
        let targets = Tensor::from_vec(targets, shape, &Device::Cpu)?;
        let total: f32 = weights.iter().sum::<f32>().max(1e-6);
        let weights = Tensor::from_vec(weights, shape, &Device::Cpu)?;
        // softplus(z) = max(z, 0) + ln(1 + exp(-|z|)), which overflows for no z.
        let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
        let loss = (softplus - (logits * targets)?)?;
        (loss * weights)?.sum_all()? / f64::from(total)
    }

    /// Returns the log-odds of all cues, with hidden units dropped at random.
    fn logits(
        &self,
        pooled: &Tensor,
        recipe: &TextRecipe,
        rng: &mut ChaCha8Rng,
    ) -> candle_core::Result<Tensor> {
        let hidden = pooled
            .matmul(&self.hidden)?
            .broadcast_add(&self.hidden_bias)?
            .relu()?;
        let (examples, units) = hidden.dims2()?;
        let keep: Vec<f32> = (0..examples * units)
            .map(|_| {
                if rng.random::<f32>() < recipe.hidden_dropout {
                    0.0
                } else {
                    1.0
                }
            })
            .collect();
        let keep = Tensor::from_vec(keep, (examples, units), &Device::Cpu)?;
        let hidden = ((hidden * keep)? / f64::from(1.0 - recipe.hidden_dropout))?;
        hidden.matmul(&self.cues)?.broadcast_add(&self.cues_bias)
    }

    fn finish(&self) -> candle_core::Result<Head> {
        let flat = |var: &Var| var.flatten_all()?.to_vec1::<f32>();
        Ok(Head {
            hidden: flat(&self.hidden)?,
            hidden_bias: flat(&self.hidden_bias)?,
            cues: flat(&self.cues)?,
            cues_bias: flat(&self.cues_bias)?,
        })
    }
}

/// Returns 1 where a pooled value is of the text that asks and 0 elsewhere, as the intent heads are fed in serving.
fn alone_mask(batch: &[&Example]) -> candle_core::Result<Tensor> {
    let mut mask = Vec::with_capacity(batch.len() * POOLED);
    for example in batch {
        let asking = asking_channel(&example.rows);
        for channel in Channel::ALL {
            let is_read = f32::from(u8::from(channel == asking));
            mask.extend([is_read; ROW_DIM]);
        }
    }
    Tensor::from_vec(mask, (batch.len(), POOLED), &Device::Cpu)
}

/// Returns the batch's bags after dropout: one per channel, example by example.
fn drop_rows(batch: &[&Example], recipe: &TextRecipe, rng: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    let mut bags = Vec::with_capacity(batch.len() * CHANNELS);
    for example in batch {
        let filled = Channel::ALL
            .iter()
            .filter(|c| !example.rows.channel(**c).is_empty())
            .count();
        let dropped = (filled > 1 && rng.random_bool(recipe.channel_dropout))
            .then(|| Channel::ALL[rng.random_range(0..CHANNELS)]);
        for channel in Channel::ALL {
            let rows = example.rows.channel(channel);
            if dropped == Some(channel) {
                bags.push(Vec::new());
            } else {
                let threshold = (recipe.row_dropout * f64::from(u32::MAX)) as u32;
                bags.push(
                    rows.iter()
                        .copied()
                        .filter(|_| rng.random::<u32>() >= threshold)
                        .collect(),
                );
            }
        }
    }
    bags
}
