//! Tests of what fills of one template have in common, and of what distinguishes texts.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::digest::TextDigests;
use super::*;
use crate::{
    domain::{Digest, Role},
    privacy::PseudonymKey,
};

static KEY: LazyLock<PseudonymKey> = LazyLock::new(PseudonymKey::offline);

/// A small set of common words: those of the templates below and of everyday language.
static COMMON: LazyLock<CommonWords> = LazyLock::new(|| {
    let mut builder = CommonWords::builder();
    for _ in 0..2 {
        builder.add_source([
            "please grade the following answer from to read carefully question answer explain your reasoning step by",
            "the student s essay is below write a score between and then give one reason only in english now",
            "what is how many are there in a do you have i we they it can of for with and or apples books",
            "let s think solve this problem translate sentence into text label return json object no other",
            "请回答以下问题并给出详细的推理过程问题答案根据上面的内容生成十个不同的问答对只输出不要解释",
            "小明有苹果他又买了一共多少树下站着老人天气很好中国历史上最长的河流是哪条",
        ]);
    }
    builder.build(2)
});

fn digests(text: &str) -> TextDigests {
    digest_request(
        &KEY,
        &COMMON,
        &TextView::new(None, [(Role::User, text)]),
        &mut TextScratch::default(),
    )
}

const ENGLISH: [&str; 3] = [
    "How many apples are there in 3 books?",
    "Anneliese Vandermeer sold the obsidian ledger. What is it?",
    "We have $x^2 + 1 = 0$ and a \"quoted: thing\".\nCan you do it?\n\nIt is for https://example.org/a?b=c.",
];

const CHINESE: [&str; 3] = [
    "小明有3个苹果，他又买了5个，一共多少？",
    "树下站着一位老人。天气很好！",
    "中国历史上最长的河流是哪条",
];

/// Checks that fills of one template share head, tail or both, as stated, and never their content.
fn check(template: &str, fills: [&str; 3], shares_head: bool, shares_tail: bool) {
    let [a, b, c] = fills.map(|fill| digests(&template.replace("{}", fill)));
    for other in [b, c] {
        assert!(!shares_head || a.head == other.head, "head of {template}");
        assert!(!shares_tail || a.tail == other.tail, "tail of {template}");
        let shares_both = shares_head && shares_tail;
        assert!(
            !shares_both || a.skeleton == other.skeleton,
            "skeleton of {template}"
        );
        assert_ne!(a.slots, other.slots, "content of {template}");
    }
}

#[test]
fn fills_of_one_template_share_its_ends() {
    check(
        "Please grade the following answer from 1 to 10.\nQuestion: {}\nAnswer: {}\nExplain your reasoning.",
        ENGLISH,
        true,
        true,
    );
    check(
        "Translate the following sentence into English: {}",
        ENGLISH,
        true,
        false,
    );
    check("{}\nLet's think step by step.", ENGLISH, false, true);
    check(
        "{}\n\nRead the text carefully, then return one JSON object with no other text",
        ENGLISH,
        false,
        true,
    );
    check(
        "Read the student's essay below. {} Now write a score and give one reason only.",
        ENGLISH,
        true,
        true,
    );
}

#[test]
fn labels_identify_a_template_with_slots_at_both_ends() {
    for template in [
        "{}\n### Question: {}\n### Answer: {}",
        "问题：{}\n答案：{}\n推理过程：{}",
    ] {
        let [a, b, c] = ENGLISH.map(|fill| digests(&template.replace("{}", fill)));
        assert!(
            a.skeleton == b.skeleton && b.skeleton == c.skeleton,
            "{template}"
        );
    }
    let other = digests("Question: What is it?\nReasoning: It is a book.");
    assert_ne!(
        other.skeleton,
        digests("Question: What is it?\nAnswer: It is a book.").skeleton
    );
}

#[test]
fn fills_of_one_chinese_template_share_its_ends() {
    check(
        "请回答以下问题，并给出详细的推理过程。\n问题：{}\n答案：",
        CHINESE,
        true,
        false,
    );
    check(
        "{}\n根据上面的内容，生成十个不同的问答对，只输出问答对，不要解释。",
        CHINESE,
        false,
        true,
    );
    check(
        "请回答以下问题：{}\n请给出详细的推理过程。",
        CHINESE,
        true,
        true,
    );
}

