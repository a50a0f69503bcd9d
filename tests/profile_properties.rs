//! Properties of a profile on arbitrary streams: merging is associative and commutative with an identity, one fold
//! equals the merge of its shards, serialization round-trips, bounds hold, and no input causes a panic.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stillwatch::internals::domain::{
    CUE_COUNT, Cue, CueProbabilities, Digest, EMBEDDING_DIM, ElsewhereCues, Embedding, Evidence,
    Observation, Origin, Outcome, RefusalCategory, RequestShape, Script, Timestamp,
};
use stillwatch::internals::profile::{
    PROFILE_BYTES, PROFILE_VERSION, Profile, ProfileBytesError, RandomFeatures, RepeatEstimate,
};

const DAY_MICROS: i64 = 86_400_000_000;
/// 2026-05-04T00:00:00Z, a Monday.
const MONDAY: i64 = 1_777_852_800_000_000;

fn random_features() -> RandomFeatures {
    RandomFeatures::new(7, 1.2).expect("1.2 is a bandwidth")
}

/// Returns a well-mixed digest, like that of a keyed hash.
fn digest(kind: u64, value: u64) -> Digest {
    let mut x =
        kind.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ value.wrapping_mul(0xA076_1D64_78BD_642F);
    for _ in 0..3 {
        x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    Digest(x ^ (x >> 32))
}

fn embedding(direction: u64) -> Embedding {
    let raw: [f32; EMBEDDING_DIM] =
        std::array::from_fn(|i| (digest(direction, i as u64).0 >> 40) as f32 / 8_388_608.0 - 1.0);
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    Embedding(raw.map(|x| x / length))
}

/// Builds an exchange with content `content` of template `skeleton`, without text for the embedding.
fn plain(micros: i64, skeleton: u64, content: u64) -> Observation {
    Observation {
        time: Timestamp::from_micros(micros),
        model: digest(1, 0),
        conversation: None,
        cues: CueProbabilities::default(),
        request: digest(6, content),
        elsewhere: None,
        embedding: Embedding([0.0; EMBEDDING_DIM]),
        prompt: digest(2, content),
        system: None,
        skeleton: digest(3, skeleton),
        head: digest(4, skeleton),
        tail: digest(5, skeleton),
        slots: digest(6, content),
        identity: [Digest::NONE; 4],
        shape: RequestShape {
            read_bytes: 100,
            total_bytes: 100,
            unreadable: 0.0,
            turns: 1,
            tools: 0,
            typed: true,
            temperature: None,
            max_tokens: None,
            n: 1,
            structured: false,
            logprobs: false,
            input_tokens: None,
            output_tokens: None,
        },
        outcome: Outcome::Answered,
        evidence: Evidence::Asks,
        user_agent: None,
        origin: Origin::default(),
        setting: digest(24, 0),
        script: Script::Other,
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![
        Outcome::Unknown,
        Outcome::Answered,
        Outcome::Truncated,
        Outcome::Refused,
        Outcome::Failed,
    ])
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop::sample::select(vec![
        Evidence::Asks,
        Evidence::Asks,
        Evidence::Trivial,
        Evidence::Failed,
        Evidence::Unread,
    ])
}

fn shape() -> impl Strategy<Value = RequestShape> {
    (
        (any::<u32>(), any::<u16>(), any::<u16>(), any::<u32>()),
        (
            any::<Option<f32>>(),
            any::<Option<u32>>(),
            any::<bool>(),
            any::<bool>(),
        ),
        (any::<Option<u64>>(), any::<Option<u64>>()),
    )
        .prop_map(
            |(
                (bytes, turns, tools, n),
                (temperature, max_tokens, structured, logprobs),
                tokens,
            )| {
                RequestShape {
                    read_bytes: bytes / 2,
                    total_bytes: bytes,
                    unreadable: f32::from(turns) / 65_535.0,
                    turns,
                    tools,
                    typed: tools % 3 > 0,
                    temperature,
                    max_tokens,
                    n,
                    structured,
                    logprobs,
                    input_tokens: tokens.0,
                    output_tokens: tokens.1,
                }
            },
        )
}

/// Generates exchanges over three months that share prompts, templates and models often enough to matter.
fn observation() -> impl Strategy<Value = Observation> {
    (
        (0..90_i64, 0..200_i64, 0..12_u64, 0..40_u64, 0..3_u64),
        prop::array::uniform17(0.0..=1.0_f32),
        (
            shape(),
            outcome(),
            evidence(),
            prop::option::of((0..30_u64, 0.0..=1.0_f32)),
        ),
    )
        .prop_map(
            |(
                (day, second, skeleton, content, model),
                cues,
                (shape, outcome, evidence, elsewhere),
            )| {
                let cues: [f32; CUE_COUNT] = cues;
                Observation {
                    model: digest(1, model),
                    conversation: (content % 3 > 0).then(|| digest(7, content % 10)),
                    cues: CueProbabilities::new(cues),
                    embedding: embedding(content % 8),
                    system: (skeleton % 2 == 0).then(|| digest(8, skeleton % 4)),
                    identity: [
                        digest(9, skeleton),
                        digest(9, skeleton + 1),
                        Digest::NONE,
                        Digest::NONE,
                    ],
                    shape,
                    outcome,
                    evidence,
                    elsewhere: elsewhere.map(|(text, strength)| ElsewhereCues {
                        text: digest(6, text),
                        cues: CueProbabilities::new([strength; CUE_COUNT]),
                    }),
                    user_agent: (model > 0).then(|| digest(10, model)),
                    origin: origin(content, skeleton),
                    setting: digest(24, model),
                    ..plain(
                        MONDAY + day * DAY_MICROS + second * 1_000_000,
                        skeleton,
                        content,
                    )
                }
            },
        )
}

/// Returns what a provider may tell about an exchange, derived from two numbers of it: now and then nothing.
fn origin(content: u64, skeleton: u64) -> Origin {
    let sometimes = |kind: u64, values: u64| {
        (!content.is_multiple_of(4)).then(|| digest(kind, (content + skeleton) % values))
    };
    let category = match content % 3 {
        0 => None,
        1 => Some(RefusalCategory::Extraction),
        _ => Some(RefusalCategory::Other),
    };
    Origin {
        session: sometimes(11, 5),
        end_user: content.is_multiple_of(5).then(|| digest(12, content)),
        device: sometimes(13, 6),
        version: sometimes(14, 3),
        refusal_category: category,
        ..Origin::default()
    }
}

fn stream(most: usize) -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(observation(), 0..most).prop_map(|mut stream| {
        stream.sort_by_key(|observation| observation.time);
        stream
    })
}

