//! Parity of the release candidate of `tokenizers` on the hot path with its stable release.
//!
//! One vocabulary, trained here, is read by both; any text must give the same token numbers. When this fails after an
//! upgrade, weights trained with the other version no longer mean what they did.

use std::sync::LazyLock;

use proptest::prelude::*;
use stillwatch::internals::encoder::{Vocabulary, normalise_into};
use stillwatch::internals::train::vocabulary::train_vocabulary;

const SENTENCES: [&str; 12] = [
    "Please grade the answer below from one to ten and give a short reason for the grade.",
    "The second train leaves the station at noon; when do the two trains meet?",
    "She wouldn't say why they've moved it, but we'll find out what's left and who'd agree.",
    "def total(values): return sum(value * 2 for value in values if value > 10)",
    "请根据下面的文章写三个问题,并逐步解释每个答案。",
    "这家店明天几点开门?我想退掉昨天买的鞋。",
    "次の文章を要約し、大事な点を三つ挙げてください。",
    "彼女は毎朝コーヒーを飲みながら新聞を読みます。",
    "Оцените ответ по шкале от одного до десяти и объясните свою оценку.",
    "Поезд отходит в полдень, а второй поезд выходит на час позже.",
    "{\"question\": \"...\", \"answer\": \"...\", \"score\": 7}",
    "Résumez ce texte en deux phrases, s'il vous plaît.",
];

struct Readers {
    hot: Vocabulary,
    stable: tokenizers_023::Tokenizer,
}

static READERS: LazyLock<Readers> = LazyLock::new(|| {
    // The trainer keeps merges that occur several times.
    let texts = SENTENCES.iter().cycle().take(SENTENCES.len() * 20);
    let json = train_vocabulary(texts, 900).expect("texts to train on");
    Readers {
        hot: Vocabulary::from_json(&json).expect("a vocabulary just trained"),
        stable: tokenizers_023::Tokenizer::from_bytes(stable_form(&json))
            .expect("the form of the stable release"),
    }
});

/// Converts the vocabulary and merges to the form that the stable release reads. Where the canonical form of the
/// release candidate spells out its splits as a pattern, this one requests the older byte-level pre-tokenizer: the two
/// must agree.
fn stable_form(canonical: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(canonical).expect("JSON");
    json["version"] = "1.0".into();
    json["pre_tokenizer"] = json["decoder"].clone();
    let model = json["model"].as_object_mut().expect("a model");
    model.remove("byte_level");
    json.to_string()
}

fn hot(text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    READERS.hot.ids_into(text, &mut ids);
    ids
}

fn stable(text: &str) -> Vec<u32> {
    let encoding = READERS
        .stable
        .encode_fast(text, false)
        .expect("a byte-level vocabulary has a token for every byte");
    encoding.get_ids().to_vec()
}

fn normalised(text: &str) -> String {
    let mut out = String::new();
    normalise_into(text, &mut out);
    out
}

#[test]
fn the_vocabulary_holds_more_than_bytes() {
    let sentence = normalised(SENTENCES[0]);
    assert!(hot(&sentence).len() < sentence.len() / 2);
    assert_eq!(READERS.hot.len(), READERS.stable.get_vocab_size(true));
}

#[test]
fn sentences_are_cut_alike() {
    for sentence in SENTENCES {
        assert_eq!(hot(sentence), stable(sentence), "{sentence}");
        let sentence = normalised(sentence);
        assert_eq!(hot(&sentence), stable(&sentence), "{sentence}");
    }
}

#[test]
fn awkward_texts_are_cut_alike() {
    let awkward = [
        "",
        " ",
        "   leading and trailing   ",
        "tabs\tand\r\nlines\n\n\nand\u{a0}hard\u{2003}spaces",
        "it's IT'S it’s 'tis '' ' 's",
        "1234567890 ١٢٣ ⅷ ½ 10⁶",
        "e\u{301} क्षि 각 ﷽ 🇳🇴 👩‍👩‍👧 🏳️‍🌈",
        "\u{0}\u{1}\u{7f}\u{feff}\u{fffd}\u{10ffff}",
        "<|endoftext|> [CLS] <s></s> <0x0A>",
        "ⅠⅡⅢ ǅ ﬁ ß ẞ İ ı",
    ];
    for text in awkward {
        assert_eq!(hot(text), stable(text), "{text:?}");
    }
    let long = "good morning 早上好 おはよう доброе утро! ".repeat(2_000);
    assert_eq!(hot(&long), stable(&long));
}

proptest! {
    #[test]
    fn any_text_is_cut_alike(text in any::<String>()) {
        prop_assert_eq!(hot(&text), stable(&text));
    }

    #[test]
    fn any_printable_text_is_cut_alike_as_served(text in "\\PC{0,200}") {
        let text = normalised(&text);
        prop_assert_eq!(hot(&text), stable(&text));
    }

    #[test]
    fn known_words_in_any_order_are_cut_alike(picks in prop::collection::vec((0..12_usize, 0..80_usize, " {0,3}|'|\\n"), 0..12)) {
        let pieces = picks.iter().map(|(sentence, start, gap)| {
            let rest: String = SENTENCES[*sentence].chars().skip(*start).take(15).collect();
            rest + gap
        });
        let text: String = pieces.collect();
        prop_assert_eq!(hot(&text), stable(&text));
    }
}
