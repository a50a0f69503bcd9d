//! Accounts that divide one data set among themselves, against a classroom with one assignment.
//!
//! The detector is a draft, because an assessment covers one account. This file tests what profiles hold for it:
//! merged, shards are one sweep while a classroom repeats, and shards share the head of their template.

use stillwatch::internals::detect::{DETECTORS, Maturity};
use stillwatch::internals::domain::Technique;
use stillwatch::internals::profile::Profile;

use crate::stage::{Played, every_minute, play};

fn shard(member: usize) -> Played {
    let requests = every_minute(12, |n| {
        format!(
            "Judge the following claim and give the reasoning first.\n\nClaim number {}: it holds for {}.",
            member * 12 + n,
            n * 19 + member
        )
    });
    play("shard", requests)
}

fn pupil(member: usize) -> Played {
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

fn merged(members: &[Played]) -> Profile {
    members.iter().fold(Profile::empty(), |mut group, member| {
        group.merge(member.profile());
        group
    })
}

#[test]
fn one_data_set_in_shards_merges_to_a_sweep_and_a_classroom_to_repeats() {
    let shards: Vec<Played> = (0..6).map(shard).collect();
    let classroom: Vec<Played> = (0..6).map(pupil).collect();
    let repeated = |members: &[Played]| merged(members).distinct().repeats().repeat_share();
    assert_eq!(repeated(&shards), Some(0.0));
    assert!(repeated(&classroom) > Some(0.3));
    let head = |played: &Played| played.profile().heavy_hitters().heads().tracked()[0].digest;
    assert_eq!(head(&shards[0]), head(&shards[5]));
    assert_ne!(head(&shards[0]), head(&classroom[5]));
}

#[test]
fn the_detector_is_a_draft() {
    let card = DETECTORS[Technique::CoordinatedAccounts.index()];
    assert_eq!(card.maturity, Maturity::Draft);
}
