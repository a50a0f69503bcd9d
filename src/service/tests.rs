//! Tests of the active engine: repeats, deletion, activation under load, and the observation sink.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use super::ServiceSetup;
use super::active_model::ActiveModel;
use super::setup::{Sink, SinkError};
use crate::bundle::{BundleCatalogue, BundleFiles, Manifest};
use crate::domain::{
    AccountKey, Client, Exchange, Message, Parameters, Response, Role, Sensitive, Timestamp,
};
use crate::engine::{CountedObservation, ObservationSink};
use crate::policy::PolicySettings;
use crate::privacy::PseudonymKey;
use crate::server::{Accounts, ModelError, Models, ScoreError, Scorer};

fn exchange(account: &str, id: Option<&str>) -> Exchange {
    Exchange {
        id: id.map(str::to_owned),
        time: Timestamp::from_micros(1_780_000_000_000_000),
        account: account.to_owned(),
        organization: None,
        conversation: None,
        model: "opus-4.6".to_owned(),
        system: None,
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new("Which train goes to Ghent?".to_owned()),
        }],
        tools: Vec::new(),
        parameters: Parameters::default(),
        response: Response::default(),
        client: Client::default(),
        ..Exchange::default()
    }
}

fn model(models: &Path) -> ActiveModel {
    with_sink(models, None)
}

fn with_sink(models: &Path, sink: Sink) -> ActiveModel {
    ActiveModel::new(ServiceSetup {
        bundle: EMBEDDED.clone(),
        catalogue: BundleCatalogue {
            started: None,
            folder: Some(models.to_owned()),
        },
        key: PseudonymKey::offline(),
        accounts_max: 1_000,
        policy: PolicySettings::default(),
        data: models.to_owned(),
        sink,
    })
    .expect("the shipped bundle loads")
}

fn key(account: &str) -> AccountKey {
    PseudonymKey::offline().account(account)
}

fn name(model: &ActiveModel) -> String {
    Models::active(model).name
}

static EMBEDDED: LazyLock<BundleFiles> = LazyLock::new(BundleFiles::embedded);

/// Writes the built-in bundle under another name, optionally with another projection and thus another kind of profile.
fn write_bundle(models: &Path, name: &str, version: u32, bandwidth: Option<f32>) {
    let mut manifest = Manifest::parse(&EMBEDDED.manifest).expect("the shipped manifest");
    name.clone_into(&mut manifest.name);
    manifest.version = version;
    if let Some(bandwidth) = bandwidth {
        manifest.random_features.bandwidth = bandwidth;
    }
    let files = BundleFiles::new(manifest, EMBEDDED.files.clone());
    let folder = models.join(name).join(version.to_string());
    files
        .write(&folder)
        .expect("the temporary folder is writable");
}

#[test]
fn one_id_for_everything_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    for seen in 1..=5 {
        let mut exchange = exchange("a", Some("always-this"));
        let text = format!("Which train goes to platform {seen}?");
        exchange.messages[0].content = Sensitive::new(text);
        let scored = model.score(exchange).unwrap();
        assert_eq!((scored.seen, scored.duplicate), (seen, false));
    }
}

#[test]
fn an_exchange_sent_again_is_answered_and_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let first = model.score(exchange("a", Some("ex-1"))).unwrap();
    assert_eq!((first.seen, first.duplicate), (1, false));
    let again = model.score_batch(vec![
        exchange("a", Some("ex-1")),
        exchange("b", Some("ex-1")),
    ]);
    let again: Vec<_> = again.into_iter().map(Result::unwrap).collect();
    assert_eq!((again[0].seen, again[0].duplicate), (1, true));
    assert_eq!(
        (again[1].seen, again[1].duplicate),
        (1, false),
        "the id is another account's"
    );
    let same = crate::domain::Assessment {
        duplicate: false,
        ..again[0].clone()
    };
    assert_eq!(same, first, "nothing else changed");
    for seen in 2..4 {
        let nameless = model.score(exchange("a", None)).unwrap();
        assert_eq!(
            (nameless.seen, nameless.duplicate),
            (seen, false),
            "an exchange without an id is never a repeat"
        );
    }
}

