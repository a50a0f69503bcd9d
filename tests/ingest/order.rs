//! Exchanges out of order.

use stillwatch::internals::ingest::{OrderCheck, TimeOrder, TrafficReader};
use tempfile::TempDir;

use super::{at, file, log};

#[test]
fn order_is_kept_per_account() {
    let mut order = OrderCheck::default();
    assert_eq!(order.check(&at("a", Some("1"), 10)), TimeOrder::InOrder);
    assert_eq!(order.check(&at("b", Some("1"), 5)), TimeOrder::InOrder);
    assert_eq!(order.check(&at("a", Some("2"), 10)), TimeOrder::InOrder);
    assert_eq!(
        order.check(&at("a", None, 4)),
        TimeOrder::Backwards { seconds: 6.0 }
    );
    // The latest time counts, so one late exchange does not make the next one look in order.
    assert_eq!(
        order.check(&at("a", None, 9)),
        TimeOrder::Backwards { seconds: 1.0 }
    );
    assert_eq!(order.accounts_backwards(), 1);
}

#[test]
fn memory_of_accounts_is_bounded_and_reaches_back_as_promised() {
    let mut order = OrderCheck::new(100);
    let mut check = |account: i64, seconds| order.check(&at(&account.to_string(), None, seconds));
    for account in 0..1_050 {
        assert_eq!(check(account, 10), TimeOrder::InOrder);
    }
    for account in 950..1_050 {
        let seconds = 1.0;
        assert_eq!(
            check(account, 9),
            TimeOrder::Backwards { seconds },
            "{account}"
        );
    }
    assert_eq!(check(0, 9), TimeOrder::InOrder, "forgotten");
}

#[test]
fn repeats_and_stragglers_are_delivered_and_stragglers_counted() {
    let folder = TempDir::new().unwrap();
    let text = log(50);
    let backwards: String = text.lines().rev().flat_map(|line| [line, "\n"]).collect();
    let first = file(&folder, "first", backwards.as_bytes());
    let second = file(&folder, "second", text.as_bytes());
    let mut reader = TrafficReader::new([first, second]);
    assert_eq!(reader.by_ref().map(Result::unwrap).count(), 100);
    let tally = reader.tally();
    assert_eq!(tally.accepted, 100);
    // The first file except its first line, and the second except its last.
    assert_eq!((tally.out_of_order, tally.accounts_out_of_order), (98, 1));
}
