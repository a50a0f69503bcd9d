//! Benchmark of measures to a risk, on one thread.
//!
//! - `score`: the additive model alone, the log-odds.
//! - `whole`: also calibration, band, techniques and the sentences of the reasons, as in every answer.
//!
//! Corpus: the miniature corpus in English and in Chinese, each folded into one account and measured beforehand.
//! Notes: `whole` minus `score` is mostly the sentences of the reasons.
//! Command: `cargo bench --bench risk_model`

mod corpus;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::detect::MeasureValues;
use stillwatch::internals::observe::{ObserveScratch, Observer};
use stillwatch::internals::privacy::PseudonymKey;
use stillwatch::internals::profile::Profile;

fn risk_model(criterion: &mut Criterion) {
    let Bundle {
        encoder,
        common_words,
        random_features,
        risk_model,
        ..
    } = corpus::bundle();
    let observer = Observer::new(encoder, common_words, PseudonymKey::offline());
    let mut scratch = ObserveScratch::default();
    let mut group = criterion.benchmark_group("risk_model");
    group.throughput(Throughput::Elements(1));
    for sample in corpus::samples() {
        let mut profile = Profile::empty();
        for exchange in &sample.exchanges {
            profile.update(&observer.observe(exchange, &mut scratch), &random_features);
        }
        let measures = MeasureValues::of(&profile);
        let seen = profile.seen();
        group.bench_function(BenchmarkId::new("score", sample.name), |bencher| {
            bencher.iter(|| risk_model.score(black_box(&measures), seen));
        });
        group.bench_function(BenchmarkId::new("whole", sample.name), |bencher| {
            bencher.iter(|| risk_model.judge(black_box(&measures), seen));
        });
    }
    group.finish();
}

criterion_group!(benches, risk_model);
criterion_main!(benches);
