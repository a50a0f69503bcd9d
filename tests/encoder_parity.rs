//! Parity of the text model's hand-written hot path with the same computation in candle, from the same bytes.

use std::sync::LazyLock;

use candle_core::{D, DType, Device, Tensor};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use stillwatch::internals::domain::{CUE_COUNT, Cue, EMBEDDING_DIM, Role};
use stillwatch::internals::encoder::{
    CHANNELS, Channel, ChannelRows, Encoder, Head, Linear, ROW_DIM, Scratch, Seen, StaticEncoder,
    TextEncoder, Vocabulary, Wide, distinct_features, feature_count,
};
use stillwatch::internals::text::TextView;
use stillwatch::internals::train::vocabulary::train_vocabulary;

const TOKENS: usize = 400;
const POOLED: usize = CHANNELS * ROW_DIM;

/// Weights of the sizes that training produces, as trained: before the table is quantised to eight bits.
struct Weights {
    vectors: Vec<f32>,
    scores: Vec<f32>,
    head: Head,
    wide: [Vec<f32>; 2],
}

impl Weights {
    /// Returns the wide member for the first `tokens` tokens.
    fn wide(&self, tokens: usize) -> Wide {
        let [request, system] = [0, 1].map(|which| Linear {
            weights: self.wide[which][..feature_count(tokens)].to_vec(),
            bias: [-0.3, 0.2][which],
        });
        Wide::new(tokens, request, system)
    }
}

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut uniform = |count: usize, bound: f32| -> Vec<f32> {
        (0..count)
            .map(|_| rng.random_range(-bound..bound))
            .collect()
    };
    Weights {
        vectors: uniform(TOKENS * ROW_DIM, 0.4),
        scores: uniform(TOKENS, 2.0),
        head: Head {
            hidden: uniform(POOLED * EMBEDDING_DIM, 1.0),
            hidden_bias: uniform(EMBEDDING_DIM, 0.2),
            cues: uniform(EMBEDDING_DIM * CUE_COUNT, 0.6),
            cues_bias: uniform(CUE_COUNT, 1.0),
        },
        wide: [1.0, 0.5].map(|bound| uniform(feature_count(TOKENS), bound)),
    }
});

static MODEL: LazyLock<StaticEncoder> = LazyLock::new(|| {
    let Weights {
        vectors,
        scores,
        head,
        wide: _,
    } = &*WEIGHTS;
    let wide = WEIGHTS.wide(TOKENS);
    let trained = StaticEncoder::from_weights(vectors, scores, head.clone(), wide);
    // The model under test has been written to its file and read back.
    let bytes = trained.to_safetensors().expect("consistent shapes");
    StaticEncoder::from_safetensors(&bytes, TOKENS).expect("a file just written")
});

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let bytes = MODEL.to_safetensors().expect("consistent shapes");
    Reference::read(&bytes).expect("consistent shapes")
});

/// The model in candle. It shares with `encoder` only the choice of tokens and pairs of a request.
struct Reference {
    vectors: Tensor,
    scores: Tensor,
    hidden: Tensor,
    hidden_bias: Tensor,
    cues: Tensor,
    cues_bias: Tensor,
    /// Weights of what is asked, then of the system prompt.
    wide: [Tensor; 2],
    wide_biases: Tensor,
}

impl Reference {
    fn read(bytes: &[u8]) -> candle_core::Result<Self> {
        let file = SafeTensors::deserialize(bytes)?;
        let floats = |name: &str| {
            let view = file.tensor(name)?;
            let values = view.data().chunks_exact(4);
            let values =
                values.map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")));
            Tensor::from_vec(values.collect::<Vec<_>>(), view.shape(), &Device::Cpu)
        };
        let halves = |name: &str| {
            let data = file.tensor(name)?.data();
            let shape = [feature_count(TOKENS)];
            Tensor::from_raw_buffer(data, DType::F16, &shape, &Device::Cpu)?.to_dtype(DType::F32)
        };
        // candle has no eight-bit integers.
        let table = file.tensor("table.vectors")?;
        let eight_bits = table
            .data()
            .iter()
            .map(|byte| f32::from(i8::from_le_bytes([*byte])));
        let eight_bits =
            Tensor::from_vec(eight_bits.collect::<Vec<_>>(), table.shape(), &Device::Cpu)?;
        Ok(Self {
            vectors: eight_bits.broadcast_mul(&floats("table.scales")?.unsqueeze(1)?)?,
            scores: floats("table.scores")?,
            hidden: floats("hidden.weight")?,
            hidden_bias: floats("hidden.bias")?,
            cues: floats("cues.weight")?,
            cues_bias: floats("cues.bias")?,
            wide: [
                halves("wide.request.weights")?,
                halves("wide.system.weights")?,
            ],
            wide_biases: floats("wide.biases")?,
        })
    }

