//! Tests of labels: accounts by name or by pseudonym, a fixed order, pages, and refused labels.

use serde_json::{Value, json};

use crate::client::post_json;
use crate::fixture::{Running, pseudonymizer};
use crate::services::{call, read, score};

const SUBMIT: (&str, &str) = ("SubmitLabelRequest", "SubmitLabelResponse");
const EXPORT: (&str, &str) = ("ExportLabelsRequest", "ExportLabelsResponse");

/// Returns the names of accounts in the order of their pseudonyms.
fn names_in_order() -> [&'static str; 4] {
    let mut names = ["a", "b", "c", "d"];
    names.sort_by_key(|name| pseudonymizer().account(name));
    names
}

/// Submits a label that must be accepted.
async fn submit(server: &Running, label: Value) -> Value {
    let path = "/stillwatch.v1.LabelService/SubmitLabel";
    let answer = post_json(server.address, path, label.to_string()).await;
    assert!(
        answer.status.is_success(),
        "{label}: {}",
        answer.everything()
    );
    answer.json()
}

/// Exports all labels in pages of `size`.
async fn exported(server: &Running, size: usize) -> Vec<Value> {
    let mut labels = Vec::new();
    let mut token = json!("");
    loop {
        let request = json!({"page_size": size, "page_token": token});
        let page = read(server, "LabelService/ExportLabels", EXPORT, request).await;
        let rows = page["labels"].as_array().cloned().unwrap_or_default();
        assert!(rows.len() <= size);
        labels.extend(rows);
        match page.get("next_page_token") {
            Some(next) => token = next.clone(),
            None => return labels,
        }
    }
}

#[tokio::test]
async fn a_label_of_a_listed_pseudonym_is_a_label_of_that_account() {
    let server = Running::start().await;
    score(&server, "acc-1", "1").await;
    let types = ("ListAccountsRequest", "ListAccountsResponse");
    let listed = read(&server, "AccountService/ListAccounts", types, json!({})).await;
    let listed = listed["accounts"][0]["pseudonym"].clone();
    let label = json!({
        "pseudonym": listed, "label": "extraction", "reviewer": "r7",
        "techniques": ["safe_rewrite", "reasoning_harvest", "safe_rewrite"],
    });
    let kept = submit(&server, label).await;
    assert_eq!(kept, json!({"labels": 1, "replaced": false}));
    let extraction = json!({
        "pseudonym": listed, "label": "extraction", "techniques": ["reasoning_harvest", "safe_rewrite"],
        "source": "r7",
    });
    assert_eq!(exported(&server, 10).await, [extraction]);
    let kept = submit(&server, json!({"account": "acc-1", "label": "benign"})).await;
    assert_eq!(
        kept,
        json!({"labels": 1, "replaced": true}),
        "one account by two names"
    );
    let benign = json!({
        "account": "acc-1", "pseudonym": listed, "label": "benign", "source": "reviewer",
    });
    assert_eq!(exported(&server, 10).await, [benign]);
}

#[tokio::test]
async fn labels_are_listed_by_account_for_any_page_size_and_order_of_submission() {
    let server = Running::start().await;
    let [first, second, third, _] = names_in_order();
    for name in [second, third, first] {
        for conversation in [Some("2"), None, Some("1:x")] {
            let label = json!({"account": name, "label": "benign", "conversation": conversation});
            submit(&server, label).await;
        }
    }
    let whole = exported(&server, 1_000).await;
    let subjects: Vec<_> = whole
        .iter()
        .map(|label| (label["pseudonym"].as_str(), label["conversation"].as_str()))
        .collect();
    let accounts = [first, second, third].map(|name| pseudonymizer().account(name).to_string());
    let expected: Vec<_> = accounts
        .iter()
        .flat_map(|account| {
            [None, Some("1:x"), Some("2")].map(|conversation| (Some(&**account), conversation))
        })
        .collect();
    assert_eq!(subjects, expected);
    for size in [1, 2, 3, 9] {
        assert_eq!(exported(&server, size).await, whole, "pages of {size}");
    }
}

#[tokio::test]
async fn a_label_submitted_between_two_pages_moves_no_other() {
    let server = Running::start().await;
    let [a, b, c, d] = names_in_order();
    for name in [b, d] {
        submit(&server, json!({"account": name, "label": "benign"})).await;
    }
    let request = json!({"page_size": 1});
    let first = read(&server, "LabelService/ExportLabels", EXPORT, request).await;
    for name in [a, c] {
        submit(&server, json!({"account": name, "label": "benign"})).await;
    }
    let request = json!({"page_token": first["next_page_token"]});
    let rest = read(&server, "LabelService/ExportLabels", EXPORT, request).await;
    let names = |page: &Value| -> Vec<Value> {
        let labels = page["labels"].as_array().expect("labels");
        labels
            .iter()
            .map(|label| label["account"].clone())
            .collect()
    };
    assert_eq!(names(&first), [b]);
    assert_eq!(names(&rest), [c, d]);
}

/// A name may look like a pseudonym, for example a UUID without hyphens, but most names of this form are pseudonyms in
/// the wrong field.
#[tokio::test]
async fn a_pseudonym_sent_as_a_name_is_refused_unless_it_is_one() {
    let server = Running::start().await;
    let name = "0123456789abcdef0123456789ABCDEF";
    let label = json!({"account": name, "label": "benign"});
    let submit_label = "LabelService/SubmitLabel";
    assert_eq!(
        call(&server, submit_label, SUBMIT, label.clone()).await,
        "bad_value"
    );
    assert_eq!(exported(&server, 10).await, [] as [Value; 0]);
    score(&server, name, "1").await;
    submit(&server, label).await;
    assert_eq!(exported(&server, 10).await[0]["account"], name);
    // A pseudonym without a history is valid: labels may precede traffic.
    let stranger = json!({"pseudonym": "0".repeat(32), "label": "benign"});
    submit(&server, stranger).await;
    assert_eq!(exported(&server, 10).await.len(), 2);
}

#[tokio::test]
async fn invalid_labels_and_pages_are_refused() {
    let server = Running::start().await;
    for (label, reason) in [
        (json!({"label": "benign"}), "missing_field"),
        (json!({"account": "", "label": "benign"}), "missing_field"),
        (json!({"account": "a"}), "missing_field"),
        (json!({"account": "a", "label": "guilty"}), "bad_value"),
        (json!({"pseudonym": "7", "label": "benign"}), "bad_value"),
        (
            json!({"pseudonym": "g".repeat(32), "label": "benign"}),
            "bad_value",
        ),
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
        let got = call(&server, "LabelService/SubmitLabel", SUBMIT, label.clone()).await;
        assert_eq!(got, reason, "{label}");
    }
    let path = "/stillwatch.v1.LabelService/SubmitLabel";
    let malformed = json!({"pseudonym": "7", "label": "benign"}).to_string();
    let refused = post_json(server.address, path, malformed).await.json();
    assert_eq!(refused["details"][0]["debug"]["field"], "pseudonym");
    for (request, reason) in [
        (json!({"page_size": 1_001}), "over_bound"),
        (json!({"page_token": "-1"}), "bad_value"),
        (
            json!({"page_token": format!("{}c", "0".repeat(32))}),
            "bad_value",
        ),
        (json!({"page_token": ":c"}), "bad_value"),
    ] {
        assert_eq!(
            call(&server, "LabelService/ExportLabels", EXPORT, request).await,
            reason
        );
    }
}
