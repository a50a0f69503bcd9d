//! Benchmark of the text model alone, request by request, on one thread.
//!
//! - `tokens`: windowed and normalised text to token numbers.
//! - `rows`: a request to table rows (windowing, normalising, tokens, hashed pairs).
//! - `evaluate`: table rows to cue probabilities and embedding.
//!
//! Corpus: every request of the built-in miniature corpus, in English and in Chinese.
//! Notes: requests are short (a few hundred bytes); throughput is in requests. `rows` includes `tokens`.
//! Command: `cargo bench --bench encode`

mod corpus;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::internals::domain::Exchange;
use stillwatch::internals::encoder::{
    ChannelRows, Scratch, Seen, TextEncoder, normalise_into, read_rows,
};
use stillwatch::internals::text::TextView;

fn rows(encoder: &TextEncoder, exchange: &Exchange, scratch: &mut Scratch) {
    read_rows(encoder.vocabulary(), &TextView::of(exchange), scratch);
}

fn encode(criterion: &mut Criterion) {
    let encoder = corpus::bundle().encoder;
    let mut group = criterion.benchmark_group("encode");
    for sample in corpus::samples() {
        group.throughput(Throughput::Elements(sample.exchanges.len() as u64));
        let messages = sample
            .exchanges
            .iter()
            .flat_map(|exchange| &exchange.messages);
        let texts: Vec<String> = messages
            .map(|message| {
                let mut text = String::new();
                normalise_into(message.content.expose(), &mut text);
                text
            })
            .collect();
        let mut ids = Vec::new();
        group.bench_function(BenchmarkId::new("tokens", sample.name), |bencher| {
            bencher.iter(|| {
                for text in &texts {
                    ids.clear();
                    encoder.vocabulary().ids_into(black_box(text), &mut ids);
                }
            });
        });
        let mut scratch = Scratch::default();
        group.bench_function(BenchmarkId::new("rows", sample.name), |bencher| {
            bencher.iter(|| {
                for exchange in &sample.exchanges {
                    rows(&encoder, black_box(exchange), &mut scratch);
                }
            });
        });
        let requests: Vec<ChannelRows> = sample
            .exchanges
            .iter()
            .map(|exchange| {
                rows(&encoder, exchange, &mut scratch);
                scratch.rows().clone()
            })
            .collect();
        let mut seen = Seen::default();
        group.bench_function(BenchmarkId::new("evaluate", sample.name), |bencher| {
            bencher.iter(|| {
                for request in &requests {
                    black_box(encoder.model().evaluate(black_box(request), &mut seen));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