fn fold<'a>(stream: impl IntoIterator<Item = &'a Observation>) -> Profile {
    let random_features = random_features();
    let mut profile = Profile::empty();
    for observation in stream {
        profile.update(observation, &random_features);
    }
    profile
}

fn merged(a: &Profile, b: &Profile) -> Profile {
    let mut a = a.clone();
    a.merge(b);
    a
}

fn close(a: Option<f64>, b: Option<f64>, tolerance: f64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0),
        (None, None) => true,
        _ => false,
    }
}

/// Checks what must be the same bytes whatever the order of exchanges and the tree of merges, and the float sums up to
/// rounding. Counts between consecutive exchanges are left to the caller.
fn assert_same_whatever_the_order(a: &Profile, b: &Profile) {
    assert_eq!(a.seen(), b.seen());
    assert_eq!(a.heavy_hitters(), b.heavy_hitters(), "at most 16 skeletons");
    assert_eq!(a.distinct(), b.distinct());
    assert_eq!(a.reruns(), b.reruns());
    assert_eq!(a.request_stats(), b.request_stats());
    assert_eq!(a.model_mix().models(), b.model_mix().models());
    let (x, y) = (a.clients(), b.clients());
    assert_eq!(x.programs(), y.programs());
    assert_eq!(x.devices().to_bits(), y.devices().to_bits());
    assert_eq!(x.end_users().to_bits(), y.end_users().to_bits());
    assert_eq!(x.with_end_user(), y.with_end_user());
    assert_eq!(
        a.refusals().intent().to_bits(),
        b.refusals().intent().to_bits()
    );
    let (x, y) = (a.refusals(), b.refusals());
    assert_eq!(x.extraction(), y.extraction());
    assert_eq!(x.named_extraction(), y.named_extraction());
    assert_eq!(x.phrasings().to_bits(), y.phrasings().to_bits());
    assert_eq!(
        a.repeat_ring().live_repeats(),
        b.repeat_ring().live_repeats()
    );
    assert_eq!(a.last_seen(), b.last_seen());

    let (x, y) = (a.cues(), b.cues());
    for &cue in Cue::ALL {
        assert_eq!(x.mean(cue), y.mean(cue));
    }
    assert_eq!(x.intent_mean(), y.intent_mean());
    assert!(close(x.intent_tail(), y.intent_tail(), 1e-3));

    let (x, y) = (a.mean_embedding(), b.mean_embedding());
    assert_eq!(x.count(), y.count());
    assert!(close(x.within_similarity(), y.within_similarity(), 1e-5));
    assert!(close(x.similarity(y), y.similarity(x), 1e-5));
}

