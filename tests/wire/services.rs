//! Accounts, models, labels: one answer over JSON and gRPC, and what each refuses.

use serde_json::{Value, json};

use crate::client::{SCORE, decode, encode, grpc, post_json, unframe};
use crate::fixture::{Running, exchange, pseudonymizer};

/// The answer of a call, or the reason of its error; the same over Connect's JSON and gRPC.
async fn call(server: &Running, method: &str, types: (&str, &str), request: Value) -> Value {
    let path = format!("/stillwatch.v1.{method}");
    let over_json = post_json(server.address, &path, request.to_string()).await;
    let message = encode(&format!("stillwatch.v1.{}", types.0), &request);
    let over_grpc = grpc(server.address, &path, &message).await;
    if over_json.status.is_success() {
        assert_eq!(over_grpc.grpc_status().0, 0, "{method}");
        return over_json.json();
    }
    let error = over_json.json();
    assert_eq!(
        over_grpc.grpc_status().1.replace("%60", "`"),
        error["message"],
        "{method}"
    );
    error["details"][0]["debug"]["reason"].clone()
}

/// The same for calls that change nothing: both protocols have the same answer.
async fn read(server: &Running, method: &str, types: (&str, &str), request: Value) -> Value {
    let path = format!("/stillwatch.v1.{method}");
    let message = encode(&format!("stillwatch.v1.{}", types.0), &request);
    let answer = call(server, method, types, request).await;
    if answer.is_object() {
        let over_grpc = grpc(server.address, &path, &message).await;
        let message = format!("stillwatch.v1.{}", types.1);
        assert_eq!(
            decode(&message, unframe(&over_grpc.body)),
            answer,
            "{method}"
        );
    }
    answer
}

async fn score(server: &Running, account: &str, id: &str) -> Value {
    let mut call = exchange(account);
    call["id"] = json!(id);
    post_json(server.address, SCORE, call.to_string())
        .await
        .json()
}

const GET: (&str, &str) = ("GetAccountRequest", "Account");
const LIST: (&str, &str) = ("ListAccountsRequest", "ListAccountsResponse");
const EXPLAIN: (&str, &str) = ("ExplainAccountRequest", "AccountExplanation");
const FORGET: (&str, &str) = ("ForgetAccountRequest", "ForgetAccountResponse");

