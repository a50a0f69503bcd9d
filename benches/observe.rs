//! Benchmark of exchange to observation, on one thread.
//!
//! - `digests`: the keyed digests of a request's text.
//! - `whole`: all of `Observer::observe`, including the text model.
//!
//! Corpus: every request of the built-in miniature corpus, in English and in Chinese.
//! Notes: throughput is in exchanges. `whole` minus `digests` is roughly the text model; see `encode` for its parts
//! and `text` for digests of long requests.
//! Command: `cargo bench --bench observe`

mod corpus;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::observe::{ObserveScratch, Observer};
use stillwatch::internals::privacy::PseudonymKey;
use stillwatch::internals::text::{TextScratch, TextView, digest_request};

fn observe(criterion: &mut Criterion) {
    let Bundle {
        encoder,
        common_words,
        ..
    } = corpus::bundle();
    let key = PseudonymKey::offline();
    let mut group = criterion.benchmark_group("observe");
    let samples = corpus::samples();
    for sample in &samples {
        group.throughput(Throughput::Elements(sample.exchanges.len() as u64));
        let mut scratch = TextScratch::default();
        group.bench_function(BenchmarkId::new("digests", sample.name), |bencher| {
            bencher.iter(|| {
                for exchange in black_box(&sample.exchanges) {
                    black_box(digest_request(
                        &key,
                        &common_words,
                        &TextView::of(exchange),
                        &mut scratch,
                    ));
                }
            });
        });
    }
    let observer = Observer::new(encoder, common_words, key);
    for sample in &samples {
        group.throughput(Throughput::Elements(sample.exchanges.len() as u64));
        let mut scratch = ObserveScratch::default();
        group.bench_function(BenchmarkId::new("whole", sample.name), |bencher| {
            bencher.iter(|| {
                for exchange in black_box(&sample.exchanges) {
                    black_box(observer.observe(exchange, &mut scratch));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, observe);
criterion_main!(benches);
