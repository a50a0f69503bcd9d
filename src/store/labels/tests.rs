//! Tests of the label file: restarts, torn writes, accounts named by name and by pseudonym, pages.

use std::fs;

use super::*;
use crate::domain::{Technique, Verdict};

fn key() -> PseudonymKey {
    PseudonymKey::offline()
}

fn open(data: &Path) -> LabelFile {
    LabelFile::open(data, key()).unwrap()
}

fn label(account: &str, verdict: Verdict) -> Label<AccountRef> {
    let techniques = match verdict {
        Verdict::Extraction => vec![Technique::DatasetSynthesis],
        Verdict::Benign => Vec::new(),
    };
    Label {
        account: AccountRef::Name(account.to_owned()),
        verdict,
        techniques,
        campaign: None,
        conversation: None,
        source: Some("reviewer-7".to_owned()),
        application: None,
        language: None,
        population: None,
        cell: None,
        group: None,
        group_kind: None,
        successor_of: None,
    }
}

/// Returns the label with its account named by pseudonym.
fn by_pseudonym(label: Label<AccountRef>) -> Label<AccountRef> {
    label.map_account(|account| match account {
        AccountRef::Name(name) => AccountRef::Pseudonym(key().account(&name)),
        account @ AccountRef::Pseudonym(_) => account,
    })
}

fn of_conversation(conversation: &str, label: Label<AccountRef>) -> Label<AccountRef> {
    Label {
        conversation: Some(conversation.to_owned()),
        ..label
    }
}

/// Returns the labels as submitted, in list order.
fn listed(file: &LabelFile) -> Vec<Label<AccountRef>> {
    let labels = file.labels_after(None, 99).into_iter();
    labels
        .map(|label| label.map_account(AccountRef::from))
        .collect()
}

/// Sorts labels in list order.
fn sorted(mut labels: Vec<Label<AccountRef>>) -> Vec<Label<AccountRef>> {
    labels.sort_by_key(|label| match &label.account {
        AccountRef::Name(name) => (key().account(name), label.conversation.clone()),
        AccountRef::Pseudonym(pseudonym) => (*pseudonym, label.conversation.clone()),
    });
    labels
}

#[test]
fn labels_survive_a_restart_and_a_line_cut_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let (first, second) = (label("a", Verdict::Benign), label("b", Verdict::Extraction));
    {
        let file = open(folder.path());
        file.submit(first.clone()).unwrap();
        file.submit(second.clone()).unwrap();
    }
    let whole = fs::read(&path).unwrap();
    let line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in line..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let file = open(folder.path());
        let expected = if cut == whole.len() {
            sorted(vec![first.clone(), second.clone()])
        } else {
            vec![first.clone()]
        };
        assert_eq!(listed(&file), expected, "cut at {cut}");
        // The next label starts a new line.
        file.submit(label("c", Verdict::Benign)).unwrap();
        let mut line = Vec::new();
        label("c", Verdict::Benign).to_line(&mut line);
        let written = fs::read(&path).unwrap();
        let last = written.split_inclusive(|byte| *byte == b'\n').next_back();
        assert_eq!(last, Some(line.as_slice()), "cut at {cut}");
    }
}

#[test]
fn a_later_label_replaces_an_earlier_one_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(folder.path());
    let once = StoredLabel {
        labels: 1,
        replaced: false,
    };
    assert_eq!(file.submit(label("a", Verdict::Extraction)).unwrap(), once);
    let conversation = of_conversation("c1", label("a", Verdict::Extraction));
    file.submit(conversation.clone()).unwrap();
    let again = StoredLabel {
        labels: 2,
        replaced: true,
    };
    assert_eq!(file.submit(label("a", Verdict::Benign)).unwrap(), again);
    drop(file);
    let expected = [label("a", Verdict::Benign), conversation];
    assert_eq!(listed(&open(folder.path())), expected);
}

#[test]
fn a_name_and_its_pseudonym_are_one_account_and_the_name_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(folder.path());
    file.submit(label("a", Verdict::Extraction)).unwrap();
    let benign = label("a", Verdict::Benign);
    let replaced = file.submit(by_pseudonym(benign.clone())).unwrap();
    assert_eq!((replaced.labels, replaced.replaced), (1, true));
    let nameless = by_pseudonym(label("b", Verdict::Benign));
    let conversation = of_conversation("c1", label("b", Verdict::Extraction));
    file.submit(nameless.clone()).unwrap();
    let expected = sorted(vec![benign.clone(), nameless]);
    assert_eq!(listed(&file), expected);
    file.submit(conversation.clone()).unwrap();
    // Both labels of b are adjacent in the list, that of the whole account first.
    let expected = sorted(vec![
        benign,
        by_pseudonym(label("b", Verdict::Benign)),
        conversation,
    ]);
    assert_eq!(listed(&file), expected);
    drop(file);
    assert_eq!(listed(&open(folder.path())), expected, "after a restart");
    let read = LabelFile::read(folder.path(), key()).unwrap().into_iter();
    let read: Vec<_> = read
        .map(|label| label.map_account(AccountRef::from))
        .collect();
    assert_eq!(read, expected, "without opening the file for writing");
}

#[test]
fn pages_hold_each_label_once_whatever_is_submitted_between_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(folder.path());
    for number in 0..20 {
        file.submit(label(&format!("a{number}"), Verdict::Benign))
            .unwrap();
        let part = of_conversation("c", label(&format!("a{number}"), Verdict::Benign));
        file.submit(part).unwrap();
    }
    let before = listed(&file);
    let (mut paged, mut after, mut number) = (Vec::new(), None, 0);
    loop {
        let page = file.labels_after(after.as_ref(), 7);
        let Some(last) = page.last() else { break };
        after = Some(LabelSubject::from(last));
        paged.extend(page);
        file.submit(label(&format!("new-{number}"), Verdict::Benign))
            .unwrap();
        number += 1;
    }
    let subjects: Vec<_> = paged.iter().map(LabelSubject::from).collect();
    assert!(
        subjects.is_sorted_by(|a, b| a < b),
        "each label once, in order"
    );
    let paged: Vec<_> = paged
        .into_iter()
        .map(|label| label.map_account(AccountRef::from))
        .collect();
    assert!(before.iter().all(|label| paged.contains(label)));
}

#[test]
fn at_the_bound_labels_are_refused_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let bounded = |lines_max| LabelFile::bounded(folder.path(), key(), lines_max);
    let file = bounded(2).unwrap();
    for verdict in [Verdict::Benign, Verdict::Extraction] {
        file.submit(label("a", verdict)).unwrap();
    }
    let full = file.submit(label("b", Verdict::Benign));
    assert!(matches!(full, Err(AppendError::Full { lines_max: 2 })));
    drop(file);
    assert_eq!(
        listed(&bounded(2).unwrap()),
        [label("a", Verdict::Extraction)]
    );
    assert!(bounded(1).is_err(), "nothing is dropped silently");
}

#[test]
fn a_complete_line_that_is_not_a_label_is_reported_and_not_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    fs::write(
        &path,
        "{\"account\":\"a\",\"label\":\"benign\"}\nnonsense\n",
    )
    .unwrap();
    let error = LabelFile::open(folder.path(), key()).err().unwrap();
    assert!(error.to_string().contains("line 2"), "{error}");
}