#[tokio::test]
async fn an_account_is_read_by_name_and_by_pseudonym() {
    let server = Running::start().await;
    score(&server, "counted-a", "1").await;
    let by_name = read(
        &server,
        "AccountService/Get",
        GET,
        json!({"account": "counted-a"}),
    )
    .await;
    assert_eq!(
        by_name,
        json!({
            "account": "counted-a",
            "pseudonym": format!("{:032x}", pseudonymizer().account("counted-a").0),
            "seen": 1,
            "last_seen": "2026-05-01T12:00:00.123Z",
            "risk": 0.25,
            "risk_low": 0.0,
            "risk_high": 0.5,
            "band": "low",
            "recommendation": "watch",
            "mitigations": ["verify_account"],
            "techniques": {"reasoning_harvest": {"risk": 0.0}, "dataset_synthesis": {"risk": 0.2}},
            "base": -1.5,
            "score": 0.0,
            "bundle": "fake@1",
        })
    );
    let pseudonym = json!({"pseudonym": by_name["pseudonym"]});
    let mut by_pseudonym = read(&server, "AccountService/Get", GET, pseudonym.clone()).await;
    by_pseudonym["account"] = json!("counted-a");
    assert_eq!(by_pseudonym, by_name, "but for the name, which is not kept");
    let explained = read(&server, "AccountService/Explain", EXPLAIN, pseudonym).await;
    assert_eq!(explained["technique"], "dataset_synthesis");
    assert!(
        explained["look_alikes"]
            .as_array()
            .is_some_and(|known| !known.is_empty())
    );
    assert!(
        explained["contest"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    assert_eq!(explained["account"]["seen"], 1);
}

#[tokio::test]
async fn accounts_are_named_in_one_way_and_must_be_known() {
    let server = Running::start().await;
    for (request, reason) in [
        (json!({}), "missing_field"),
        (json!({"account": "stranger"}), "unknown_account"),
        (
            json!({"pseudonym": "00000000000000000000000000000007"}),
            "unknown_account",
        ),
        (json!({"pseudonym": "7"}), "bad_value"),
        (
            json!({"pseudonym": "+0000000000000000000000000000007"}),
            "bad_value",
        ),
        (
            json!({"account": "a", "pseudonym": "00000000000000000000000000000007"}),
            "bad_value",
        ),
        (json!({"account": "a".repeat(1_025)}), "over_bound"),
    ] {
        for (method, types) in [("Get", GET), ("Explain", EXPLAIN)] {
            let method = format!("AccountService/{method}");
            assert_eq!(
                call(&server, &method, types, request.clone()).await,
                reason,
                "{request}"
            );
        }
        if reason != "unknown_account" {
            assert_eq!(
                call(&server, "AccountService/Forget", FORGET, request).await,
                reason
            );
        }
    }
}

#[tokio::test]
async fn a_forgotten_account_starts_at_its_first_exchange() {
    let server = Running::start().await;
    for id in ["1", "2", "2"] {
        score(&server, "counted-a", id).await;
    }
    let at = server.address;
    let path = "/stillwatch.v1.AccountService/Forget";
    let request = json!({"account": "counted-a"}).to_string();
    for forgotten in [true, false, false] {
        let answer = post_json(at, path, request.clone()).await;
        assert_eq!(
            answer.json(),
            json!({ "forgotten": forgotten }),
            "idempotent"
        );
    }
    let first = score(&server, "counted-a", "2").await;
    assert_eq!(
        (&first["seen"], &first["duplicate"]),
        (&json!(1), &json!(false))
    );
}

#[tokio::test]
async fn pages_of_accounts_hold_each_once_in_one_order() {
    let server = Running::start().await;
    let mut names: Vec<String> = (0..25).map(|n| format!("counted-{n:02}")).collect();
    names.extend((0..5).map(|n| format!("severe-{n}")));
    for name in &names {
        score(&server, name, "1").await;
    }
    for (bands, size, expected) in [
        (json!([]), 7, 30),
        (json!([]), 30, 30),
        (json!([]), 0, 30),
        (json!(["severe"]), 2, 5),
        (json!(["severe", "low"]), 4, 30),
        (json!(["high"]), 4, 0),
    ] {
        let mut listed: Vec<String> = Vec::new();
        let mut token = json!("");
        loop {
            let request = json!({"page_size": size, "page_token": token, "bands": bands});
            let page = read(&server, "AccountService/List", LIST, request).await;
            let rows = page["accounts"].as_array().cloned().unwrap_or_default();
            assert!(size == 0 || rows.len() <= size);
            let rows = rows.iter().filter_map(|row| row["pseudonym"].as_str());
            listed.extend(rows.map(str::to_owned));
            match page.get("next_page_token") {
                Some(next) => token = next.clone(),
                None => break,
            }
        }
        assert_eq!(listed.len(), expected, "{bands} {size}");
        assert!(listed.is_sorted_by(|a, b| a < b), "each once, in one order");
    }
    for (request, reason) in [
        (json!({"page_size": 501}), "over_bound"),
        (json!({"page_token": "x"}), "bad_value"),
        (json!({"bands": ["grave"]}), "bad_value"),
        (json!({"bands": vec!["low"; 6]}), "over_bound"),
    ] {
        assert_eq!(
            call(&server, "AccountService/List", LIST, request).await,
            reason
        );
    }
}

const VERIFY: (&str, &str) = ("VerifyModelRequest", "VerifyModelResponse");
const ACTIVATE: (&str, &str) = ("ActivateModelRequest", "ActivateModelResponse");

#[tokio::test]
async fn models_are_listed_verified_and_activated() {
    let server = Running::start().await;
    let types = ("ListModelsRequest", "ListModelsResponse");
    let listed = read(&server, "ModelService/List", types, json!({})).await;
    let entry =
        json!({"bundle": "fake@1", "built_in": true, "active": true, "keeps_histories": true});
    assert_eq!(listed, json!({ "models": [entry] }));
    let fits = read(
        &server,
        "ModelService/Verify",
        VERIFY,
        json!({"bundle": "fake@1"}),
    )
    .await;
    let files = json!([{"file": "judge.json", "came": "00"}]);
    assert_eq!(
        fits,
        json!({"bundle": "fake@1", "fits": true, "files": files})
    );
    let unfit = read(
        &server,
        "ModelService/Verify",
        VERIFY,
        json!({"bundle": "unfit@1"}),
    )
    .await;
    assert_eq!(
        (&unfit["fits"], &unfit["problem"]),
        (&json!(false), &json!("a file is not of its form"))
    );
    let kept = json!({"bundle": "fake@1", "histories_kept": true});
    let asked = json!({"bundle": "fake@1"});
    assert_eq!(
        read(&server, "ModelService/Activate", ACTIVATE, asked).await,
        kept
    );
    let forgotten = json!({"bundle": "other@1", "histories_kept": false});
    let asked = json!({"bundle": "other@1", "forget_histories": true});
    assert_eq!(
        read(&server, "ModelService/Activate", ACTIVATE, asked).await,
        forgotten
    );
    for (bundle, reason) in [
        ("", "missing_field"),
        ("other@1", "other_text_model"),
        ("unfit@1", "unfit_bundle"),
        ("busy@1", "overloaded"),
        ("../../etc@1", "unknown_bundle"),
    ] {
        let asked = json!({ "bundle": bundle });
        assert_eq!(
            call(&server, "ModelService/Activate", ACTIVATE, asked).await,
            reason,
            "{bundle}"
        );
    }
    let asked = json!({"bundle": "../../etc@1"});
    assert_eq!(
        call(&server, "ModelService/Verify", VERIFY, asked).await,
        "unknown_bundle"
    );
}

const SUBMIT: (&str, &str) = ("SubmitLabelRequest", "SubmitLabelResponse");
const EXPORT: (&str, &str) = ("ExportLabelsRequest", "ExportLabelsResponse");

#[tokio::test]
async fn labels_come_back_as_the_lines_that_training_reads() {
    let server = Running::start().await;
    let at = server.address;
    let submit = "/stillwatch.v1.LabelService/Submit";
    let label = json!({
        "account": "acc-1", "label": "extraction", "techniques": ["safe_rewrite", "reasoning_harvest", "safe_rewrite"],
        "reviewer": "r7", "conversation": "c1",
    });
    let answer = post_json(at, submit, label.to_string()).await;
    assert_eq!(answer.json(), json!({"labels": 1, "replaced": false}));
    let benign = json!({"account": "acc-2", "label": "benign"}).to_string();
    post_json(at, submit, benign).await;
    let mut lines = String::new();
    let mut token = json!("");
    for more in [true, false] {
        let request = json!({"page_size": 1, "page_token": token});
        let page = read(&server, "LabelService/Export", EXPORT, request).await;
        lines.push_str(page["lines"].as_str().unwrap_or_default());
        assert_eq!(page.get("next_page_token").is_some(), more);
        token = page["next_page_token"].clone();
    }
    assert_eq!(
        lines,
        concat!(
            r#"{"account":"acc-1","label":"extraction","techniques":["reasoning_harvest","safe_rewrite"],"#,
            r#""campaign":null,"conversation":"c1","source":"r7","application":null,"language":null}"#,
            "\n",
            r#"{"account":"acc-2","label":"benign","techniques":[],"campaign":null,"conversation":null,"#,
            r#""source":"reviewer","application":null,"language":null}"#,
            "\n",
        )
    );
    for (label, reason) in [
        (json!({"label": "benign"}), "missing_field"),
        (json!({"account": "a"}), "missing_field"),
        (json!({"account": "a", "label": "guilty"}), "bad_value"),
        (
            json!({"account": "a", "label": "extraction", "techniques": ["x"]}),
            "bad_value",
        ),
        (
            json!({"account": "a", "label": "benign", "techniques": ["safe_rewrite"]}),
            "bad_value",
        ),
        (
            json!({"account": "a", "label": "extraction", "techniques": vec!["safe_rewrite"; 11]}),
            "over_bound",
        ),
        (
            json!({"account": "a", "label": "benign", "reviewer": "r".repeat(1_025)}),
            "over_bound",
        ),
        (json!({"account": "full", "label": "benign"}), "labels_full"),
        (
            json!({"account": "unwritable", "label": "benign"}),
            "internal",
        ),
    ] {
        assert_eq!(
            call(&server, "LabelService/Submit", SUBMIT, label).await,
            reason
        );
    }
    for (request, reason) in [
        (json!({"page_size": 1_001}), "over_bound"),
        (json!({"page_token": "-1"}), "bad_value"),
        (json!({"page_token": "99999999999999999999"}), "bad_value"),
    ] {
        assert_eq!(
            call(&server, "LabelService/Export", EXPORT, request).await,
            reason
        );
    }
}
