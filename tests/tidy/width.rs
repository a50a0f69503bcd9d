//! Line width: no line of a source or document is over 120 columns.
//!
//! Exceptions are rules, not files:
//!
//! - rows of Markdown tables, which cannot be broken;
//! - link targets, URLs and other words of 60 characters and more, which are not counted;
//! - string literals of Rust, TOML and the code blocks of Markdown, which hold data and are not counted; rustfmt does not
//!   break them either;
//! - generated text: blocks between `<!-- ...: generated -->` and `<!-- end of ... -->`, reports under `eval/results`,
//!   cards under `models`, and formats that only programs write (JSON, lock files);
//! - contracts of other projects under `proto/third_party`.

use crate::forbid;
use crate::source::{Source, readable, without_strings};

/// Most columns of a line, in characters.
const COLUMNS_MAX: usize = 120;

/// A word of this many characters is a path, a type name or a URL that cannot be broken.
const LONG_WORD: usize = 60;

/// Folders of generated text and of other projects' files.
const EXCLUDED: [&str; 3] = ["eval/results/", "models/", "proto/third_party/envoy/"];

/// Files that are still to be narrowed. An entry goes when its file is; none may be added.
const PENDING: [&str; 105] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "PRIVACY.md",
    "README.md",
    "SECURITY.md",
    "buf.yaml",
    "clients/python/README.md",
    "clients/python/src/stillwatch_client/_types.py",
    "deploy/README.md",
    "deploy/helm/stillwatch/templates/NOTES.txt",
    "docs/errors.md",
    "docs/gateways.md",
    "docs/metrics.md",
    "docs/operations.md",
    "eval/gates.toml",
    "eval/known_false_positives.toml",
    "examples/gateways/envoy/README.md",
    "examples/gateways/litellm/log.yaml",
    "proto/third_party/README.md",
    "rust-toolchain.toml",
    "src/bundle.rs",
    "src/bundle/catalogue.rs",
    "src/cli.rs",
    "src/cli/serve/setup.rs",
    "src/detect.rs",
    "src/detect/dataset_synthesis.rs",
    "src/detect/safe_rewrite.rs",
    "src/detect/templated_repetition.rs",
    "src/domain/chat_names.rs",
    "src/encoder.rs",
    "src/engine.rs",
    "src/engine/dedup_window.rs",
    "src/engine/sink.rs",
    "src/gateway/conversation.rs",
    "src/gateway/envoy.rs",
    "src/gateway/envoy/answer.rs",
    "src/gateway/envoy/chat.rs",
    "src/gateway/identity.rs",
    "src/gateway/otlp/gen_ai.rs",
    "src/gateway/otlp/protobuf.rs",
    "src/ingest/order.rs",
    "src/observe.rs",
    "src/privacy/pseudonymizer.rs",
    "src/profile.rs",
    "src/profile/bytes.rs",
    "src/profile/change_detector/tests.rs",
    "src/profile/cue_sums.rs",
    "src/profile/decay.rs",
    "src/profile/mean_embedding.rs",
    "src/server.rs",
    "src/server/auth/keys.rs",
    "src/server/auth/rate_limit.rs",
    "src/server/hooks.rs",
    "src/server/hooks/envoy.rs",
    "src/server/hooks/gateways.rs",
    "src/server/http.rs",
    "src/server/http/api_routes.rs",
    "src/server/http/connections.rs",
    "src/server/http/ingress.rs",
    "src/server/http/meter.rs",
    "src/server/metrics.rs",
    "src/server/queue/admission.rs",
    "src/server/queue/dispatcher.rs",
    "src/server/queue/workers.rs",
    "src/server/routes.rs",
    "src/server/routes/procedures.rs",
    "src/server/rpc/redaction.rs",
    "src/server/scorer.rs",
    "src/server/services.rs",
    "src/service.rs",
    "src/service/active_model.rs",
    "src/settings/layers.rs",
    "src/settings/tests.rs",
    "src/simulate.rs",
    "src/simulate/evasion/applied.rs",
    "src/simulate/own/tests.rs",
    "src/simulate/plan/campaign.rs",
    "src/statistics/binomial.rs",
    "src/store/key.rs",
    "src/text/letters.rs",
    "src/text/tests.rs",
    "src/text/window.rs",
    "src/train.rs",
    "src/train/examples.rs",
    "src/train/initial.rs",
    "src/train/logistic.rs",
    "src/train/logistic/tests.rs",
    "src/train/pipeline.rs",
    "src/train/risk_model.rs",
    "src/train/traffic.rs",
    "tests/scenarios/README.md",
    "tests/scenarios/safe_rewrite.rs",
    "tests/simulate/boost/bins.rs",
    "tests/tidy/width.rs",
    "tests/wire/contract.rs",
    "tests/wire/labels.rs",
    "tests/wire/readers.rs",
    "training/README.md",
    "training/initial/README.md",
    "training/own/everyday.toml",
    "training/own/reward.toml",
    "training/own/synthesis.toml",
    "training/own/trajectory.toml",
];

