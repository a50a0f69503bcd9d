//! Tests with the real SDKs of OpenLLMetry, Langfuse, `OpenInference` and Vercel and the example programs.

use std::process::Command;

use stillwatch::internals::domain::{FinishReason, Role};
use stillwatch::internals::server::HookSettings;
use tokio::time::timeout;

use crate::fixture::{Counted, Running};
use crate::programs::{PATIENCE, example, model, output, programs};

async fn run(script: &str) -> Option<Counted> {
    let folder = programs(script)?;
    let mut command = Command::new(folder.join("tracers/bin/python"));
    command.arg(example(script));
    Some(one_call(command).await)
}

/// Runs a program that makes one call, and returns the one exchange that was counted.
async fn one_call(mut command: Command) -> Counted {
    let server = Running::with(HookSettings::default()).await;
    command
        .env("STILLWATCH_URL", format!("http://{}", server.address))
        .env("LLM_URL", format!("http://{}/v1", model().await));
    let printed = output(command).await;
    assert!(printed.trim().ends_with("Hail, hail."), "{printed}");
    let wait = server.scorer.has_counted(1);
    let counted = timeout(PATIENCE, wait).await.expect("counted");
    assert_eq!(counted.len(), 1);
    counted[0].clone()
}

fn check(counted: &Counted) {
    assert_eq!(counted.account, "customer-7");
    assert_eq!(counted.conversation.as_deref(), Some("talk-1"));
    assert_eq!(counted.model, "house-model");
    assert_eq!(
        counted.messages,
        [
            (Role::System, "Answer in verse.".to_owned()),
            (Role::User, "Sing of hail.".to_owned()),
        ]
    );
    assert_eq!(counted.answer.as_deref(), Some("Hail, hail."));
    assert_eq!(counted.tokens, (Some(9), Some(4)));
    assert_eq!(counted.temperature, Some(0.5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openllmetry() {
    if let Some(counted) = run("openllmetry/call.py").await {
        check(&counted);
        assert_eq!(counted.finish_reason, Some(FinishReason::Stop));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn langfuse() {
    if let Some(counted) = run("langfuse/call.py").await {
        check(&counted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openinference() {
    if let Some(counted) = run("openinference/call.py").await {
        check(&counted);
        assert_eq!(counted.finish_reason, Some(FinishReason::Stop));
    }
}

/// The SDK writes a span for its own function and one for the call inside it; a call is one exchange.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vercel() {
    let Some(folder) = programs("vercel/call.mjs") else {
        return;
    };
    // Node looks for modules beside the script.
    let script = folder.join("vercel/call.mjs");
    std::fs::copy(example("vercel/call.mjs"), &script).expect("a writable folder of programs");
    let mut command = Command::new("node");
    command.arg(script);
    let counted = one_call(command).await;
    check(&counted);
    assert_eq!(counted.finish_reason, Some(FinishReason::Stop));
}
