//! The HTML page: complete, self-contained, accessible without images, and safe whatever a log calls its applications.

use stillwatch::internals::eval::Report;
use stillwatch::internals::eval::accounts::Collected;
use stillwatch::internals::eval::page::page;

use super::{collect, quick, small, three_hundred};

fn of(collected: &Collected) -> String {
    let report = Report::new(collected, &quick());
    page("Evaluation", &["default@1".to_owned()], &report)
}

#[test]
fn every_picture_has_words_and_nothing_is_fetched() {
    let text = of(&three_hundred());
    let count = |needle: &str| text.matches(needle).count();
    assert_eq!(count("<svg "), 5);
    for part in ["role=\"img\"", "<title id=", "<desc id="] {
        assert_eq!(count(part), count("<svg "), "{part}");
    }
    assert_eq!(count("<figcaption>"), 6);
    for outside in [
        "<script", "http:", "https:", "src=", "url(", "@import", "<link",
    ] {
        assert_eq!(count(outside), 0, "{outside}");
    }
    assert!(!text.contains("NaN") && !text.contains("inf,"));
}

#[test]
fn names_from_a_log_stay_words() {
    let (mut labels, stream) = small();
    for label in &mut labels {
        label.population = Some("<script>alert(1)</script>".to_owned());
        label.application = Some("\"><img>".to_owned());
        label.language = Some("<!--".to_owned());
    }
    let text = of(&collect(labels, &stream));
    for raw in ["<script", "<img", "<!--"] {
        assert!(!text.contains(raw), "{raw}");
    }
    assert!(text.contains("&lt;script&gt;"));
}

#[test]
fn a_page_of_nothing_is_a_page() {
    let text = of(&Collected::default());
    assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>"));
    assert!(!text.contains("NaN"));
}
