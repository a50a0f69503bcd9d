//! Accounts that divide one data set, against a classroom with one assignment.
//!
//! The detector is a draft, because an assessment is of one account. What profiles hold for it is tested here: merged,
//! shards are one sweep and a classroom repeats, and shards have more rare wording in common than strangers.

use stillwatch::detect::{DETECTORS, Maturity};
use stillwatch::domain::Technique;
use stillwatch::profile::Profile;

use crate::stage::{Seen, every_minute, play};

fn shard(member: usize) -> Seen {
    let requests = every_minute(12, |n| {
        format!(
            "Judge the following claim and give the reasoning first.\n\nClaim number {}: it holds for {}.",
            member * 12 + n,
            n * 19 + member
        )
    });
    play("shard", requests)
}

fn pupil(member: usize) -> Seen {
    let ways = [
        "I do not get it:",
        "homework:",
        "please help with",
        "last one for today:",
    ];
    let requests = every_minute(12, |n| {
        let way = ways[(n + member) % 4];
        format!("{way} exercise {n}, the one with the {n} marbles")
    });
    play("pupil", requests)
}

fn merged(members: &[Seen]) -> Profile {
    members.iter().fold(Profile::empty(), |mut group, member| {
        group.merge(member.profile());
        group
    })
}

#[test]
fn one_data_set_in_shards_merges_to_a_sweep_and_a_classroom_to_repeats() {
    let shards: Vec<Seen> = (0..6).map(shard).collect();
    let classroom: Vec<Seen> = (0..6).map(pupil).collect();
    let repeated = |members: &[Seen]| merged(members).distinct().repeats().repeat_share();
    assert_eq!(repeated(&shards), Some(0.0));
    assert!(repeated(&classroom) > Some(0.3));
    let alike = |a: &Seen, b: &Seen| {
        let (a, b) = (a.profile().linkage_sketch(), b.profile().linkage_sketch());
        a.resemblance(b)
    };
    assert!(alike(&shards[0], &shards[5]) > alike(&shards[0], &classroom[5]));
}

#[test]
fn nothing_is_said_of_one_account_alone() {
    let card = DETECTORS[Technique::CoordinatedAccounts.index()];
    assert_eq!(card.maturity, Maturity::Draft);
}
