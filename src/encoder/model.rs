//! The static encoder: attention-pooled token vectors, one hidden layer, one logistic head per cue.
//!
//! Each row `r` of the table has a vector `E_r` and a score `a_r`. A channel is pooled as
//! `sum exp(a_r) E_r / sum exp(a_r)`. This is attention whose weights depend on the token alone: it takes one pass at
//! no quadratic cost, and a long payload does not drown a rare telling phrase. The pooled channels pass through one
//! affine layer. Its output, scaled to unit length, is the embedding; after a rectifier it feeds the heads. The intent
//! heads are fed by the text that asks alone, so that nothing around it acquits it. They also receive the wide member's
//! log-odds, the same for each, since it knows whether a request extracts, not how.

use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use thiserror::Error;

use super::wide::{Linear, Seen, Wide, asking_channel, feature_count};
use super::{CHANNELS, Channel, ChannelRows};
use crate::domain::{CUE_COUNT, Cue, CueProbabilities, EMBEDDING_DIM, Embedding};

/// Number of dimensions of a row's vector.
pub const ROW_DIM: usize = 64;
const POOLED: usize = CHANNELS * ROW_DIM;

/// Error for weights that cannot be used.
#[derive(Debug, Error)]
pub enum EncoderError {
    /// The file is not safetensors.
    #[error("expected a safetensors file: {0}")]
    Unreadable(#[from] safetensors::SafeTensorError),
    /// The shape or type of a tensor does not match the architecture.
    #[error("tensor {name}: expected {expected_dtype:?} {expected:?}, got {dtype:?} {shape:?}")]
    Shape {
        /// The tensor.
        name: &'static str,
        /// The architecture's shape.
        expected: Vec<usize>,
        /// The architecture's type.
        expected_dtype: Dtype,
        /// The file's shape.
        shape: Vec<usize>,
        /// The file's type.
        dtype: Dtype,
    },
    /// A weight is infinite or NaN.
    #[error("tensor {name}: expected finite numbers")]
    NotFinite {
        /// The tensor.
        name: &'static str,
    },
    /// The vocabulary and the table differ in size.
    #[error("expected a vocabulary of {expected} tokens, got {tokens}")]
    VocabularySize {
        /// Number of rows of the table.
        expected: usize,
        /// Number of tokens of the vocabulary.
        tokens: usize,
    },
}

/// The layers after pooling, in the layout `[input][output]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// `[CHANNELS * ROW_DIM][EMBEDDING_DIM]`.
    pub hidden: Vec<f32>,
    /// `[EMBEDDING_DIM]`.
    pub hidden_bias: Vec<f32>,
    /// `[EMBEDDING_DIM][CUE_COUNT]`.
    pub cues: Vec<f32>,
    /// `[CUE_COUNT]`.
    pub cues_bias: Vec<f32>,
}

/// The weights of the text model, prepared for fast evaluation.
#[derive(Clone)]
pub struct StaticEncoder {
    /// `exp(a_r) * E_r`, row by row, one row per token.
    weighted: Vec<f32>,
    /// `exp(a_r)`.
    weights: Vec<f32>,
    head: Head,
    wide: Wide,
    /// The table as trained and stored: 8-bit vectors, with one scale and one score per row.
    table: QuantisedTable,
}

/// Row vectors quantised to 8 bits: `E_r = scale_r * q_r`. Takes a quarter of the bytes on disk; the error is below
/// 0.4% of a row's largest component.
#[derive(Clone, Debug, PartialEq)]
struct QuantisedTable {
    vectors: Vec<i8>,
    scales: Vec<f32>,
    scores: Vec<f32>,
}

impl StaticEncoder {
    /// Builds the encoder from trained float weights: `vectors` is `[tokens][ROW_DIM]`, `scores` is `[tokens]`.
    ///
    /// # Panics
    /// If a length does not match the number of scores. The trainer builds all of them, so they match.
    pub fn from_weights(vectors: &[f32], scores: &[f32], head: Head, wide: Wide) -> Self {
        assert_eq!(vectors.len(), scores.len() * ROW_DIM, "one vector a token");
        assert_eq!(
            wide.request().weights.len(),
            feature_count(scores.len()),
            "a wide member of the same vocabulary"
        );
        let mut table = QuantisedTable {
            vectors: Vec::with_capacity(vectors.len()),
            scales: Vec::with_capacity(scores.len()),
            scores: scores.to_vec(),
        };
        for vector in vectors.chunks_exact(ROW_DIM) {
            let largest = vector
                .iter()
                .fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let scale = largest / 127.0;
            table.scales.push(scale);
            let quantised = vector.iter().map(|value| {
                if scale > 0.0 {
                    (value / scale).round() as i8
                } else {
                    0
                }
            });
            table.vectors.extend(quantised);
        }
        Self::from_table(table, head, wide)
    }