#[test]
fn of_concurrent_copies_one_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let answers: Vec<_> = thread::scope(|scope| {
        let copies = (0..4).map(|_| scope.spawn(|| model.score(exchange("a", Some("x"))).unwrap()));
        let copies: Vec<_> = copies.collect();
        copies
            .into_iter()
            .map(|copy| copy.join().unwrap())
            .collect()
    });
    assert_eq!(answers.iter().filter(|answer| !answer.duplicate).count(), 1);
    assert!(answers.iter().all(|answer| answer.seen == 1));
}

#[test]
fn a_forgotten_account_starts_anew_with_the_ids_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let key = key("a");
    for id in ["1", "2"] {
        model.score(exchange("a", Some(id))).unwrap();
    }
    assert_eq!(model.account(key).unwrap().seen, 2);
    assert_eq!(model.account_status(key).unwrap().seen, 2);
    assert!(model.delete_account(key));
    assert!(!model.delete_account(key));
    assert_eq!(model.account(key), None);
    let first = model.score(exchange("a", Some("2"))).unwrap();
    assert_eq!((first.seen, first.duplicate), (1, false));
    let (listed, next) = model.accounts_after(None, 10);
    assert_eq!((listed.len(), next), (1, None));
    assert_eq!(listed[0].account, key);
}

#[test]
fn only_listed_bundles_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    write_bundle(&models, "tuned", 2, None);
    write_bundle(&models, "tuned", 10, Some(0.5));
    write_bundle(folder.path(), "outside", 1, None);
    std::fs::create_dir_all(models.join("broken/01")).unwrap();
    std::fs::create_dir_all(models.join("broken/7")).unwrap();
    let model = model(&models);
    let built_in = name(&model);
    let listed = model.list();
    let names: Vec<&str> = listed.iter().map(|entry| entry.bundle.as_str()).collect();
    assert_eq!(
        names,
        [built_in.as_str(), "broken@7", "tuned@2", "tuned@10"]
    );
    assert!(listed[0].built_in && listed[0].active && listed[0].keeps_histories);
    assert_eq!(listed[1].text_model, None);
    assert!(listed[2].keeps_histories && !listed[2].active);
    assert!(!listed[3].keeps_histories);
    for name in [
        "",
        "@",
        "tuned",
        "tuned@02",
        "tuned@2/",
        "../outside@1",
        "../outside/1",
        "tuned/../../outside@1",
        "broken@01",
        "/@1",
        "tuned@2\0",
        "TUNED@2",
    ] {
        assert_eq!(model.verify(name), Err(ModelError::Unknown), "{name:?}");
        assert_eq!(
            model.activate(name, true),
            Err(ModelError::Unknown),
            "{name:?}"
        );
    }
    let missing = model.verify("broken@7").unwrap();
    assert_eq!(missing.problem, Some("a file is missing or cannot be read"));
    let good = model.verify("tuned@2").unwrap();
    assert_eq!((good.problem, good.files.len()), (None, 5));
    assert!(
        good.files
            .iter()
            .all(|hash| hash.expected.as_ref() == Some(&hash.actual))
    );
    let risk_model = models.join("tuned/2/risk_model.json");
    std::fs::write(&risk_model, b"{}").unwrap();
    let bad = model.verify("tuned@2").unwrap();
    assert_eq!(
        bad.problem,
        Some("a file does not have the hash that the manifest states")
    );
    assert_eq!(
        bad.files
            .iter()
            .filter(|hash| hash.expected.as_ref() != Some(&hash.actual))
            .count(),
        1
    );
    assert!(matches!(
        model.activate("tuned@2", false),
        Err(ModelError::Unfit { .. })
    ));
    assert_eq!(name(&model), built_in, "nothing has changed");
}

#[test]
fn a_bundle_of_another_text_model_needs_permission_to_forget() {
    let folder = tempfile::tempdir().unwrap();
    write_bundle(folder.path(), "other", 1, Some(0.5));
    let model = model(folder.path());
    model.score(exchange("a", None)).unwrap();
    assert_eq!(
        model.activate("other@1", false),
        Err(ModelError::OtherTextModel)
    );
    assert_eq!(model.score(exchange("a", None)).unwrap().seen, 2);
    assert_eq!(model.activate("other@1", true), Ok(false));
    let after = model.score(exchange("a", None)).unwrap();
    assert_eq!((after.seen, &*after.bundle), (1, "other@1"));
}

