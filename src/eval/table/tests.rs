//! Tests of tables.

use super::*;
use proptest::prelude::*;

fn sample() -> Table {
    let mut table = Table::new("Recall | by pipeline", ["pipeline", "recall", "accounts"]);
    let recall = Number::new(0.382, Style::Percent(1))
        .within(Interval {
            low: 0.31,
            high: 0.4512,
        })
        .of(72);
    table.push(vec![
        Cell::text("a|b, \"c\"\n\u{1b}[31m*d*"),
        Cell::Number(recall),
        Cell::Count(1_200),
    ]);
    table.push(vec![
        Cell::text("thin"),
        Cell::Insufficient { n: 12 },
        Cell::Count(3),
    ]);
    table.push(vec![
        Cell::text("flat"),
        Cell::Number(Number::new(f64::NAN, Style::Decimal(2))),
        Cell::Count(0),
    ]);
    table
}

#[test]
fn markdown_shows_text_as_it_is_and_keeps_its_columns() {
    insta::assert_snapshot!(sample().render(Layout::Markdown), @r#"
    ### Recall \| by pipeline

    | pipeline | recall | accounts |
    | --- | ---: | ---: |
    | a\|b, "c" �\[31m\*d\* | 38.2% [31.0, 45.1] n=72 | 1200 |
    | thin | insufficient (n=12) | 3 |
    | flat | undefined | 0 |
    "#);
}

#[test]
fn csv_parts_a_figure_and_quotes() {
    assert_eq!(
        sample().render(Layout::Csv),
        "pipeline,recall,recall_low,recall_high,recall_n,accounts\n\
         \"a|b, \"\"c\"\"\n\u{1b}[31m*d*\",0.382,0.31,0.4512,72,1200\n\
         thin,,,,12,3\n\
         flat,,,,,0\n"
    );
}

#[test]
fn json_keeps_every_digit_and_says_what_is_missing() {
    let value: Value = serde_json::from_str(&sample().render(Layout::Json)).unwrap();
    assert_eq!(value["columns"], json!(["pipeline", "recall", "accounts"]));
    assert_eq!(
        value["rows"][0]["recall"],
        json!({ "value": 0.382, "low": 0.31, "high": 0.4512, "n": 72 })
    );
    assert_eq!(
        value["rows"][1]["recall"],
        json!({ "value": null, "insufficient": true, "n": 12 })
    );
    assert_eq!(value["rows"][2]["recall"], json!({ "value": null }));
    assert_eq!(value["rows"][0]["pipeline"], "a|b, \"c\"\n\u{1b}[31m*d*");
}

#[test]
fn a_terminal_is_not_steered() {
    insta::assert_snapshot!(sample().render(Layout::Terminal(None)), @r#"
    Recall | by pipeline
    ┌───────────────────┬─────────────────────────┬──────────┐
    │ pipeline          ┆                  recall ┆ accounts │
    ╞═══════════════════╪═════════════════════════╪══════════╡
    │ a|b, "c" �[31m*d* ┆ 38.2% [31.0, 45.1] n=72 ┆     1200 │
    │ thin              ┆     insufficient (n=12) ┆        3 │
    │ flat              ┆               undefined ┆        0 │
    └───────────────────┴─────────────────────────┴──────────┘
    "#);
    assert!(
        harmless("safe\u{202e}cod")
            .chars()
            .all(|character| character != '\u{202e}')
    );
}

#[test]
#[should_panic(expected = "one cell for each column")]
fn rows_have_a_cell_for_each_column() {
    sample().push(vec![Cell::Count(1)]);
}

#[test]
fn a_table_fits_the_terminal_without_breaking_a_word() {
    for width in [40, 60, 80, 100] {
        let text = sample().render(Layout::Terminal(Some(width)));
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(
            widest.unwrap_or(0) <= usize::from(width),
            "{width}:\n{text}"
        );
        for row in sample().rows() {
            for word in row.iter().flat_map(|cell| {
                cell.words()
                    .split(' ')
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            }) {
                assert!(text.contains(&word), "{word} in {width}:\n{text}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_survives_csv_and_cannot_add_rows(text in any::<String>()) {
        let mut table = Table::new("t", ["a", "b"]);
        table.push(vec![Cell::text(text.clone()), Cell::Count(1)]);
        // Parsed back as RFC 4180 prescribes.
        let csv = table.render(Layout::Csv);
        let record = csv.strip_prefix("a,b\n").unwrap().strip_suffix(",1\n").unwrap();
        let read = match record.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inside) => inside.replace("\"\"", "\""),
            None => record.to_owned(),
        };
        prop_assert_eq!(read, text);
        prop_assert_eq!(table.render(Layout::Markdown).lines().count(), 5);
    }
}