/// Makes every text of a stream another one: which texts were judged is each account's own memory, so that shards of
/// one account judge a repeated text once more each.
fn apart(mut stream: Vec<Observation>) -> Vec<Observation> {
    for (index, observation) in stream.iter_mut().enumerate() {
        observation.request = Digest(((index as u64) << 40) | (index as u64 % 64));
        observation.elsewhere = None;
    }
    stream
}

/// Checks the counts that a merge adds up and that no merge can recount.
fn assert_same_between_exchanges(a: &Profile, b: &Profile) {
    assert_eq!(a.repeat_ring(), b.repeat_ring());
    assert_eq!(a.model_mix(), b.model_mix());
    assert_eq!(a.clients(), b.clients());
    assert_eq!(a.typed_turns(), b.typed_turns());
    assert_eq!(a.refusals(), b.refusals());
    assert_eq!(a.change_detector(), b.change_detector());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn merging_commutes_and_associates(a in stream(60), b in stream(60), c in stream(60)) {
        let (a, b, c) = (fold(&a), fold(&b), fold(&c));
        let left = merged(&merged(&a, &b), &c);
        for other in [merged(&a, &merged(&b, &c)), merged(&merged(&c, &b), &a)] {
            assert_same_whatever_the_order(&left, &other);
            assert_same_between_exchanges(&left, &other);
        }
        prop_assert_eq!(merged(&a, &b).to_bytes(), merged(&b, &a).to_bytes());
    }

    #[test]
    fn the_empty_profile_changes_nothing(a in stream(60)) {
        let a = fold(&a);
        prop_assert_eq!(merged(&a, &Profile::empty()).to_bytes(), a.to_bytes());
        prop_assert_eq!(merged(&Profile::empty(), &a).to_bytes(), a.to_bytes());
    }

    #[test]
    fn one_fold_equals_the_merge_of_its_shards(stream in stream(120), shards in 1..5_usize) {
        let stream = apart(stream);
        let whole = fold(&stream);
        let sharded = (0..shards)
            .map(|shard| fold(stream.iter().skip(shard).step_by(shards)))
            .reduce(|a, b| merged(&a, &b))
            .expect("at least one shard");
        assert_same_whatever_the_order(&whole, &sharded);
    }

    #[test]
    fn exchanges_of_one_moment_come_in_any_order(stream in stream(32), seed in any::<u64>()) {
        let mut together = apart(stream);
        for observation in &mut together {
            observation.time = Timestamp::from_micros(MONDAY);
        }
        let mut shuffled = together.clone();
        shuffled.sort_by_key(|observation| {
            digest(seed, observation.prompt.0 ^ u64::from(observation.shape.total_bytes))
        });
        let (a, b) = (fold(&together), fold(&shuffled));
        assert_same_whatever_the_order(&a, &b);
        prop_assert_eq!(a.repeat_ring(), b.repeat_ring());
        prop_assert_eq!(a.model_mix().moved_share(), b.model_mix().moved_share());
    }

    #[test]
    fn late_exchanges_count_as_if_in_time_and_weigh_less(stream in stream(60)) {
        let stream = apart(stream);
        let (forward, backward) = (fold(&stream), fold(stream.iter().rev()));
        assert_same_whatever_the_order(&forward, &backward);
    }

    #[test]
    fn decay_does_not_care_where_the_grid_lies(stream in stream(60), periods in -600..600_i64) {
        let mut moved = stream.clone();
        for observation in &mut moved {
            let micros = observation.time.as_micros() + periods * 90 * DAY_MICROS;
            observation.time = Timestamp::from_micros(micros);
        }
        let (a, b) = (fold(&stream), fold(&moved));
        // Whole half-lives apart the bits are the same.
        prop_assert_eq!(a.cues().intent_tail(), b.cues().intent_tail());
    }

    #[test]
    fn bytes_come_back(a in stream(60), b in stream(60)) {
        let profile = merged(&fold(&a), &fold(&b));
        let bytes = profile.to_bytes();
        prop_assert_eq!(bytes.len(), PROFILE_BYTES);
        let back = Profile::from_bytes(&bytes).expect("what was written reads");
        prop_assert_eq!(&back, &profile);
        prop_assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn any_time_and_any_shape_fold_to_a_sound_profile(
        times in prop::collection::vec(prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)], 0..80),
        template in observation(),
        split in 0..80_usize,
    ) {
        let stream: Vec<Observation> = times
            .iter()
            .map(|&micros| Observation { time: Timestamp::from_micros(micros), ..template.clone() })
            .collect();
        let split = split.min(stream.len());
        let profile = merged(&fold(&stream[..split]), &fold(&stream[split..]));
        let back = Profile::from_bytes(&profile.to_bytes()).expect("every fold is sound");
        prop_assert_eq!(&back, &profile);
        prop_assert_eq!(profile.last_seen().is_some(), profile.seen() > 0);
    }

    #[test]
    fn damaged_bytes_are_refused(
        stream in stream(20),
        at in 0..PROFILE_BYTES,
        bit in 0..8_u32,
        cut in 0..PROFILE_BYTES,
    ) {
        let bytes = fold(&stream).to_bytes();
        prop_assert_eq!(
            Profile::from_bytes(&bytes[..cut]),
            Err(ProfileBytesError::Length { actual: cut })
        );
        let mut damaged = bytes;
        damaged[at] ^= 1 << bit;
        prop_assert!(Profile::from_bytes(&damaged).is_err());
    }

    #[test]
    fn forged_bytes_give_an_error_or_a_usable_profile(
        stream in stream(20),
        at in 8..PROFILE_BYTES - 8,
        forged in any::<[u8; 8]>(),
    ) {
        // A valid checksum over an invalid body: the invariants of the blocks are the only check.
        let mut bytes = fold(&stream).to_bytes();
        let body = PROFILE_BYTES - 8;
        for (byte, forged) in bytes[at..body].iter_mut().zip(forged) {
            *byte = forged;
        }
        let checksum = blake3::hash(&bytes[..body]);
        bytes[body..].copy_from_slice(&checksum.as_bytes()[..8]);
        if let Ok(mut profile) = Profile::from_bytes(&bytes) {
            use_every_estimate(&profile);
            profile.merge(&fold(&stream));
            profile.update(&plain(MONDAY, 1, 1), &random_features());
            use_every_estimate(&profile);
        }
    }
}