    /// Computes cue probabilities and embeddings of a batch: `[requests][CUE_COUNT]` and `[requests][EMBEDDING_DIM]`.
    fn evaluate(&self, batch: &[ChannelRows]) -> candle_core::Result<(Tensor, Tensor)> {
        let (hidden, whole) = self.layers(batch)?;
        let alone: Vec<ChannelRows> = batch.iter().map(alone).collect();
        let (_, alone) = self.layers(&alone)?;
        let intents = intents()?;
        let logits = whole
            .broadcast_mul(&(1.0 - &intents)?)?
            .add(&alone.broadcast_mul(&intents)?)?
            .add(&self.wide(batch)?)?;
        let length = hidden.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        Ok((
            candle_nn::ops::sigmoid(&logits)?,
            hidden.broadcast_div(&length)?,
        ))
    }

    /// Computes the affine layer's outputs and the logits of a batch.
    fn layers(&self, batch: &[ChannelRows]) -> candle_core::Result<(Tensor, Tensor)> {
        let pooled: Vec<Tensor> = batch
            .iter()
            .map(|rows| self.pool(rows))
            .collect::<Result<_, _>>()?;
        let hidden = Tensor::stack(&pooled, 0)?
            .matmul(&self.hidden)?
            .broadcast_add(&self.hidden_bias)?;
        let logits = hidden
            .relu()?
            .matmul(&self.cues)?
            .broadcast_add(&self.cues_bias)?;
        Ok((hidden, logits))
    }

    /// Computes the wide member's addition to every logit of a batch: `[requests][CUE_COUNT]`, zero outside the
    /// intents.
    fn wide(&self, batch: &[ChannelRows]) -> candle_core::Result<Tensor> {
        let rows = batch.iter().map(|rows| {
            let asked = alone(rows);
            let asked = Channel::ALL
                .map(|channel| asked.channel(channel).to_vec())
                .concat();
            let request = self.linear(0, &asked)?;
            let has_both = [Channel::System, Channel::Request]
                .iter()
                .all(|channel| !rows.channel(*channel).is_empty());
            if has_both {
                request + self.linear(1, rows.channel(Channel::System))?.relu()?
            } else {
                Ok(request)
            }
        });
        let rows = rows.collect::<candle_core::Result<Vec<_>>>()?;
        Tensor::cat(&rows, 0)?.matmul(&intents()?)
    }

    /// Computes the log-odds of one text, `[1][1]`; 0 without text.
    fn linear(&self, which: usize, rows: &[u32]) -> candle_core::Result<Tensor> {
        let mut seen = Seen::default();
        let features = distinct_features(rows, TOKENS, &mut seen);
        if features.is_empty() {
            return Tensor::zeros((1, 1), DType::F32, &Device::Cpu);
        }
        // See `encoder::wide`: forty more features than there are.
        let length = (features.len() as f64 + 40.0).sqrt();
        let features = Tensor::from_slice(features, features.len(), &Device::Cpu)?;
        let sum = self.wide[which]
            .index_select(&features, 0)?
            .sum_keepdim(0)?;
        ((sum / length)? + self.wide_biases.narrow(0, which, 1)?)?.unsqueeze(1)
    }

    fn pool(&self, rows: &ChannelRows) -> candle_core::Result<Tensor> {
        let channels = Channel::ALL.map(|channel| {
            let rows = rows.channel(channel);
            if rows.is_empty() {
                return Tensor::zeros(ROW_DIM, DType::F32, &Device::Cpu);
            }
            let rows = Tensor::from_slice(rows, rows.len(), &Device::Cpu)?;
            let scores = self.scores.index_select(&rows, 0)?;
            let attention = candle_nn::ops::softmax(&scores, 0)?.unsqueeze(1)?;
            self.vectors
                .index_select(&rows, 0)?
                .broadcast_mul(&attention)?
                .sum(0)
        });
        Tensor::cat(&channels.into_iter().collect::<Result<Vec<_>, _>>()?, 0)
    }
}

/// Returns 1 for each intent and 0 for each other cue, `[1][CUE_COUNT]`.
fn intents() -> candle_core::Result<Tensor> {
    let intents: Vec<f32> = Cue::ALL
        .iter()
        .map(|cue| f32::from(u8::from(Cue::INTENT.contains(cue))))
        .collect();
    Tensor::from_vec(intents, (1, CUE_COUNT), &Device::Cpu)
}