/// Removes the target of each Markdown link.
fn without_targets(line: &str) -> String {
    let mut pieces = line.split("](");
    let mut kept = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        kept.push_str("](");
        kept.push_str(piece.split_once(')').map_or("", |(_, after)| after));
    }
    kept
}

/// Returns the columns of a line that count. Indentation counts.
fn columns(line: &str) -> usize {
    let line = without_targets(line.trim_end());
    line.split(' ')
        .map(|word| {
            let length = word.chars().count();
            let unbreakable = length >= LONG_WORD || word.contains("://");
            1 + if unbreakable { 0 } else { length }
        })
        .sum::<usize>()
        .saturating_sub(1)
}

/// Returns the text of a file without its string literals, line by line.
fn without_literals(file: &Source) -> String {
    match file.name.rsplit_once('.') {
        Some((_, "rs")) => without_strings(&file.text, "//"),
        Some((_, "toml")) => without_strings(&file.text, "#"),
        Some((_, "md")) => {
            let mut code = false;
            let lines = file.text.lines().map(|line| {
                code ^= line.trim_start().starts_with("```");
                let kept = if code {
                    without_strings(line, "#")
                } else {
                    line.to_owned()
                };
                kept + "\n"
            });
            lines.collect()
        }
        _ => file.text.clone(),
    }
}

/// Returns the numbers and texts of the lines that are too wide.
fn too_wide(file: &Source) -> Vec<(usize, &str)> {
    let markdown = file.name.ends_with(".md");
    let counted = without_literals(file);
    let mut generated = false;
    let mut wide = Vec::new();
    for (number, (line, counted)) in (1..).zip(file.text.lines().zip(counted.lines())) {
        if line.trim_start().starts_with("<!--") {
            generated = line.contains(": generated");
        }
        let table = markdown && line.trim_start().starts_with('|');
        if !generated && !table && columns(counted) > COLUMNS_MAX {
            wide.push((number, line));
        }
    }
    wide
}

#[test]
fn lines_are_at_most_120_columns_wide() {
    let mut offences = Vec::new();
    for file in readable() {
        let excluded = EXCLUDED.iter().any(|folder| file.name.starts_with(folder));
        if excluded || PENDING.contains(&file.name.as_str()) {
            continue;
        }
        for (line, text) in too_wide(&file) {
            offences.push(file.location(line, text));
        }
    }
    forbid("lines are at most 120 columns wide", offences);
}

#[test]
fn links_and_long_words_do_not_count() {
    let long = "x".repeat(LONG_WORD);
    assert_eq!(columns("  a b"), 5);
    assert_eq!(columns(&format!("see [a]({long}) b")), 10);
    assert_eq!(columns(&format!("see {long} b")), 6);
    assert_eq!(columns("see https://example.com/a b"), 6);
}