/// Calls everything that computes; a panic is the failure.
fn use_every_estimate(profile: &Profile) {
    let distinct = profile.distinct();
    assert!(distinct.distinct_skeletons() >= 0.0 && distinct.repeats().repeats() >= 0.0);
    let _ = profile.heavy_hitters().skeletons().effective_number();
    let _ = profile.mean_embedding().within_similarity();
    let _ = profile.request_stats().refused_share();
    let _ = profile.repeat_ring().live_repeats();
    let _ = profile.clients().return_share();
    let _ = profile.clients().version_return_share();
    let _ = profile.typed_turns().gap_floor();
    let _ = profile.typed_turns().unlike_share();
    let _ = profile.typed_turns().crossing_share();
    let _ = profile.reruns().rerun_share();
    let _ = profile.refusals().phrasings();
    let _ = profile.model_mix().switched_after_refusal();
    let _ = profile.model_mix().switch_share();
    let _ = profile.change_detector().changed_at();
    let _ = profile.cues().intent_tail();
}

/// The same log gives the same bytes on every machine, in every build, this year and next. A change of this value is a
/// change of the layout or of the arithmetic: it needs a new `PROFILE_VERSION`.
#[test]
fn the_bytes_of_a_fixed_stream_never_change() {
    let number = |kind: u64, i: u64| digest(kind, i).0 >> 32;
    let stream: Vec<Observation> = (0..300_u64)
        .map(|i| Observation {
            model: digest(1, number(11, i) % 3),
            cues: CueProbabilities::new(std::array::from_fn(|cue| {
                number(12 + cue as u64, i) as f32 / 4_294_967_296.0
            })),
            embedding: embedding(number(40, i) % 50),
            identity: [digest(9, i), digest(9, i / 3), Digest::NONE, Digest::NONE],
            origin: origin(number(44, i) % 40, number(42, i) % 40),
            setting: digest(24, number(45, i) % 3),
            outcome: if i % 7 == 0 {
                Outcome::Refused
            } else {
                Outcome::Answered
            },
            ..plain(
                MONDAY + (number(41, i) % 60 * 86_399_000_000) as i64,
                number(42, i) % 40,
                number(43, i) % 200,
            )
        })
        .collect();
    let (early, late) = stream.split_at(170);
    let bytes = merged(&fold(early), &fold(late)).to_bytes();
    assert_eq!(
        blake3::hash(&bytes).to_hex().as_str(),
        "3989d29439b88e45818ba25b125efa15347ae27a022c8068b5a01814e22fa99a"
    );
}

