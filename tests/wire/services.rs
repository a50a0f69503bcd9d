//! Tests of accounts and models: the same answers over JSON and gRPC, and the requests that each refuses.

use serde_json::{Value, json};

use crate::client::{SCORE, decode, encode, grpc, post_json, unframe};
use crate::fixture::{Running, exchange, pseudonymizer};

/// Returns the answer of a call, or the reason of its error; the same over Connect's JSON and gRPC.
pub(crate) async fn call(
    server: &Running,
    method: &str,
    types: (&str, &str),
    request: Value,
) -> Value {
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

/// Like [`call`], for read-only calls: checks that both protocols give the same answer.
pub(crate) async fn read(
    server: &Running,
    method: &str,
    types: (&str, &str),
    request: Value,
) -> Value {
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

pub(crate) async fn score(server: &Running, account: &str, id: &str) -> Value {
    let mut call = exchange(account);
    call["id"] = json!(id);
    post_json(server.address, SCORE, call.to_string())
        .await
        .json()
}

const GET: (&str, &str) = ("GetAccountRequest", "GetAccountResponse");
const LIST: (&str, &str) = ("ListAccountsRequest", "ListAccountsResponse");
const EXPLAIN: (&str, &str) = ("ExplainAccountRequest", "ExplainAccountResponse");
const DELETE: (&str, &str) = ("DeleteAccountRequest", "DeleteAccountResponse");

#[tokio::test]
async fn an_account_is_read_by_name_and_by_pseudonym() {
    let server = Running::start().await;
    score(&server, "counted-a", "1").await;
    let by_name = read(
        &server,
        "AccountService/GetAccount",
        GET,
        json!({"account": "counted-a"}),
    )
    .await;
    assert_eq!(
        by_name,
        json!({ "account": {
            "account": "counted-a",
            "pseudonym": format!("{:032x}", pseudonymizer().account("counted-a").0),
            "exchange_count": 1,
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
        }})
    );
    let pseudonym = json!({"pseudonym": by_name["account"]["pseudonym"]});
    let mut by_pseudonym = read(&server, "AccountService/GetAccount", GET, pseudonym.clone()).await;
    by_pseudonym["account"]["account"] = json!("counted-a");
    assert_eq!(by_pseudonym, by_name, "but for the name, which is not kept");
    let explained = read(&server, "AccountService/ExplainAccount", EXPLAIN, pseudonym).await;
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
    assert_eq!(explained["account"]["exchange_count"], 1);
    assert_eq!(
        explained["context"],
        json!([{"technique": "relay_resale", "text": "Requests came from 1.0 programs"}])
    );
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
        (json!({"account": "a".repeat(1_025)}), "over_bound"),
    ] {
        for (method, types) in [("GetAccount", GET), ("ExplainAccount", EXPLAIN)] {
            let method = format!("AccountService/{method}");
            assert_eq!(
                call(&server, &method, types, request.clone()).await,
                reason,
                "{request}"
            );
        }
        if reason != "unknown_account" {
            assert_eq!(
                call(&server, "AccountService/DeleteAccount", DELETE, request).await,
                reason
            );
        }
    }
    // Protobuf can hold only one of the two.
    let both = json!({"account": "a", "pseudonym": "0".repeat(32)}).to_string();
    for method in ["GetAccount", "ExplainAccount", "DeleteAccount"] {
        let path = format!("/stillwatch.v1.AccountService/{method}");
        let refused = post_json(server.address, &path, both.clone()).await.json();
        assert_eq!(refused["details"][0]["debug"]["reason"], "malformed_body");
    }
    let null = json!({"account": null, "pseudonym": "0".repeat(32)});
    let answer = call(&server, "AccountService/GetAccount", GET, null).await;
    assert_eq!(answer, "unknown_account", "null is the same as absent");
}

#[tokio::test]
async fn a_deleted_account_starts_at_its_first_exchange() {
    let server = Running::start().await;
    for id in ["1", "2", "2"] {
        score(&server, "counted-a", id).await;
    }
    let at = server.address;
    let path = "/stillwatch.v1.AccountService/DeleteAccount";
    let request = json!({"account": "counted-a"}).to_string();
    for deleted in [true, false, false] {
        let answer = post_json(at, path, request.clone()).await;
        assert_eq!(answer.json(), json!({ "deleted": deleted }), "idempotent");
    }
    let first = score(&server, "counted-a", "2").await;
    assert_eq!(
        (&first["exchange_count"], &first["duplicate"]),
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
            let page = read(&server, "AccountService/ListAccounts", LIST, request).await;
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
        assert!(
            listed.is_sorted_by(|a, b| a < b),
            "each account once, in order"
        );
    }
    for (request, reason) in [
        (json!({"page_size": 501}), "over_bound"),
        (json!({"page_token": "x"}), "bad_value"),
        (json!({"bands": ["grave"]}), "bad_value"),
        (json!({"bands": vec!["low"; 6]}), "over_bound"),
    ] {
        assert_eq!(
            call(&server, "AccountService/ListAccounts", LIST, request).await,
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
    let listed = read(&server, "ModelService/ListModels", types, json!({})).await;
    let entry =
        json!({"bundle": "fake@1", "built_in": true, "active": true, "keeps_histories": true});
    assert_eq!(listed, json!({ "models": [entry] }));
    let fits = read(
        &server,
        "ModelService/VerifyModel",
        VERIFY,
        json!({"bundle": "fake@1"}),
    )
    .await;
    let files = json!([{"file": "risk_model.json", "actual_hash": "00"}]);
    assert_eq!(
        fits,
        json!({"bundle": "fake@1", "fits": true, "files": files})
    );
    let unfit = read(
        &server,
        "ModelService/VerifyModel",
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
        read(&server, "ModelService/ActivateModel", ACTIVATE, asked).await,
        kept
    );
    let forgotten = json!({"bundle": "other@1", "histories_kept": false});
    let asked = json!({"bundle": "other@1", "forget_histories": true});
    assert_eq!(
        read(&server, "ModelService/ActivateModel", ACTIVATE, asked).await,
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
            call(&server, "ModelService/ActivateModel", ACTIVATE, asked).await,
            reason,
            "{bundle}"
        );
    }
    let asked = json!({"bundle": "../../etc@1"});
    assert_eq!(
        call(&server, "ModelService/VerifyModel", VERIFY, asked).await,
        "unknown_bundle"
    );
}
