//! The memory of an account is one figure, wherever it is said.

use stillwatch::internals::profile::Profile;

use crate::read;

#[test]
fn every_page_says_the_same_memory_of_an_account() {
    let bytes = size_of::<Profile>();
    let exact = format!("{},{:03} bytes", bytes / 1_000, bytes % 1_000);
    let rounded = format!("{:.1} KB", bytes as f64 / 1_000.0);
    let all = format!("200,000 take {:.1} GB", bytes as f64 * 200_000.0 / 1e9);
    let kibibytes = bytes.div_ceil(1_024);
    for (page, said) in [
        ("README.md", &exact),
        ("docs/operations.md", &rounded),
        ("docs/operations.md", &all),
        ("deploy/helm/stillwatch/values.yaml", &rounded),
        ("PRIVACY.md", &format!("under {kibibytes} KiB")),
        ("ARCHITECTURE.md", &format!("about {kibibytes} KiB")),
    ] {
        // Lines of a page are joined: a figure may stand at the end of one.
        let text = read(page).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said.as_str()), "{page} should say {said:?}");
    }
}
