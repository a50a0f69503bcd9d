//! Files of traffic: compression, truncation, long lines, standard input.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use stillwatch::internals::domain::{AccountRef, Exchange, Label};
use stillwatch::internals::ingest::{
    Batches, Compression, InputError, JsonLines, ReadError, TrafficReader,
};
use stillwatch::internals::wire::json::LineError;
use tempfile::TempDir;

use super::{CANARY, MINIMAL, counting, file, gzip, ids, line_of, log, with, zstandard};

#[test]
fn compression_is_told_by_content() {
    let folder = TempDir::new().unwrap();
    let text = log(500);
    let (first, second) = text.split_at(text.len() / 3);
    let members = [gzip(first.as_bytes()), gzip(b""), gzip(second.as_bytes())].concat();
    let frames = [zstandard(first.as_bytes()), zstandard(second.as_bytes())].concat();
    // The file names are wrong on purpose.
    let files = [
        file(&folder, "plain.gz", text.as_bytes()),
        file(&folder, "members.jsonl", &members),
        file(&folder, "frames.gz", &frames),
        file(
            &folder,
            "skippable",
            &[b"\x50\x2a\x4d\x18\x02\0\0\0hi", &frames[..]].concat(),
        ),
        file(
            &folder,
            "marked",
            &[b"\xef\xbb\xbf", text.as_bytes()].concat(),
        ),
        file(&folder, "windows", text.replace('\n', "\r\n").as_bytes()),
        file(&folder, "unended", text.trim_end().as_bytes()),
        file(
            &folder,
            "sparse",
            text.replace('\n', "\n\n \r\n\t\n").as_bytes(),
        ),
    ];
    for path in files {
        let mut reader = TrafficReader::new([path.clone()]);
        assert_eq!(ids(&mut reader), counting(0..500), "{}", path.display());
        assert_eq!((reader.tally().lines, reader.tally().accepted), (500, 500));
    }
}

#[test]
fn empty_inputs_are_empty() {
    let folder = TempDir::new().unwrap();
    for bytes in [
        &b""[..],
        b"\n",
        b"\r\n\r\n",
        b"\xef\xbb\xbf",
        &gzip(b""),
        &zstandard(b""),
    ] {
        let path = file(&folder, "empty", bytes);
        let mut reader = TrafficReader::new([path]);
        assert!(reader.next().is_none(), "{bytes:?}");
        assert_eq!(reader.tally().lines, 0);
    }
}

#[test]
fn bad_lines_are_reported_and_passed_over() {
    let folder = TempDir::new().unwrap();
    let text = format!("{MINIMAL}\n\nnonsense {CANARY}\n{{}}\n{{}}\n{MINIMAL}");
    let path = file(&folder, "t.jsonl", text.as_bytes());
    let mut reader = TrafficReader::new([path.clone()]);
    let mut bad = Vec::new();
    for item in &mut reader {
        match item {
            Ok(_) => {}
            Err(ReadError::Line(line)) => bad.push(line.to_string()),
            Err(ReadError::Input(error)) => panic!("{error}"),
        }
    }
    let name = path.display();
    assert_eq!(
        bad,
        [
            format!("{name}:3: not JSON at byte 2"),
            format!(
                "{name}:4: looks like no log that is known; `account`, `model` and `messages` are missing"
            ),
            format!(
                "{name}:5: looks like no log that is known; `account`, `model` and `messages` are missing"
            ),
        ]
    );
    let tally = reader.tally();
    assert_eq!(
        (tally.lines, tally.accepted, tally.rejected_lines()),
        (5, 2, 3)
    );
    assert_eq!(tally.rejected["lacking_fields"], 2);
}