#[test]
fn a_bundle_is_activated_under_load_and_every_call_is_answered_by_one() {
    let folder = tempfile::tempdir().unwrap();
    write_bundle(folder.path(), "tuned", 2, None);
    let model = Arc::new(model(folder.path()));
    let built_in = name(&model);
    let stop = AtomicBool::new(false);
    let counted = thread::scope(|scope| {
        let load = |account: &'static str| {
            let (model, stop) = (&model, &stop);
            move || {
                let mut counted = 0;
                while !stop.load(Ordering::SeqCst) {
                    let call = vec![exchange(account, None); 3];
                    let answers: Vec<_> = model
                        .score_batch(call)
                        .into_iter()
                        .map(Result::unwrap)
                        .collect();
                    assert!(
                        answers
                            .iter()
                            .all(|answer| answer.bundle == answers[0].bundle)
                    );
                    let seen: Vec<u64> = answers.iter().map(|answer| answer.seen).collect();
                    assert_eq!(
                        seen,
                        [counted + 1, counted + 2, counted + 3],
                        "no history is lost"
                    );
                    counted += 3;
                }
                counted
            }
        };
        let loads = [scope.spawn(load("a")), scope.spawn(load("b"))];
        for bundle in ["tuned@2", built_in.as_str(), "tuned@2"] {
            assert_eq!(model.activate(bundle, false), Ok(true));
            assert_eq!(*model.score(exchange("c", None)).unwrap().bundle, *bundle);
        }
        stop.store(true, Ordering::SeqCst);
        loads.map(|load| load.join().unwrap())
    });
    for (account, counted) in ["a", "b"].into_iter().zip(counted) {
        assert_eq!(
            model.account(key(account)).map_or(0, |known| known.seen),
            counted
        );
    }
    assert_eq!(model.account(key("c")).unwrap().seen, 3);
}

#[test]
fn one_activation_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path());
    let _under_way = model.activating.lock().unwrap();
    assert_eq!(model.activate(&name(&model), false), Err(ModelError::Busy));
}

/// Sink that accepts the exchanges of one account and fails on all others.
#[derive(Default)]
struct OneAccountOnly(Mutex<Vec<u64>>);

impl ObservationSink for OneAccountOnly {
    type Error = SinkError;

    fn append(&self, counted: &CountedObservation<'_>) -> Result<(), SinkError> {
        if counted.account != key("a") {
            return Err(SinkError {
                cause: "the disk is full",
            });
        }
        self.0.lock().unwrap().push(counted.sequence);
        Ok(())
    }
}

#[test]
fn an_observation_that_is_not_kept_is_a_fault_and_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    write_bundle(folder.path(), "tuned", 2, None);
    let sink = Arc::new(OneAccountOnly::default());
    let model = with_sink(folder.path(), Some(sink.clone()));
    assert_eq!(model.score(exchange("a", Some("1"))).unwrap().seen, 1);
    let fault = ScoreError::Fault {
        cause: "the disk is full",
    };
    assert_eq!(model.score(exchange("b", Some("1"))), Err(fault));
    assert_eq!(model.account_status(key("b")), None);
    assert_eq!(
        model.readiness(),
        Ok(()),
        "the self-test creates no observation"
    );
    // An activation keeps the sink.
    assert_eq!(model.activate("tuned@2", false), Ok(true));
    let batch = ["2", "1", "3"].map(|id| exchange("a", Some(id)));
    let answers = model.score_batch(batch.into_iter().chain([exchange("b", None)]).collect());
    let seen = answers.into_iter().map(|answer| answer.map(|a| a.seen));
    assert_eq!(seen.collect::<Vec<_>>(), [Ok(2), Ok(2), Ok(3), Err(fault)]);
    assert_eq!(*sink.0.lock().unwrap(), [1, 2, 3], "repeats are not kept");
}
