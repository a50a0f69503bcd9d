//! Tests with the real Portkey gateway and the example configuration.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};
use stillwatch::internals::domain::{Recommendation, Role};
use stillwatch::internals::server::{BlockFrom, HookSettings};
use tokio::time::timeout;

use crate::fixture::{Answer, Running, post};
use crate::programs::{PATIENCE, Program, example, free_port, model, programs, up};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn portkey_webhook() {
    let Some(folder) = programs("portkey_webhook") else {
        return;
    };
    let server = Running::with(HookSettings {
        block_from: BlockFrom::Restrict,
        ..HookSettings::default()
    })
    .await;
    server
        .scorer
        .set_recommendation("bad", Recommendation::Restrict);
    let llm = model().await;
    let config = std::fs::read_to_string(example("portkey/config.json")).expect("the example");
    let config = config
        .replace("127.0.0.1:7700", &server.address.to_string())
        .replace("127.0.0.1:8000", &llm.to_string());
    let config = serde_json::from_str::<Value>(&config)
        .expect("JSON")
        .to_string();

    let port = free_port();
    let script = "portkey/node_modules/@portkey-ai/gateway/build/start-server.js";
    let _program = Program::start(
        Command::new("node")
            .arg(folder.join(script))
            .args(["--headless", &format!("--port={port}")])
            .env("TRUSTED_CUSTOM_HOSTS", "127.0.0.1,localhost"),
    );
    let gateway = SocketAddr::from(([127, 0, 0, 1], port));
    up(gateway, "/").await;

    let ask = async |account: &str, stream: bool| -> Answer {
        let metadata = json!({"_user": account}).to_string();
        let headers = [
            ("x-portkey-config", config.as_str()),
            ("x-portkey-metadata", metadata.as_str()),
            ("authorization", "Bearer none"),
        ];
        let body = json!({"model": "house-model", "stream": stream,
                          "messages": [{"role": "user", "content": "Sing of hail."}]});
        let answer = post(gateway, "/v1/chat/completions", &headers, body.to_string());
        timeout(PATIENCE, answer).await.expect("an answer in time")
    };

    let answer = ask("good", false).await;
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    let counted = timeout(PATIENCE, server.scorer.has_counted(1))
        .await
        .expect("counted");
    assert_eq!(counted[0].account, "good");
    assert_eq!(
        counted[0].messages,
        [(Role::User, "Sing of hail.".to_owned())]
    );
    assert_eq!(counted[0].answer.as_deref(), Some("Hail, hail."));
    assert_eq!(
        (counted[0].status, counted[0].tokens),
        (Some(200), (Some(9), Some(4)))
    );

    let answer = ask("bad", false).await;
    assert_eq!(answer.status, 446);
    let shown = String::from_utf8_lossy(&answer.body).into_owned();
    for word in ["risk", "0.87", "severe", "restrict"] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }

    // Streams are counted, without their text. The client's response is not checked: Portkey 1.15.2 on Node 20 answers
    // every stream with 500, with or without guardrails.
    ask("good", true).await;
    let counted = timeout(PATIENCE, server.scorer.has_counted(3))
        .await
        .expect("counted");
    assert_eq!(counted[2].account, "good");

    server.stopped().await;
    let answer = ask("good", false).await;
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
}