    fn from_table(table: QuantisedTable, head: Head, wide: Wide) -> Self {
        let weights: Vec<f32> = table.scores.iter().map(|score| score.exp()).collect();
        let mut weighted = Vec::with_capacity(table.vectors.len());
        for (row, vector) in table.vectors.chunks_exact(ROW_DIM).enumerate() {
            let factor = table.scales[row] * weights[row];
            weighted.extend(vector.iter().map(|value| f32::from(*value) * factor));
        }
        Self {
            weighted,
            weights,
            head,
            wide,
            table,
        }
    }

    /// Returns the number of tokens of the vocabulary, which is the number of rows of the table.
    pub const fn tokens(&self) -> usize {
        self.weights.len()
    }

    /// Returns the wide member.
    pub(super) const fn wide(&self) -> &Wide {
        &self.wide
    }

    /// Returns the layers after pooling.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Returns one row's vector and score as the model uses them (after quantisation).
    pub fn row(&self, row: usize) -> ([f32; ROW_DIM], f32) {
        let vector = &self.table.vectors[row * ROW_DIM..(row + 1) * ROW_DIM];
        let scale = self.table.scales[row];
        (
            std::array::from_fn(|index| f32::from(vector[index]) * scale),
            self.table.scores[row],
        )
    }

    /// Returns cue probabilities and the unit embedding of one call. Embedding and form cues are of the whole call; the
    /// intents are those of the text that asks, to which a system prompt can only add.
    pub fn evaluate(&self, rows: &ChannelRows, seen: &mut Seen) -> (CueProbabilities, Embedding) {
        let asking = asking_channel(rows);
        let mut hidden = self.hidden_of(rows, |_| true);
        let mut logits = self.logits(&hidden);
        let stands_alone = |channel| channel == asking || rows.channel(channel).is_empty();
        if !Channel::ALL.into_iter().all(stands_alone) {
            let asked = self.logits(&self.hidden_of(rows, |channel| channel == asking));
            for cue in Cue::INTENT {
                logits[cue.index()] = asked[cue.index()];
            }
        }
        let wide = self.wide.logit(rows, seen);
        for cue in Cue::INTENT {
            logits[cue.index()] += wide;
        }
        let cues = CueProbabilities::new(logits.map(|logit| 1.0 / (1.0 + (-logit).exp())));
        let length = hidden.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            for value in &mut hidden {
                *value /= length;
            }
        }
        (cues, Embedding(hidden))
    }

    /// Returns the affine layer's output for the channels that are `read`, before the rectifier.
    fn hidden_of(
        &self,
        rows: &ChannelRows,
        read: impl Fn(Channel) -> bool,
    ) -> [f32; EMBEDDING_DIM] {
        let mut hidden = [0.0_f32; EMBEDDING_DIM];
        hidden.copy_from_slice(&self.head.hidden_bias);
        for channel in Channel::ALL {
            let rows = rows.channel(channel);
            if rows.is_empty() || !read(channel) {
                continue;
            }
            let first = channel as usize * ROW_DIM;
            for (index, value) in self.pool(rows).iter().enumerate() {
                let from = (first + index) * EMBEDDING_DIM;
                let weights = &self.head.hidden[from..from + EMBEDDING_DIM];
                add_scaled(&mut hidden, weights, *value);
            }
        }
        hidden
    }

    /// Returns the log-odds of each cue from the affine layer's output.
    fn logits(&self, hidden: &[f32; EMBEDDING_DIM]) -> [f32; CUE_COUNT] {
        let mut logits = [0.0_f32; CUE_COUNT];
        logits.copy_from_slice(&self.head.cues_bias);
        for (index, value) in hidden.iter().enumerate() {
            if *value > 0.0 {
                let from = index * CUE_COUNT;
                add_scaled(&mut logits, &self.head.cues[from..from + CUE_COUNT], *value);
            }
        }
        logits
    }

    /// Returns `sum exp(a_r) E_r / sum exp(a_r)`; zeros if there are no rows.
    fn pool(&self, rows: &[u32]) -> [f32; ROW_DIM] {
        let mut sum = [0.0_f32; ROW_DIM];
        let mut weight = 0.0_f32;
        for row in rows {
            let row = *row as usize;
            let vector = &self.weighted[row * ROW_DIM..(row + 1) * ROW_DIM];
            for (sum, value) in sum.iter_mut().zip(vector) {
                *sum += value;
            }
            weight += self.weights[row];
        }
        if weight > 0.0 {
            for value in &mut sum {
                *value /= weight;
            }
        }
        sum
    }

    /// Serialises the weights as a safetensors file.
    ///
    /// # Errors
    /// If serialisation fails; it does not for tensors of consistent shapes.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, EncoderError> {
        let rows = self.tokens();
        let bytes: Vec<u8> = self
            .table
            .vectors
            .iter()
            .map(|value| value.to_le_bytes()[0])
            .collect();
        let floats = |values: &[f32]| {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        let buffers: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = vec![
            ("table.vectors", Dtype::I8, vec![rows, ROW_DIM], bytes),
            (
                "table.scales",
                Dtype::F32,
                vec![rows],
                floats(&self.table.scales),
            ),
            (
                "table.scores",
                Dtype::F32,
                vec![rows],
                floats(&self.table.scores),
            ),
            (
                "hidden.weight",
                Dtype::F32,
                vec![POOLED, EMBEDDING_DIM],
                floats(&self.head.hidden),
            ),
            (
                "hidden.bias",
                Dtype::F32,
                vec![EMBEDDING_DIM],
                floats(&self.head.hidden_bias),
            ),
            (
                "cues.weight",
                Dtype::F32,
                vec![EMBEDDING_DIM, CUE_COUNT],
                floats(&self.head.cues),
            ),
            (
                "cues.bias",
                Dtype::F32,
                vec![CUE_COUNT],
                floats(&self.head.cues_bias),
            ),
            (
                "wide.request.weights",
                Dtype::F16,
                vec![feature_count(rows)],
                halves(&self.wide.request().weights),
            ),
            (
                "wide.system.weights",
                Dtype::F16,
                vec![feature_count(rows)],
                halves(&self.wide.system().weights),
            ),
            (
                "wide.biases",
                Dtype::F32,
                vec![2],
                floats(&[self.wide.request().bias, self.wide.system().bias]),
            ),
        ];
        let views = buffers
            .iter()
            .map(|(name, dtype, shape, data)| {
                Ok((*name, TensorView::new(*dtype, shape.clone(), data)?))
            })
            .collect::<Result<Vec<_>, EncoderError>>()?;
        Ok(safetensors::serialize(views, None)?)
    }

    /// Reads a safetensors file written by [`StaticEncoder::to_safetensors`].
    ///
    /// # Errors
    /// If the file is not safetensors, or if a tensor is missing, has another shape or type, or is not finite.
    pub fn from_safetensors(bytes: &[u8], tokens: usize) -> Result<Self, EncoderError> {
        let file = SafeTensors::deserialize(bytes)?;
        let rows = tokens;
        let vectors = tensor(&file, "table.vectors", Dtype::I8, &[rows, ROW_DIM])?;
        let table = QuantisedTable {
            vectors: vectors
                .data()
                .iter()
                .map(|byte| i8::from_le_bytes([*byte]))
                .collect(),
            scales: floats(&file, "table.scales", &[rows])?,
            scores: floats(&file, "table.scores", &[rows])?,
        };
        let head = Head {
            hidden: floats(&file, "hidden.weight", &[POOLED, EMBEDDING_DIM])?,
            hidden_bias: floats(&file, "hidden.bias", &[EMBEDDING_DIM])?,
            cues: floats(&file, "cues.weight", &[EMBEDDING_DIM, CUE_COUNT])?,
            cues_bias: floats(&file, "cues.bias", &[CUE_COUNT])?,
        };
        let biases = floats(&file, "wide.biases", &[2])?;
        let linear = |name: &'static str, bias: f32| {
            let tensor = tensor(&file, name, Dtype::F16, &[feature_count(tokens)])?;
            let weights = tensor
                .data()
                .chunks_exact(2)
                .map(|bytes| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32());
            let weights = finite(name, weights.collect())?;
            Ok::<Linear, EncoderError>(Linear { weights, bias })
        };
        let wide = Wide::new(
            tokens,
            linear("wide.request.weights", biases[0])?,
            linear("wide.system.weights", biases[1])?,
        );
        Ok(Self::from_table(table, head, wide))
    }
}

fn add_scaled(sum: &mut [f32], values: &[f32], factor: f32) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

fn tensor<'a>(
    file: &SafeTensors<'a>,
    name: &'static str,
    dtype: Dtype,
    shape: &[usize],
) -> Result<TensorView<'a>, EncoderError> {
    let view = file.tensor(name)?;
    if view.dtype() == dtype && view.shape() == shape {
        Ok(view)
    } else {
        Err(EncoderError::Shape {
            name,
            expected: shape.to_vec(),
            expected_dtype: dtype,
            shape: view.shape().to_vec(),
            dtype: view.dtype(),
        })
    }
}

fn floats(
    file: &SafeTensors<'_>,
    name: &'static str,
    shape: &[usize],
) -> Result<Vec<f32>, EncoderError> {
    let view = tensor(file, name, Dtype::F32, shape)?;
    let values: Vec<f32> = view
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    finite(name, values)
}

fn finite(name: &'static str, values: Vec<f32>) -> Result<Vec<f32>, EncoderError> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(EncoderError::NotFinite { name })
    }
}

fn halves(values: &[f32]) -> Vec<u8> {
    let halves = values.iter().map(|value| f16::from_f32(*value));
    halves.flat_map(f16::to_le_bytes).collect()
}
