# What developers run. `just ci` is exactly what continuous integration runs.

# The list of recipes.
default:
    @just --list

# Format, then the lints.
check:
    cargo fmt --all
    cargo clippy --locked --all-targets -- -D warnings

# Every test; arguments choose some: `just test --test tidy`.
test *arguments:
    cargo test --locked {{ arguments }}

# The rules of the house alone.
tidy:
    cargo test --locked --test tidy

# The documentation, warnings refused.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# Benchmarks, measured; one layer: `just bench --bench score`.
bench *arguments:
    cargo bench --locked --benches {{ arguments }}

# What is generated in the documentation and the Helm chart: OpenAPI, the table and the schema of settings.
docs:
    STILLWATCH_WRITE_DOCS=1 cargo test --locked --test wire openapi
    STILLWATCH_WRITE_DOCS=1 cargo test --locked --test deploy settings

# A server on 127.0.0.1:7700.
serve:
    cargo run --release --locked -- serve

# Simulated accounts of the built-in corpus, scored, one line an account.
demo:
    mkdir -p target/demo
    cargo run --release --locked -- simulate --traffic target/demo/traffic.jsonl --labels target/demo/labels.jsonl
    cargo run --release --locked -- score target/demo/traffic.jsonl --per account

# All that must hold before a change is merged.
ci:
    bash .ci/run