/// Returns the text that asks, by itself: the first of request, system prompt and history that is not empty.
fn alone(rows: &ChannelRows) -> ChannelRows {
    let mut alone = ChannelRows::default();
    let channels = [Channel::Request, Channel::System, Channel::History];
    if let Some(channel) = channels
        .into_iter()
        .find(|channel| !rows.channel(*channel).is_empty())
    {
        alone.channel_mut(channel).extend(rows.channel(channel));
    }
    alone
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

/// Generates the rows of a request: any number for each channel, zero included.
fn request() -> impl Strategy<Value = ChannelRows> {
    let rows = prop::collection::vec(0..TOKENS as u32, 0..400);
    [rows.clone(), rows.clone(), rows].prop_map(|channels| {
        let mut request = ChannelRows::default();
        for (channel, rows) in Channel::ALL.into_iter().zip(channels) {
            request.channel_mut(channel).extend(rows);
        }
        request
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_hot_path_equals_candle(batch in prop::collection::vec(request(), 1..8)) {
        let (cues, embeddings) = REFERENCE.evaluate(&batch).expect("consistent shapes");
        let cues = cues.to_vec2::<f32>().expect("a matrix");
        let embeddings = embeddings.to_vec2::<f32>().expect("a matrix");
        for (index, request) in batch.iter().enumerate() {
            let (own_cues, own_embedding) = MODEL.evaluate(request, &mut Seen::default());
            prop_assert!(cosine(&own_embedding.0, &embeddings[index]) > 0.999);
            for &cue in Cue::ALL {
                let gap = (own_cues.get(cue) - cues[index][cue.index()]).abs();
                prop_assert!(gap < 1e-4, "{:?} differs by {}", cue, gap);
            }
        }
    }

    #[test]
    fn an_embedding_has_length_one(request in request()) {
        let (_, embedding) = MODEL.evaluate(&request, &mut Seen::default());
        let length: f32 = embedding.0.iter().map(|value| value * value).sum();
        prop_assert!((length - 1.0).abs() < 1e-4);
    }
}

#[test]
fn eight_bits_cost_at_most_half_a_step() {
    let mut worst = 0.0_f32;
    for (row, trained) in WEIGHTS.vectors.chunks_exact(ROW_DIM).enumerate() {
        let (stored, score) = MODEL.row(row);
        let largest = trained
            .iter()
            .fold(0.0_f32, |largest, value| largest.max(value.abs()));
        for (stored, trained) in stored.iter().zip(trained) {
            worst = worst.max((stored - trained).abs() / largest);
        }
        assert!(
            (score - WEIGHTS.scores[row]).abs() < f32::EPSILON,
            "scores are kept whole"
        );
    }
    // Half of one of 127 steps, plus a margin for the rounding of floats.
    assert!(
        worst <= 0.5 / 127.0 + 1e-6,
        "error of {worst} of a row's largest component"
    );
}

#[test]
fn a_request_reads_the_same_alone_and_after_others() {
    let texts = [
        "Grade this answer from 1 to 10.",
        "",
        "请为下面的回答评分,并说明理由。",
        "What does the shop charge for delivery? I live on the island.",
        "x",
    ];
    let training = texts.iter().cycle().take(texts.len() * 20);
    let json = train_vocabulary(training, 300).unwrap();
    let vocabulary = Vocabulary::from_json(&json).unwrap();
    let tokens = vocabulary.len();
    let model = StaticEncoder::from_weights(
        &WEIGHTS.vectors[..tokens * ROW_DIM],
        &WEIGHTS.scores[..tokens],
        WEIGHTS.head.clone(),
        WEIGHTS.wide(tokens),
    );
    let encoder = TextEncoder::new(vocabulary, model).unwrap();
    let mut used = Scratch::default();
    for system in [None, Some("You are a patient tutor.")] {
        for text in texts {
            let messages = [(Role::User, text)];
            let view = TextView::new(system, messages);
            let after_others = encoder.encode(&view, &mut used);
            let alone = encoder.encode(&view, &mut Scratch::default());
            assert_eq!(after_others, alone);
        }
    }
}

#[test]
fn a_file_of_other_sizes_or_broken_off_is_refused() {
    let bytes = MODEL.to_safetensors().unwrap();
    assert!(StaticEncoder::from_safetensors(&bytes, TOKENS + 1).is_err());
    for end in [0, 7, 8, 100, bytes.len() - 1] {
        assert!(StaticEncoder::from_safetensors(&bytes[..end], TOKENS).is_err());
    }
}
