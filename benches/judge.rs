//! What is measured: measures to a judgement, on one thread.
//!
//! - `score`: the additive model alone, the log-odds.
//! - `whole`: calibration, band, techniques and the reasons in words as well, as every answer has them.
//!
//! Corpus: the miniature corpus in English and in Chinese, each folded into one account and measured beforehand.
//! Notes: `whole` less `score` is mostly the sentences of the reasons.
//! Command: `cargo bench --bench judge`

mod corpus;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::bundle::Bundle;
use stillwatch::detect::{MEASURE_COUNT, measure_into};
use stillwatch::observe::{ObserveScratch, Observer};
use stillwatch::privacy::PseudonymKey;
use stillwatch::profile::Profile;

fn judge(criterion: &mut Criterion) {
    let Bundle {
        encoder,
        common_words,
        random_features,
        judge,
        ..
    } = corpus::bundle();
    let observer = Observer::new(encoder, common_words, PseudonymKey::offline());
    let mut scratch = ObserveScratch::default();
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(1));
    for sample in corpus::samples() {
        let mut profile = Profile::empty();
        for exchange in &sample.exchanges {
            profile.absorb(&observer.observe(exchange, &mut scratch), &random_features);
        }
        let mut measures = [f64::NAN; MEASURE_COUNT];
        measure_into(&profile, &mut measures);
        let seen = profile.seen();
        group.bench_function(BenchmarkId::new("score", sample.name), |bencher| {
            bencher.iter(|| judge.score(black_box(&measures), seen));
        });
        group.bench_function(BenchmarkId::new("whole", sample.name), |bencher| {
            bencher.iter(|| judge.judge(black_box(&measures), seen));
        });
    }
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
