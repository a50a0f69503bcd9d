//! Whole files of labels, pools and catalogues, read and written.

use std::fs;
use std::path::Path;

use stillwatch::internals::ingest::{
    Catalogue, CatalogueError, Compression, InputError, JsonLinesWriter, ReadError, TrafficReader,
    read_labels, read_pool,
};
use tempfile::TempDir;

use super::{at, counting, file, ids};

#[test]
fn labels_and_pools_are_collected() {
    let folder = TempDir::new().unwrap();
    let good = r#"{"account":"a","label":"benign"}"#;
    let path = file(
        &folder,
        "l.jsonl",
        format!("{good}\n{{}}\n{good}\n").as_bytes(),
    );
    let labels = read_labels(&path).unwrap();
    assert_eq!((labels.records.len(), labels.tally.lines), (2, 3));
    assert_eq!(labels.strict().unwrap_err().line, 2);

    let many = file(&folder, "many", "{}\n".repeat(1_000).as_bytes());
    let pool = read_pool(&many).unwrap();
    assert_eq!(
        (pool.rejected.len(), pool.tally.rejected_lines()),
        (100, 1_000)
    );
}

#[test]
fn the_catalogue_resolves_aliases() {
    let catalogue = Catalogue::parse(
        r#"
        [[model]]
        id = "opus-4.7"
        released = "2026-04-16T00:00:00Z"
        aliases = ["opus-latest"]
        [[model]]
        id = "opus-4.6"
        released = "2026-02-01T00:00:00+01:00"
        "#,
    )
    .unwrap();
    assert_eq!(catalogue.resolve("opus-latest"), Some("opus-4.7"));
    assert_eq!(catalogue.resolve("opus-4.6"), Some("opus-4.6"));
    assert_eq!(catalogue.resolve("other"), None);
    let released = catalogue.released("opus-latest").unwrap();
    assert_eq!(released.as_micros(), 1_776_297_600_000_000);
}

#[test]
fn a_wrong_catalogue_is_refused() {
    let model =
        |rest: &str| format!("[[model]]\nid = \"a\"\nreleased = \"2026-04-16T00:00:00Z\"\n{rest}");
    let refused = |text: &str| Catalogue::parse(text).unwrap_err();
    assert!(Catalogue::parse("").is_ok());
    assert!(matches!(
        refused(&model("alias = []")),
        CatalogueError::Form(_)
    ));
    assert!(matches!(refused("[[models]]"), CatalogueError::Form(_)));
    assert!(matches!(
        refused("[[model]]\nid = \"a\""),
        CatalogueError::Form(_)
    ));
    assert!(matches!(
        refused(&model("aliases = [\"\"]")),
        CatalogueError::EmptyName
    ));
    for twice in [
        model("aliases = [\"a\"]"),
        model("aliases = [\"b\", \"b\"]"),
        model(&model("")),
    ] {
        assert!(
            matches!(refused(&twice), CatalogueError::Duplicate { .. }),
            "{twice}"
        );
    }
    let late = model("").replace("2026", "20260");
    assert!(matches!(refused(&late), CatalogueError::BadTime { .. }));
    let absent = Catalogue::read(Path::new("/nonexistent/models.toml")).unwrap_err();
    assert!(matches!(absent, CatalogueError::Read { .. }));
}

#[test]
fn what_is_written_is_compressed_by_name_and_reads_back() {
    let folder = TempDir::new().unwrap();
    for (name, compression) in [
        ("t.jsonl", Compression::Plain),
        ("t.jsonl.gz", Compression::Gzip),
        ("t.jsonl.ZST", Compression::Zstandard),
    ] {
        let path = folder.path().join(name);
        let mut writer = JsonLinesWriter::create(&path).unwrap();
        for n in 0..1_000 {
            writer.write(&at("a", Some(&n.to_string()), n)).unwrap();
        }
        writer.finish().unwrap();
        assert_eq!(Compression::of(&fs::read(&path).unwrap()), compression);
        assert_eq!(ids(&mut TrafficReader::new([path])), counting(0..1_000));
    }
    assert!(JsonLinesWriter::create(&folder.path().join("absent/t.jsonl")).is_err());
}

#[test]
fn a_file_that_was_not_finished_does_not_pass_for_whole() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.jsonl.zst");
    let mut writer = JsonLinesWriter::create(&path).unwrap();
    writer.write(&at("a", None, 1)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let items: Vec<_> = TrafficReader::new([path]).collect();
    assert!(matches!(
        items[..],
        [Err(ReadError::Input(InputError::Open { .. }))]
    ));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "nothing is left behind");
}