#[test]
fn noise_is_refused() {
    for seed in 0..200 {
        let noise: Vec<u8> = (0..PROFILE_BYTES as u64)
            .map(|i| digest(seed, i).0 as u8)
            .collect();
        assert!(matches!(
            Profile::from_bytes(&noise),
            Err(ProfileBytesError::Magic { .. })
        ));
    }
    let mut newer = Profile::empty().to_bytes();
    newer[4] += 1;
    assert_eq!(
        Profile::from_bytes(&newer),
        Err(ProfileBytesError::Version {
            actual: PROFILE_VERSION + 1
        })
    );
}

/// Draws from a Zipf law over `catalogue` values with exponent 1, by inversion of the harmonic sum.
fn zipf(seed: u64, draw: u64, catalogue: u64) -> u64 {
    let total: f64 = (1..=catalogue).map(|rank| 1.0 / rank as f64).sum();
    let mut left = (digest(seed, draw).0 >> 11) as f64 / 9_007_199_254_740_992.0 * total;
    for rank in 1..=catalogue {
        left -= 1.0 / rank as f64;
        if left < 0.0 {
            return rank;
        }
    }
    catalogue
}

fn counts(values: &[u64]) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    for &value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

#[test]
fn heavy_hitters_keep_their_bounds_through_any_tree_of_merges() {
    for seed in 0..6 {
        // Every quarter has different frequent values, so that what one shard tracks another has dropped.
        let values: Vec<u64> = (0..4_000)
            .map(|draw| (zipf(seed, draw, 500) + draw / 1_000 * 40) % 500)
            .collect();
        let shards: Vec<Profile> = values
            .chunks(values.len() / (1 << seed))
            .map(|shard| {
                fold(
                    &shard
                        .iter()
                        .map(|&value| plain(MONDAY, value, 0))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        let profile = shards
            .iter()
            .fold(Profile::empty(), |all, shard| merged(&all, shard));
        let skeletons = profile.heavy_hitters().skeletons();
        let bound = values.len() as u32 / 16;
        assert_eq!(skeletons.total(), values.len() as u64);
        assert!(skeletons.floor() <= bound);
        for (value, truth) in counts(&values) {
            match skeletons.find(digest(3, value)) {
                Some(hitter) => {
                    assert!(
                        hitter.certain() <= truth && truth <= hitter.count,
                        "seed {seed}"
                    );
                    assert!(hitter.error <= bound);
                }
                None => assert!(
                    truth <= skeletons.floor(),
                    "seed {seed}: {truth} of {value} not tracked"
                ),
            }
        }
        assert!(Profile::from_bytes(&profile.to_bytes()).is_ok());
    }
}

#[test]
fn what_one_side_dropped_is_not_forgotten_in_a_merge() {
    let times = |value: u64, count: usize| std::iter::repeat_n(plain(MONDAY, value, 0), count);
    // Seventeen templates for sixteen slots: number 0 is dropped after five occurrences.
    let dropped: Vec<Observation> = (0..17)
        .flat_map(|value| times(value, if value == 0 { 5 } else { 10 }))
        .collect();
    let loved: Vec<Observation> = times(0, 50).collect();
    let (dropped, loved) = (fold(&dropped), fold(&loved));
    assert!(
        dropped
            .heavy_hitters()
            .skeletons()
            .find(digest(3, 0))
            .is_none()
    );
    let both = merged(&dropped, &loved);
    let hitter = both.heavy_hitters().skeletons().find(digest(3, 0)).unwrap();
    assert!(hitter.certain() <= 55 && 55 <= hitter.count, "{hitter:?}");
}

fn repeats_of(seed: u64, contents: &[u64]) -> RepeatEstimate {
    let stream: Vec<Observation> = contents
        .iter()
        .map(|&content| plain(MONDAY, 1, seed << 32 | content))
        .collect();
    fold(&stream).distinct().repeats()
}

#[test]
fn a_sweep_has_no_repeats_at_any_length() {
    for length in [1, 10, 63, 64, 65, 500, 5_000] {
        let sweep: Vec<u64> = (0..length).collect();
        let estimate = repeats_of(1, &sweep);
        assert_eq!(estimate.repeat_share(), Some(0.0));
        assert_eq!(estimate.novelty(), Some(1.0));
        let error = (estimate.values / length as f64 - 1.0).abs();
        assert!(
            error < 0.4,
            "3 standard errors of 1/sqrt(62): {length} values, {error}"
        );
        assert_eq!(estimate.exact, length < 64);
    }
}

#[test]
fn repeats_are_exact_while_the_sample_is_the_whole() {
    let contents: Vec<u64> = (0..400).map(|draw| zipf(3, draw, 60)).collect();
    let truth = counts(&contents);
    let estimate = repeats_of(3, &contents);
    assert!(estimate.exact);
    assert_eq!(estimate.sampled_values as usize, truth.len());
    assert!((estimate.repeats() - (400 - truth.len()) as f64).abs() < 1e-9);
    let singletons = truth.values().filter(|&&count| count == 1).count();
    assert_eq!(estimate.sampled_singletons as usize, singletons);
}

#[test]
fn repeats_of_a_popular_catalogue_are_unbiased() {
    let seeds = 150;
    let (mut singleton_error, mut repeat_error, mut squares) = (0.0, 0.0, 0.0);
    for seed in 0..seeds {
        let contents: Vec<u64> = (0..500).map(|draw| zipf(seed, draw, 1_000)).collect();
        let truth = counts(&contents);
        let estimate = repeats_of(seed, &contents);
        assert!(!estimate.exact);
        let singletons = truth.values().filter(|&&count| count == 1).count();
        let share = f64::from(estimate.sampled_singletons) / f64::from(estimate.sampled_values);
        let error = share - singletons as f64 / truth.len() as f64;
        singleton_error += error;
        squares += error * error;
        let repeats = (contents.len() - truth.len()) as f64;
        repeat_error += estimate.repeats() / repeats - 1.0;
    }
    let seeds = seeds as f64;
    let deviation = (squares / seeds).sqrt();
    // 64 of some 230 values: sqrt(0.27 * 0.73 / 64 * (1 - 64/230)) = 0.047.
    assert!(
        deviation < 0.06,
        "standard error of the singleton share {deviation}"
    );
    assert!((singleton_error / seeds).abs() < 3.0 * deviation / seeds.sqrt());
    // The head of the catalogue is in the sample or not: one estimate has a spread of about 0.5.
    assert!(
        (repeat_error / seeds).abs() < 0.15,
        "mean error of repeats {}",
        repeat_error / seeds
    );
}

#[test]
fn one_template_is_read_apart_from_the_rest() {
    // An extraction without repeats among a chat full of them.
    let stream: Vec<Observation> = (0..400)
        .map(|i| {
            if i % 2 == 0 {
                plain(MONDAY + i, 1, i as u64)
            } else {
                plain(MONDAY + i, 2, 10_000 + i as u64 % 20)
            }
        })
        .collect();
    let profile = fold(&stream);
    let sweep = profile.distinct().repeats_under(digest(3, 1));
    let chat = profile.distinct().repeats_under(digest(3, 2));
    assert_eq!(sweep.repeat_share(), Some(0.0));
    assert!((sweep.values / 200.0 - 1.0).abs() < 0.4);
    assert!(chat.repeat_share().unwrap() > 0.8);
}

#[test]
fn distinct_counts_stay_within_three_standard_errors() {
    for count in [20_u64, 150, 1_000, 20_000] {
        let (mut squares, mut outside, seeds) = (0.0, 0, 24);
        for seed in 1..=seeds {
            let stream: Vec<Observation> = (0..count)
                .map(|i| plain(MONDAY, seed << 32 | i, seed << 32 | i))
                .collect();
            let profile = fold(&stream);
            let estimate = profile.distinct().distinct_skeletons();
            let sigmas = (estimate / count as f64 - 1.0) / (1.04 / 64.0_f64.sqrt());
            squares += sigmas * sigmas;
            outside += usize::from(sigmas.abs() > 3.0);
        }
        let deviation = (squares / seeds as f64).sqrt();
        assert!(outside <= 1, "{count}: {outside} of {seeds} beyond 3 sigma");
        assert!(deviation < 1.3, "{count}: {deviation} standard errors");
    }
}

#[test]
fn similarity_tells_one_subject_from_many() {
    let about = |subjects: u64| {
        let stream: Vec<Observation> = (0..64_u64)
            .map(|i| Observation {
                embedding: embedding(i % subjects),
                ..plain(MONDAY + i as i64, 1, i)
            })
            .collect();
        fold(&stream)
    };
    let (one, many) = (about(1), about(64));
    assert!((one.mean_embedding().within_similarity().unwrap() - 1.0).abs() < 1e-4);
    assert!(many.mean_embedding().within_similarity().unwrap() < 0.4);
    assert!(
        (one.mean_embedding()
            .similarity(one.mean_embedding())
            .unwrap()
            - 1.0)
            .abs()
            < 1e-4
    );
}

#[test]
fn only_answered_prompts_repeat() {
    let at = |second: i64, content: u64, outcome: Outcome| Observation {
        outcome,
        ..plain(MONDAY + second * 1_000_000, 1, content)
    };
    let retries = [
        at(0, 1, Outcome::Failed),
        at(1, 1, Outcome::Failed),
        at(2, 1, Outcome::Answered),
        at(3, 2, Outcome::Refused),
        at(4, 2, Outcome::Answered),
        at(65, 2, Outcome::Answered),
        at(66, 3, Outcome::Truncated),
        at(67, 3, Outcome::Answered),
    ];
    assert_eq!(fold(&retries).repeat_ring().repeat_share(), Some(0.0));
    let samples = [
        at(0, 1, Outcome::Answered),
        at(20, 1, Outcome::Answered),
        at(60, 1, Outcome::Unknown),
        at(121, 1, Outcome::Answered),
    ];
    assert_eq!(fold(&samples).repeat_ring().repeat_share(), Some(0.5));
}

#[test]
fn a_refusal_is_reworded_by_another_wording_of_much_the_same_within_the_hour() {
    let at = |minute: i64, wording: u64, subject: u64, outcome: Outcome| Observation {
        outcome,
        embedding: embedding(subject),
        ..plain(MONDAY + minute * 60_000_000, wording, minute as u64)
    };
    let stream = [
        at(0, 1, 1, Outcome::Refused),
        // The same template, then another subject, then a prompt unrelated to a refusal.
        at(1, 1, 1, Outcome::Answered),
        at(2, 2, 2, Outcome::Answered),
        at(3, 3, 2, Outcome::Answered),
        // Reworded twice; the second after a refusal of its own.
        at(4, 4, 1, Outcome::Refused),
        at(5, 5, 1, Outcome::Answered),
        // Too late.
        at(66, 6, 1, Outcome::Answered),
    ];
    assert_eq!(fold(&stream).refusals().reworded(), 2);
}

#[test]
fn a_refused_prompt_that_goes_to_another_model_is_counted_once() {
    let at = |second: i64, model: u64, outcome: Outcome| Observation {
        model: digest(1, model),
        outcome,
        ..plain(MONDAY + second * 1_000_000, 1, 1)
    };
    let stream = [
        at(0, 1, Outcome::Refused),
        at(1, 1, Outcome::Refused),
        at(2, 2, Outcome::Answered),
        at(3, 2, Outcome::Answered),
    ];
    assert_eq!(fold(&stream).model_mix().refusal_moved_share(), Some(0.25));
}

#[test]
fn conversations_return_when_another_came_between() {
    let at = |minute: i64, name: u64| Observation {
        conversation: Some(digest(7, name)),
        ..plain(MONDAY + minute * 60_000_000, 1, minute as u64)
    };
    let one_by_one: Vec<Observation> = (0..20)
        .map(|minute| at(minute, minute as u64 / 5))
        .collect();
    assert_eq!(fold(&one_by_one).clients().return_share(), Some(0.0));
    let at_once: Vec<Observation> = (0..20)
        .map(|minute| at(minute, minute as u64 % 5))
        .collect();
    assert_eq!(fold(&at_once).clients().return_share(), Some(0.75));
    let unnamed = [plain(MONDAY, 1, 1)];
    assert_eq!(fold(&unnamed).clients().return_share(), None);
}

#[test]
fn a_prompt_moves_once_to_each_further_model() {
    let at = |second: i64, model: u64, outcome: Outcome| Observation {
        model: digest(1, model),
        outcome,
        ..plain(MONDAY + second * 1_000_000, 1, 1)
    };
    let compared = [
        at(0, 1, Outcome::Answered),
        at(1, 1, Outcome::Answered),
        at(2, 2, Outcome::Answered),
        at(3, 1, Outcome::Answered),
        at(4, 3, Outcome::Answered),
    ];
    let profile = fold(&compared);
    assert_eq!(profile.model_mix().moved_share(), Some(2.0 / 5.0));
    assert_eq!(profile.model_mix().switch_share(), Some(3.0 / 5.0));
    let fallback = [at(0, 1, Outcome::Failed), at(1, 2, Outcome::Answered)];
    assert_eq!(fold(&fallback).model_mix().moved_share(), Some(0.0));
}

#[test]
fn a_late_exchange_makes_no_switch() {
    let at = |second: i64, model: u64| Observation {
        model: digest(1, model),
        ..plain(MONDAY + second * 1_000_000, 1, second as u64)
    };
    let profile = fold(&[at(100, 1), at(40, 2), at(107, 1)]);
    assert_eq!(profile.model_mix().switch_share(), Some(0.0));
    let last = Timestamp::from_micros(MONDAY + 107_000_000);
    assert_eq!(profile.last_seen(), Some(last));
}

#[test]
fn absent_is_never_evidence() {
    let unknown = Observation {
        outcome: Outcome::Unknown,
        ..plain(MONDAY, 1, 1)
    };
    let profile = fold(&[unknown]);
    assert_eq!(profile.request_stats().refused_share(), None);
    assert_eq!(profile.mean_embedding().within_similarity(), None);
    assert_eq!(Profile::empty().cues().intent_mean(), None);
    assert_eq!(Profile::empty().last_seen(), None);
}