#[test]
fn slots_in_json_and_numbers_keep_the_skeleton() {
    for (template, fills) in [
        (
            "Please label the following text.\n{\"text\": \"{}\"}\nReturn one JSON object.",
            [
                "what is the question",
                "we can do it, with apples and no books",
                "Zyx",
            ],
        ),
        (
            "Give a score between {} and the number of apples in the text.",
            ["3", "1,250.75", "2024-05-01"],
        ),
        (
            "Read the code below:\n```\n{}\n```\nExplain what it can do.",
            ["x = 1", "for a in b:\n  return a", "no"],
        ),
    ] {
        let [a, b, c] = fills.map(|fill| digests(&template.replace("{}", fill)));
        assert!(
            a.skeleton == b.skeleton && b.skeleton == c.skeleton,
            "{template}"
        );
        assert!(a.slots != b.slots && b.slots != c.slots, "{template}");
        assert_eq!(a.identity, b.identity, "{template}");
    }
}

#[test]
fn other_templates_have_other_skeletons() {
    let a = digests("Please grade the following answer: 5 apples");
    let b = digests("Please explain the following answer: 5 apples");
    assert!(a.skeleton != b.skeleton && a.head != b.head);
}

#[test]
fn short_chat_does_not_share_a_skeleton() {
    let texts = [
        "Zyx?",
        "Qwv!",
        "what is Zyx?",
        "what is Qwv?",
        "hi",
        "7 + 8",
        "7 + 9",
        "你好",
        "",
    ];
    for (index, a) in texts.iter().enumerate() {
        for b in &texts[index + 1..] {
            let (a, b) = (digests(a), digests(b));
            assert!(a.skeleton != b.skeleton && a.head != b.head && a.tail != b.tail);
            assert_eq!(a.identity, [Digest::NONE; 4]);
        }
    }
}

#[test]
fn unknown_languages_keep_their_words() {
    let fills = ["Kissat nukkuvat", "Miksi taivas on sininen"];
    let [a, b] = fills.map(|fill| {
        digests(&format!(
            "Vastaa seuraavaan kysymykseen huolellisesti: {fill}"
        ))
    });
    assert_eq!(a.head, b.head);
    assert_ne!(
        a.head,
        digests("Kirjoita lyhyt runo tästä aiheesta: Kissat nukkuvat").head
    );
}

#[test]
fn content_ignores_case_and_white_space_but_not_numbers() {
    let a = digests("How many  apples\n are in 3 books?");
    let b = digests(" how MANY apples are in 3 books? ");
    let c = digests("How many apples are in 4 books?");
    assert_eq!(a.slots, b.slots);
    assert_ne!(a.slots, c.slots);
    assert_eq!(b.head, c.head);
}

#[test]
fn a_system_message_is_a_system_prompt() {
    let mut scratch = TextScratch::default();
    let question = (Role::User, "What is it?");
    let apart = digest_request(
        &KEY,
        &COMMON,
        &TextView::new(Some("Be brief."), [question]),
        &mut scratch,
    );
    let within = digest_request(
        &KEY,
        &COMMON,
        &TextView::new(None, [(Role::System, "Be brief."), question]),
        &mut scratch,
    );
    let without = digest_request(
        &KEY,
        &COMMON,
        &TextView::new(None, [question]),
        &mut scratch,
    );
    assert_eq!(apart, within);
    assert!(apart.system.is_some() && without.system.is_none());
    assert_eq!(apart.slots, without.slots);
}

