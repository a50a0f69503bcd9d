//! Tests of relay resale where every client field is blank or masked: relays against applications, companies, persons
//! and disclosed resellers.

use crate::detect::tests::{Sketch, digest, fold_observations, value_of};
use crate::domain::{Observation, Origin, Timestamp};
use crate::profile::Profile;

const MILLI: i64 = 1_000;
const SECOND: i64 = 1_000 * MILLI;

/// A free text about a subject of its own.
fn turn(number: u64, micros: i64) -> Observation {
    let sketch = Sketch {
        skeleton: number,
        content: number,
        ..Sketch::at(0)
    };
    Observation {
        time: Timestamp::from_micros(micros),
        ..sketch.observation()
    }
}

/// A turn that answers a tool.
fn tool_turn(number: u64, micros: i64) -> Observation {
    let mut turn = turn(number, micros);
    turn.shape.typed = false;
    turn
}

fn with(origin: Origin, turn: Observation) -> Observation {
    Observation { origin, ..turn }
}

/// Two hundred turns, ten seconds apart, of five people in turn; `change` turns them into those of another account.
fn five_people(change: impl Fn(u64, Observation) -> Observation) -> Profile {
    fold_observations((0..200).map(|n| {
        let person = n % 5;
        let mut turn = turn(n, n as i64 * 10 * SECOND);
        turn.setting = digest(24, person);
        change(person, turn)
    }))
}

#[test]
fn people_who_type_in_the_same_minute_are_told_from_one_application() {
    let relay = five_people(|_, turn| turn);
    assert!(value_of(&relay, "relayed_minutes") > 0.8);
    let application = five_people(|_, turn| Observation {
        system: Some(digest(8, 1)),
        ..turn
    });
    assert_eq!(value_of(&application, "relayed_minutes"), 0.0);
    let person = five_people(|_, mut turn| {
        turn.setting = digest(24, 0);
        turn
    });
    assert_eq!(value_of(&person, "relayed_minutes"), 0.0);
}

/// Services of one company differ in subject, tools and system prompt, and fill their templates again and again.
#[test]
fn a_company_with_several_services_behind_one_key_fills_templates() {
    let company = five_people(|service, turn| Observation {
        system: Some(digest(8, service)),
        skeleton: digest(3, service),
        ..turn
    });
    assert!(value_of(&company, "unlike_minute_share") > 0.8);
    assert!(value_of(&company, "relayed_minutes") < 0.05);
}

#[test]
fn whoever_names_the_end_users_is_not_compared_and_it_is_said() {
    let named = |person: u64| Origin {
        end_user: Some(digest(20, person)),
        ..Origin::default()
    };
    let reseller = five_people(|person, turn| with(named(person), turn));
    assert!(value_of(&reseller, "relayed_minutes").is_nan());
    assert!((value_of(&reseller, "end_user_named_share") - 1.0).abs() < 1e-9);
    assert!((value_of(&reseller, "end_users_in_use") - 5.0).abs() < 1.0);
    let silent = five_people(|_, turn| turn);
    assert!(value_of(&silent, "end_user_named_share").is_nan());
}

/// Returns a number from 0 to 1 that depends on `n` alone.
fn uniform(kind: u64, n: u64) -> f64 {
    (digest(kind, n).0 >> 11) as f64 / 9_007_199_254_740_992.0
}

/// Three hundred typed turns `gap` apart, by their number, each with a tool's turn some time after it.
fn paced(gap: impl Fn(u64) -> f64, tool: impl Fn(u64) -> f64) -> Profile {
    let mut stream = Vec::new();
    let mut time = 0.0;
    for n in 0..300 {
        time += gap(n);
        stream.push(turn(n, (time * SECOND as f64) as i64));
        let after = time + tool(n);
        stream.push(tool_turn(1_000 + n, (after * SECOND as f64) as i64));
    }
    stream.sort_by_key(|observation| observation.time);
    fold_observations(stream)
}

#[test]
fn a_queue_leaves_a_floor_under_typed_turns_that_persons_and_companies_do_not_have() {
    let exponential = |n: u64, mean: f64| -mean * (1.0 - uniform(30, n)).ln();
    // At least 200 ms between users' turns, of which many wait; tools' turns pass at once.
    let queued = paced(
        |n| exponential(n, 0.3).max(0.2) + 0.02,
        |n| 4.0 * uniform(31, n),
    );
    let floor = |profile: &Profile| value_of(profile, "typed_gap_floor");
    assert!(floor(&queued) > 0.1, "{}", floor(&queued));
    let company = paced(|n| exponential(n, 0.3), |n| 4.0 * uniform(31, n));
    let person = paced(
        |n| 8.0 + exponential(n, 30.0),
        |n| 1.5 + 4.0 * uniform(31, n),
    );
    // A program that works off a list has a floor, and its tools wait for the model.
    let program = paced(|n| 1.0 + 0.2 * uniform(32, n), |_| 0.6);
    for honest in [&company, &person, &program] {
        assert!(floor(honest) < 0.02, "{}", floor(honest));
    }
    let no_tools = fold_observations((0..100).map(|n| turn(n, n as i64 * 300 * MILLI)));
    assert!(floor(&no_tools).is_nan());
}

#[test]
fn sessions_that_cross_on_one_device_are_told_from_sessions_in_turn() {
    let share = |session: fn(u64) -> u64, device: fn(u64) -> u64| {
        let stream = (0..120).map(|n| {
            let origin = Origin {
                session: Some(digest(21, session(n))),
                device: Some(digest(22, device(n))),
                ..Origin::default()
            };
            with(origin, turn(n, n as i64 * 15 * SECOND))
        });
        value_of(&fold_observations(stream), "session_crossing_share")
    };
    assert!(share(|n| n % 4, |_| 0) > 0.9);
    // One session after another, and one on each of two machines.
    assert!(share(|n| n / 30, |_| 0) < 0.1);
    assert_eq!(share(|n| n % 2, |n| n % 2), 0.0);
    let unnamed = fold_observations((0..120).map(|n| turn(n, n as i64 * 15 * SECOND)));
    assert!(value_of(&unnamed, "session_crossing_share").is_nan());
}

#[test]
fn versions_that_go_back_on_one_device_are_told_from_two_machines_and_updates() {
    let share = |version: fn(u64) -> u64, device: fn(u64) -> u64| {
        let stream = (0..60).map(|n| {
            let origin = Origin {
                version: Some(digest(23, version(n))),
                device: Some(digest(22, device(n))),
                ..Origin::default()
            };
            with(origin, turn(n, n as i64 * 600 * SECOND))
        });
        let profile = fold_observations(stream);
        (
            value_of(&profile, "client_version_flap_share"),
            value_of(&profile, "devices_in_use"),
        )
    };
    let (flaps, devices) = share(|n| n % 2, |_| 0);
    assert!(
        flaps > 0.9 && (devices - 1.0).abs() < 0.1,
        "{flaps}, {devices}"
    );
    let (flaps, devices) = share(|n| n % 2, |n| n % 2);
    assert!(
        flaps == 0.0 && (devices - 2.0).abs() < 0.1,
        "{flaps}, {devices}"
    );
    let (flaps, _) = share(|n| n / 10, |_| 0);
    assert_eq!(flaps, 0.0);
}
