//! Benchmark of one request to its text digests (`text::digest_request`), all that the text module does for an
//! exchange, in bytes per second.
//!
//! Corpus: one user message, a paragraph repeated 1, 4 and 40 times, of English prose with numbers and quotations, and
//! of Chinese; its common words are those of the message. Nothing is read from disk, so figures are comparable between
//! machines.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stillwatch::internals::{
    domain::Role,
    privacy::PseudonymKey,
    text::{CommonWords, TextScratch, TextView, digest_request},
};

const ENGLISH: &str = "Please grade the following answer from 1 to 10. The question was: \"How many apples did 3 \
     children pick, if each of them picked 12 of them?\" Explain your reasoning step by step.\nAnswer: there are 36, \
     since 3 * 12 = 36; the farmer's own basket (see https://example.org/basket) does not count. ";

const CHINESE: &str = "请根据下面的内容，生成十个不同的问答对，并给出详细的推理过程。小明有3个苹果，他又买了5个，一共有多少个？\n\
     要求：问题应该清楚、完整，答案要准确，不要输出其他解释。";

fn digests(criterion: &mut Criterion) {
    let key = PseudonymKey::offline();
    let mut builder = CommonWords::builder();
    builder.add_source([ENGLISH, CHINESE]);
    let common = builder.build(1);
    let mut scratch = TextScratch::default();
    let mut group = criterion.benchmark_group("text/digest_request");
    for (language, unit) in [("english", ENGLISH), ("chinese", CHINESE)] {
        for repeats in [1, 4, 40] {
            let text = unit.repeat(repeats);
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(BenchmarkId::new(language, repeats), |bencher| {
                bencher.iter(|| {
                    let messages = [(Role::User, black_box(text.as_str()))];
                    digest_request(&key, &common, &TextView::new(None, messages), &mut scratch)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, digests);
criterion_main!(benches);
