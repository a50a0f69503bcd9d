//! Many unrelated people behind one account, against a household, a developer with two machines and an application with
//! users.

use stillwatch::internals::domain::Exchange;

use crate::stage::{Played, ask, from, play};

const QUESTIONS: [&str; 16] = [
    "my sourdough does not rise, what now?",
    "Explain the difference between a mutex and a channel.",
    "请帮我把这封信改得礼貌一点。",
    "Escribe un poema corto sobre el puerto.",
    "why does my knee hurt after running?",
    "SQL: latest order for each customer, please",
    "Plan three days in the mountains with two children.",
    "量子隧穿用一句话怎么解释？",
    "Is this clause in my rental contract usual?",
    "Fais-moi une liste de courses pour une semaine végétarienne.",
    "regex that matches a date but not a time",
    "What should I name a grey cat?",
    "翻译成英文：货物将于周五到达。",
    "Write unit tests for a queue in Go.",
    "my landlord wants to raise the rent, what can I do?",
    "Wie repariere ich einen tropfenden Wasserhahn?",
];

/// Sixteen people, each with their own program and conversation, active at the same time.
fn relay() -> Played {
    let requests = (0..64).map(|n: usize| {
        let person = n * 5 % 16;
        let text = format!("{} ({})", QUESTIONS[person], n / 16);
        from(
            &format!("client {}", person % 7),
            &format!("talk {person}"),
            ask(n as i64, text),
        )
    });
    play("relay", requests.collect())
}

/// The same people behind a relay that makes them one nameless client.
fn masked_relay() -> Played {
    let requests = (0..64).map(|n: usize| {
        let person = n * 5 % 16;
        ask(n as i64, format!("{} ({})", QUESTIONS[person], n / 16))
    });
    play("masked relay", requests.collect())
}

/// One person without a named client who asks about one thing after another.
fn person() -> Played {
    let requests = (0..64).map(|n: usize| {
        let text = format!("{} ({n})", QUESTIONS[n / 16 * 5]);
        ask(n as i64, text)
    });
    play("person", requests.collect())
}

/// Two phones, used one after the other.
fn household() -> Played {
    let requests = (0..64).map(|n: usize| {
        let evening = n / 8;
        let text = format!("{} ({n})", QUESTIONS[evening]);
        from(
            &format!("phone {}", evening % 2),
            &format!("evening {evening}"),
            ask((evening * 600 + n) as i64, text),
        )
    });
    play("household", requests.collect())
}

/// One program with many simultaneous users, all on one subject.
fn application() -> Played {
    let requests = (0..64).map(|n: usize| {
        let user = n * 5 % 16;
        from(
            "server 1.2",
            &format!("user {user}"),
            ask(
                n as i64,
                format!("Where is my parcel number {user}? It is day {}.", n / 16),
            ),
        )
    });
    play("parcel dispatcher", requests.collect())
}

/// Months of one subject; then, if `changes`, the account changes hands.
fn taken_over(name: &str, changes: bool) -> Played {
    let old = |n: usize| {
        ask(
            n as i64 * 90,
            format!(
                "Where is parcel number {} of order {}? It is late.",
                n * 7 % 50,
                n * 3 % 40
            ),
        )
    };
    let new = |n: usize| {
        ask(
            n as i64 * 90,
            format!(
                "Theorem {n}: for every k above {}, the sum is even. Write the full proof and the reasoning that led to it.",
                n * 3
            ),
        )
    };
    let requests: Vec<Exchange> = (0..160)
        .map(|n| if changes && n >= 120 { new(n) } else { old(n) })
        .collect();
    play(name, requests)
}

#[test]
fn a_relay_has_clients_conversations_and_subjects_all_at_once() {
    let extracting = relay();
    for benign in [household(), application()] {
        extracting.exceeds(&benign, &["relayed_spread"]);
        benign.is_left_alone();
    }
}

/// Without clients there is no spread of them to see; what else is seen of such relays is in the known gaps.
#[test]
fn a_relay_that_masks_its_clients_shows_no_spread_of_them() {
    assert!(masked_relay().value("relayed_spread").is_nan());
    for benign in [person(), household(), application()] {
        benign.is_left_alone();
    }
}

#[test]
fn an_account_that_changed_hands_is_dated() {
    let (extracting, benign) = (taken_over("taken over", true), taken_over("kept", false));
    let at = extracting.value("own_past_change");
    assert!(
        (110.0..=140.0).contains(&at),
        "changed at exchange 121, seen from {at} on"
    );
    assert!(benign.value("own_past_change") < 1.0);
    benign.is_left_alone();
}
