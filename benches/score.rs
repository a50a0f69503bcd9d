//! Benchmark of the whole path from a line of a traffic log to an assessment, beside parsing the line alone.
//!
//! - `parse`: lines to exchanges, and nothing else.
//! - `whole`: the same lines to exchanges to assessments, one after another on one thread.
//! - `batch`: the same, scored as one batch on all threads.
//!
//! Corpus: every request of the built-in miniature corpus, in English and in Chinese, as lines of a traffic log; eight
//! accounts take turns.
//! Notes: the ratio of `parse` to `whole` is what scoring adds to a reader that only parses; it carries over between
//! machines better than either figure. The engine keeps its accounts from one iteration to the next, so profiles are
//! long and full, the expensive case. Throughput is in exchanges.
//! Command: `cargo bench --bench score`

mod corpus;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::internals::domain::Exchange;
use stillwatch::internals::engine::Engine;
use stillwatch::internals::privacy::PseudonymKey;
use stillwatch::internals::wire::json::{FromLine, ToLine};

fn parse(line: &[u8]) -> Exchange {
    let parsed = Exchange::from_line(black_box(line));
    parsed.expect("a line that this benchmark wrote").record
}

/// Parses a line as an exchange that was not sent before, whatever its id.
fn parse_new(line: &[u8], sent: &mut u64) -> Exchange {
    *sent += 1;
    Exchange {
        id: Some(sent.to_string()),
        ..parse(line)
    }
}

fn score(criterion: &mut Criterion) {
    let parts = corpus::bundle().into_engine_parts(PseudonymKey::offline());
    let engine = Engine::new(parts, 1_024);
    let mut sent = 0;
    let mut group = criterion.benchmark_group("score");
    for sample in corpus::samples() {
        let lines: Vec<Vec<u8>> = sample
            .exchanges
            .iter()
            .map(|exchange| {
                let mut line = Vec::new();
                exchange.to_line(&mut line);
                line
            })
            .collect();
        group.throughput(Throughput::Elements(lines.len() as u64));
        group.bench_function(BenchmarkId::new("parse", sample.name), |bencher| {
            bencher.iter(|| {
                for line in &lines {
                    black_box(parse(line));
                }
            });
        });
        group.bench_function(BenchmarkId::new("whole", sample.name), |bencher| {
            bencher.iter(|| {
                for line in &lines {
                    black_box(engine.score(&parse_new(line, &mut sent)));
                }
            });
        });
        group.bench_function(BenchmarkId::new("batch", sample.name), |bencher| {
            bencher.iter(|| {
                let new = |line: &Vec<u8>| parse_new(line, &mut sent);
                let exchanges: Vec<Exchange> = lines.iter().map(new).collect();
                black_box(engine.score_batch(&exchanges));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, score);
criterion_main!(benches);
