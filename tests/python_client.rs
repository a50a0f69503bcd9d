//! The Python client's own tests, against the server of this build.
//!
//! They need an interpreter with httpx and pytest: `STILLWATCH_PYTHON`, or else `python3`. Where there is none the test
//! says so and passes.

use std::path::Path;
use std::process::Command;

fn python() -> Option<String> {
    let named = std::env::var("STILLWATCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&named)
        .args(["-c", "import httpx, pytest"])
        .output();
    found
        .is_ok_and(|output| output.status.success())
        .then_some(named)
}

#[test]
fn the_python_client_works_with_this_server() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: no python with httpx and pytest; STILLWATCH_PYTHON may name one");
        return;
    };
    let output = Command::new(python)
        .args(["-B", "-m", "pytest", "-q", "-rs"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python"))
        .env("STILLWATCH_BIN", env!("CARGO_BIN_EXE_stillwatch"))
        .output()
        .expect("it just ran");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    eprintln!("{said}");
}