#[test]
fn a_broken_stream_is_named_and_its_whole_lines_are_kept() {
    let folder = TempDir::new().unwrap();
    // Noise keeps the compressors from buffering everything until the end.
    let mut text = String::new();
    for n in 0..20_000_u32 {
        let noise = n.wrapping_mul(2_654_435_761);
        text.push_str(&with(&format!(r#""id":"{n}","x":{noise}"#)));
        text.push('\n');
    }
    for (bytes, compression) in [
        (gzip(text.as_bytes()), Compression::Gzip),
        (zstandard(text.as_bytes()), Compression::Zstandard),
    ] {
        let cut = file(&folder, "cut", &bytes[..bytes.len() / 2]);
        let whole = file(&folder, "whole", log(3).as_bytes());
        let mut reader = TrafficReader::new([cut.clone(), whole]);
        let mut delivered = 0;
        let error = loop {
            match reader.next().expect("the break comes first") {
                Ok(exchange) => {
                    assert_eq!(exchange.id, Some(delivered.to_string()));
                    delivered += 1;
                }
                Err(ReadError::Input(error)) => break error,
                Err(ReadError::Line(bad)) => panic!("a piece of a line was judged: {bad}"),
            }
        };
        let InputError::CutShort {
            file,
            compression: found,
            line,
            offset,
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!((&**file, *found), (cut.to_str().unwrap(), compression));
        assert_eq!(*line, delivered);
        assert!(
            delivered > 1_000 && *offset > 100_000,
            "{delivered} {offset}"
        );
        // The next file is still read.
        assert_eq!(ids(&mut reader), counting(0..3));
    }

    let mut damaged = gzip(text.as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let damaged = file(&folder, "damaged", &damaged);
    let last = TrafficReader::new([damaged]).last().unwrap();
    assert!(matches!(
        last,
        Err(ReadError::Input(InputError::Read { .. }))
    ));
}

#[test]
fn no_cut_passes_for_the_whole() {
    let folder = TempDir::new().unwrap();
    for bytes in [gzip(log(3).as_bytes()), zstandard(log(3).as_bytes())] {
        for cut in 1..bytes.len() {
            let path = file(&folder, "cut", &bytes[..cut]);
            assert!(
                TrafficReader::new([path]).any(|item| item.is_err()),
                "{cut} bytes"
            );
        }
    }
}

#[test]
fn files_that_cannot_be_opened_are_named() {
    let folder = TempDir::new().unwrap();
    let absent = folder.path().join("absent.jsonl");
    for path in [absent.as_path(), folder.path()] {
        let mut reader = JsonLines::<Label<AccountRef>>::new([path.to_owned()]);
        let Some(Err(ReadError::Input(error @ InputError::Open { .. }))) = reader.next() else {
            panic!("{} was opened", path.display());
        };
        assert!(error.to_string().ends_with(path.to_str().unwrap()));
        assert!(reader.next().is_none());
    }
}

/// Returns the peak resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn peak_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kib: usize = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

#[test]
fn an_endless_line_is_passed_over_without_being_held() {
    const LONG_BYTES: usize = 200 << 20;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("long.gz");
    let mut encoder = GzEncoder::new(File::create(&path).unwrap(), Level::fast());
    writeln!(encoder, "{MINIMAL}").unwrap();
    let mut long = io::Read::take(io::repeat(b'a'), LONG_BYTES as u64);
    io::copy(&mut long, &mut encoder).unwrap();
    write!(encoder, "\n{MINIMAL}\n").unwrap();
    encoder.finish().unwrap();

    #[cfg(target_os = "linux")]
    let before = peak_bytes();
    let items: Vec<_> = TrafficReader::new([path]).collect();
    #[cfg(target_os = "linux")]
    assert!(peak_bytes() - before < LONG_BYTES / 2);

    let Err(ReadError::Line(bad)) = &items[1] else {
        panic!("the long line was read");
    };
    assert_eq!(
        (bad.line, &bad.reason),
        (2, &LineError::TooLong { limit: 16 << 20 })
    );
    assert!(items.len() == 3 && items[0].is_ok() && items[2].is_ok());
}

/// Batches must split lines where a plain split does, wherever a block or a batch ends.
#[test]
fn lines_are_cut_alike_at_every_boundary() {
    let folder = TempDir::new().unwrap();
    let limit = 200_000;
    let block = 64 << 10;
    let sizes = [
        block - 1,
        1,
        block,
        block + 1,
        0,
        3,
        2 * block,
        limit - 1,
        limit,
        limit + 1,
        7,
        0,
        0,
        10 * block,
        1 << 20,
        (1 << 20) - 1,
        5,
        20 * block + 17,
        limit + block,
        2,
    ];
    for rotation in 0..sizes.len() {
        let mut text = Vec::new();
        for turn in 0..3 * sizes.len() {
            let size = sizes[(turn * 7 + rotation) % sizes.len()];
            text.resize(text.len() + size, b'x');
            text.push(b'\n');
        }
        let expected: Vec<_> = (1_u64..)
            .zip(text.split(|byte| *byte == b'\n'))
            .filter(|(_, line)| !line.is_empty())
            .map(|(number, line)| (number, line.len() > limit))
            .collect();
        let path = file(&folder, "sizes", &text);
        let mut batches = Batches::new([path], limit);
        let mut found = Vec::new();
        while let Some(batch) = batches.next_batch().unwrap() {
            assert!(batch.lines().len() > 0);
            found.extend(batch.lines().map(|line| {
                let reason = line.parse::<Label<AccountRef>>().unwrap_err().reason;
                (line.number(), matches!(reason, LineError::TooLong { .. }))
            }));
        }
        assert_eq!(found, expected, "rotation {rotation}");
    }
}

#[test]
fn batches_and_threads_change_nothing() {
    let folder = TempDir::new().unwrap();
    let mut text = log(8_000);
    text.push_str("{}\n");
    text.push_str(&log(10));
    let path = file(&folder, "t.jsonl", text.as_bytes());
    let shown =
        |item: Result<_, String>| item.map_or_else(|error| error, |x| line_of::<Exchange>(&x));
    let mut one_by_one = TrafficReader::new([path.clone()]);
    let expected: Vec<_> = one_by_one
        .by_ref()
        .map(|item| shown(item.map_err(|error| error.to_string())))
        .collect();
    assert_eq!(expected.len(), 8_011);
    for threads in [1, 4] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let mut in_batches = TrafficReader::new([path.clone()]);
        let mut found = Vec::new();
        while let Some(batch) = pool.install(|| in_batches.next_batch()).unwrap() {
            found.extend(
                batch
                    .into_iter()
                    .map(|item| shown(item.map_err(|bad| bad.to_string()))),
            );
        }
        assert!(found == expected, "{threads} threads");
        assert_eq!(in_batches.tally(), one_by_one.tally());
    }
}

/// Runs itself with a pipe as standard input, which it keeps open: a complete line must be delivered at once.
#[test]
fn standard_input_is_read_as_it_comes() {
    const CHILD: &str = "STILLWATCH_TEST_READS_STANDARD_INPUT";
    if std::env::var_os(CHILD).is_some() {
        for item in TrafficReader::new([PathBuf::from("-")]) {
            println!("read {}", item.unwrap().account);
        }
        println!("read the end");
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files::standard_input_is_read_as_it_comes",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if line.contains("read ") && sender.send(line).is_err() {
                return;
            }
        }
    });
    // Only so that a reader that waits for more fails the test instead of blocking it.
    let patience = Duration::from_mins(1);
    write!(input, "{MINIMAL}\n{}", &MINIMAL[..20]).unwrap();
    input.flush().unwrap();
    let first = lines.recv_timeout(patience);
    write!(input, "{}", &MINIMAL[20..]).unwrap();
    drop(input);
    assert!(
        first
            .expect("the first line waits for the second")
            .ends_with("read a")
    );
    assert_eq!(lines.recv_timeout(patience).unwrap(), "read a");
    assert_eq!(lines.recv_timeout(patience).unwrap(), "read the end");
    assert!(child.wait().unwrap().success());
}
