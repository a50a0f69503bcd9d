//! Benchmark of the cost of an account once its exchanges are observed, on one thread.
//!
//! - `update`: a whole sample into an empty profile, in exchanges.
//! - `merge`: one profile into a copy of another.
//! - `measure`: every live detector's measures of one profile.
//!
//! Corpus: every request of the built-in miniature corpus, in English and in Chinese, observed once beforehand; a
//! whole sample is one account.
//! Notes: a profile has the same size whatever it saw, so neither `merge` nor `measure` depends on the sample's
//! length.
//! Command: `cargo bench --bench profile`

mod corpus;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::detect::MeasureValues;
use stillwatch::internals::domain::Observation;
use stillwatch::internals::observe::{ObserveScratch, Observer};
use stillwatch::internals::privacy::PseudonymKey;
use stillwatch::internals::profile::Profile;

fn profile(criterion: &mut Criterion) {
    let Bundle {
        encoder,
        common_words,
        random_features,
        ..
    } = corpus::bundle();
    let observer = Observer::new(encoder, common_words, PseudonymKey::offline());
    let mut scratch = ObserveScratch::default();
    let mut group = criterion.benchmark_group("profile");
    for sample in corpus::samples() {
        let observations: Vec<Observation> = sample
            .exchanges
            .iter()
            .map(|exchange| observer.observe(exchange, &mut scratch))
            .collect();
        let update_all = || {
            let mut profile = Profile::empty();
            for observation in black_box(&observations) {
                profile.update(observation, &random_features);
            }
            profile
        };
        group.throughput(Throughput::Elements(observations.len() as u64));
        group.bench_function(BenchmarkId::new("update", sample.name), |bencher| {
            bencher.iter(update_all);
        });
        let profile = update_all();
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("merge", sample.name), |bencher| {
            bencher.iter(|| {
                let mut merged = profile.clone();
                merged.merge(black_box(&profile));
                merged
            });
        });
        group.bench_function(BenchmarkId::new("measure", sample.name), |bencher| {
            bencher.iter(|| MeasureValues::of(black_box(&profile)));
        });
    }
    group.finish();
}

criterion_group!(benches, profile);
criterion_main!(benches);
