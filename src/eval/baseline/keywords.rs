//! A keyword list: phrases that an analyst would write after reading a report on distillation.
//!
//! Written by us from the published descriptions of extraction campaigns, in eleven languages, before any stream was
//! scored with it; no phrase was removed or added afterwards. There is no paper: security products call it a signature
//! list.

use super::Baseline;
use super::step::Step;
use crate::domain::PoolRecord;

/// The phrases, lower-cased; each matches anywhere in a text.
const PHRASES: [&str; 83] = [
    // Requests for reasoning.
    "step by step",
    "step-by-step",
    "chain of thought",
    "chain-of-thought",
    "show your reasoning",
    "reasoning process",
    "thought process",
    "think aloud",
    "explain your reasoning",
    "<think>",
    "<reasoning>",
    // Grading and preference.
    "rubric",
    "on a scale of",
    "scale from 1 to",
    "rate the response",
    "rate the quality",
    "score the",
    "which response is better",
    "which answer is better",
    "assistant a",
    "chosen and rejected",
    "preference pair",
    "impartial judge",
    "critique the",
    // Data sets.
    "training data",
    "fine-tun",
    "instruction tuning",
    "synthetic data",
    "dataset",
    "jsonl",
    "sharegpt",
    "question-answer pair",
    "question and answer pairs",
    "come up with a series of",
    "diverse tasks",
    "diverse questions",
    "new prompt",
    "create a brand new",
    "rewrite the given",
    "more complex version",
    // Agent trajectories.
    "trajectory",
    "available tools",
    "simulate the tool",
    "thought:",
    "action input",
    // Chinese.
    "逐步",
    "一步一步",
    "思维链",
    "推理过程",
    "思考过程",
    "打分",
    "评分标准",
    "训练数据",
    "数据集",
    "问答对",
    "生成指令",
    // Japanese and Korean.
    "段階的に",
    "思考過程",
    "採点",
    "学習データ",
    "단계별로",
    "추론 과정",
    "점수를 매",
    "학습 데이터",
    // Spanish, Portuguese, French, German.
    "paso a paso",
    "razonamiento",
    "datos de entrenamiento",
    "passo a passo",
    "raciocínio",
    "dados de treinamento",
    "étape par étape",
    "raisonnement",
    "jeu de données",
    "schritt für schritt",
    "gedankengang",
    "trainingsdaten",
    // Russian, Turkish, Arabic.
    "шаг за шагом",
    "ход рассуждений",
    "обучающих данных",
    "adım adım",
    "eğitim verisi",
    "خطوة بخطوة",
    "بيانات التدريب",
];

/// Counts the listed phrases that a request contains.
pub(super) fn phrases(request: &PoolRecord) -> u32 {
    let system = request.system.iter();
    let texts = system.chain(request.messages.iter().map(|message| &message.content));
    let texts: Vec<String> = texts.map(|text| text.expose().to_lowercase()).collect();
    let found = PHRASES
        .iter()
        .filter(|phrase| texts.iter().any(|text| text.contains(**phrase)));
    found.count() as u32
}

/// The share of requests with at least this number of phrases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Keywords {
    /// Fewest phrases for a request to count.
    least: u32,
}

impl Keywords {
    /// The forms that the training stream chooses among.
    pub(super) const CHOICES: [Self; 3] = [Self { least: 1 }, Self { least: 2 }, Self { least: 3 }];
}

impl Baseline for Keywords {
    fn name(&self) -> &'static str {
        "keyword list"
    }

    fn form(&self) -> String {
        format!(
            "share of requests with {} or more of {} phrases",
            self.least,
            PHRASES.len()
        )
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let counted = steps.iter().filter(|step| step.phrases >= self.least);
        counted.count() as f64 / steps.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Keywords, PHRASES, phrases};
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::samples::{record, step};
    use proptest::prelude::*;

    #[test]
    fn phrases_are_found_in_any_language_and_case() {
        assert_eq!(phrases(&record("What is for dinner?")), 0);
        assert_eq!(phrases(&record("Think STEP BY STEP; use the Rubric.")), 2);
        assert_eq!(phrases(&record("请一步一步写出推理过程。")), 2);
        assert_eq!(phrases(&record("Решай ШАГ ЗА ШАГОМ")), 1);
    }

    #[test]
    fn a_hand_worked_share() {
        let with = |phrases| {
            let mut step = step();
            step.phrases = phrases;
            step
        };
        let steps = [with(0), with(1), with(2), with(5)];
        let scores = Keywords::CHOICES.map(|rule| rule.score(&steps));
        assert!((scores[0] - 0.75).abs() < 1e-12);
        assert!((scores[1] - 0.5).abs() < 1e-12);
        assert!((scores[2] - 0.25).abs() < 1e-12);
    }

    #[test]
    fn every_phrase_can_be_found_and_none_is_listed_twice() {
        for (index, phrase) in PHRASES.iter().enumerate() {
            assert_eq!(*phrase, phrase.to_lowercase());
            assert!(!PHRASES[..index].contains(phrase), "{phrase} twice");
        }
    }

    proptest! {
        #[test]
        fn more_text_never_holds_fewer(text in "\\PC{0,80}", more in "\\PC{0,80}") {
            let longer = format!("{text} {more}");
            prop_assert!(phrases(&record(&longer)) >= phrases(&record(&text)));
        }
    }
}