#[test]
fn roles_and_message_boundaries_change_the_digest() {
    let prompt = |messages: &[(Role, &'static str)]| {
        let message = |(role, text): &(Role, &str)| crate::domain::Message {
            role: *role,
            content: text.to_string().into(),
        };
        let exchange = crate::domain::Exchange {
            messages: messages.iter().map(message).collect(),
            ..crate::domain::Exchange::default()
        };
        super::prompt_digest(&KEY, &exchange)
    };
    let of = [
        prompt(&[(Role::User, "ab"), (Role::User, "c")]),
        prompt(&[(Role::User, "a"), (Role::User, "bc")]),
        prompt(&[(Role::User, "abc")]),
        prompt(&[(Role::Assistant, "abc")]),
        prompt(&[(Role::User, "abc"), (Role::User, "")]),
    ];
    for (index, a) in of.iter().enumerate() {
        assert!(of[index + 1..].iter().all(|b| a != b), "{index}");
    }
}

#[test]
fn the_last_user_message_is_read_even_if_another_message_follows() {
    let mut scratch = TextScratch::default();
    let messages = [
        (Role::User, "first"),
        (Role::User, "What is it?"),
        (Role::Assistant, "An apple."),
    ];
    let digests = digest_request(&KEY, &COMMON, &TextView::new(None, messages), &mut scratch);
    assert_eq!(digests.slots, super::tests::digests("What is it?").slots);
    let no_user = digest_request(
        &KEY,
        &COMMON,
        &TextView::new(None, [(Role::Tool, "What is it?")]),
        &mut scratch,
    );
    assert_eq!(no_user.slots, digests.slots);
    let nothing = digest_request(&KEY, &COMMON, &TextView::new(None, []), &mut scratch);
    assert_eq!(nothing.slots, super::tests::digests("").slots);
}

#[test]
fn accounts_that_share_a_template_share_most_of_its_identity() {
    let template = "Please grade the following answer from 1 to 10. Read the student's essay carefully, then give a \
                    score and explain your reasoning in one sentence. The question is: {} Return one JSON object \
                    with a score and a label, and no other text. Do it now.";
    let shared = |a: &TextDigests, b: &TextDigests| {
        a.identity
            .iter()
            .zip(b.identity)
            .filter(|(a, b)| **a == *b)
            .count()
    };
    let [a, b, c] = ENGLISH.map(|fill| digests(&template.replace("{}", fill)));
    assert!(shared(&a, &b) + shared(&b, &c) + shared(&a, &c) >= 8);
    let other = digests(
        "What is this? Can you translate it for the student, and how many books do they have in English?",
    );
    assert_eq!(shared(&a, &other), 0);
    assert!(!other.identity.contains(&Digest::NONE));
}

#[test]
fn long_texts_are_read_at_both_ends_but_their_whole_content_counts() {
    let long = |middle: &str| {
        format!(
            "Please explain the following text: {} {middle} {} Explain your reasoning now.",
            "a ".repeat(9000),
            "b ".repeat(9000)
        )
    };
    let (a, b) = (digests(&long("3")), digests(&long("4")));
    assert_eq!((a.skeleton, a.identity), (b.skeleton, b.identity));
    assert!(a.slots != b.slots);
}

/// Unclosed delimiters must not cause repeated look-ahead. No clock is needed: if they did, this would take minutes.
#[test]
fn hostile_texts_take_bounded_work() {
    for unit in [
        "\"a ",
        "$a ",
        "'''",
        "```",
        "\"\"\"",
        "\\[ ",
        "\\( ",
        "“",
        "/a",
        "www.",
        "a@",
        "1.",
        "e\u{301}\u{327}",
        "\u{FDFA}",
        "` ",
    ] {
        for _ in 0..20 {
            digests(&unit.repeat(1_000_000 / unit.len() / 20));
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,12}",
        "[\"'`$\\\\\\[\\](){}<>:/@.,!?\n\r\t 0-9a-zA-Z]{0,12}",
        "[一-龥ぁ-ん가-힣а-яأ-يक-ह\u{300}-\u{36f}！-～]{0,8}",
        Just("```".to_owned()),
        Just("https://".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn digests_do_not_depend_on_earlier_texts(text in hostile(), before in hostile()) {
        let mut used = TextScratch::default();
        digest_request(&KEY, &COMMON, &TextView::new(Some(&before), [(Role::User, before.as_str())]), &mut used);
        let again = digest_request(&KEY, &COMMON, &TextView::new(None, [(Role::User, text.as_str())]), &mut used);
        prop_assert_eq!(again, digests(&text));
    }

    #[test]
    fn another_key_gives_unrelated_digests(text in hostile(), secret: [u8; 32]) {
        prop_assume!(secret != PseudonymKey::OFFLINE);
        let other = PseudonymKey::from_bytes(secret);
        let a = digests(&text);
        let view = TextView::new(None, [(Role::User, text.as_str())]);
        let b = digest_request(&other, &COMMON, &view, &mut TextScratch::default());
        let of = |digests: &TextDigests| [digests.skeleton, digests.head, digests.tail, digests.slots];
        for (a, b) in of(&a).into_iter().zip(of(&b)) {
            prop_assert_ne!(a, b);
        }
        prop_assert!(a.identity.iter().zip(b.identity).all(|(a, b)| *a != b || *a == Digest::NONE));
    }

    #[test]
    fn debug_output_contains_no_text(before in hostile(), after in hostile()) {
        let canary = "zqxcanaryzqx";
        let printed = format!("{:?}", digests(&format!("{before} {canary} {after}")));
        prop_assert!(!printed.contains(canary));
        prop_assert!(printed.len() < 1024);
    }

    #[test]
    fn digests_of_different_purposes_differ(text in "[a-z ]{0,40}") {
        let digests = digests(&text);
        let all: [Digest; 4] = [digests.skeleton, digests.head, digests.tail, digests.slots];
        for (index, a) in all.iter().enumerate() {
            prop_assert!(all[index + 1..].iter().all(|b| a != b));
        }
    }
}
