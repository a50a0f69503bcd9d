//! Renders the chart with the few forms of a template that it is allowed to use.
//!
//! A path, perhaps quoted; `if` and `if not` on a line of their own; `toYaml` and a file, indented. Anything else fails the
//! test: a chart that needs more cannot be read at a glance either.

use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlEmitter, YamlLoader};

/// The chart's folder, with the values that it is rendered with.
pub(crate) struct Chart {
    folder: PathBuf,
    values: Yaml,
}

impl Chart {
    /// The chart with its own values, and `changes` as `("a.b", "yaml")`.
    pub(crate) fn with(changes: &[(&str, &str)]) -> Self {
        let folder = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/deploy/helm/stillwatch"
        ));
        let mut chart = Self {
            values: Yaml::Null,
            folder,
        };
        chart.values = yaml(&chart.file("values.yaml")).remove(0);
        for (path, value) in changes {
            let mut place = &mut chart.values;
            for name in path.split('.') {
                let Yaml::Hash(entries) = place else {
                    panic!("{path}: no such value");
                };
                let name = Yaml::String(name.to_owned());
                place = entries.get_mut(&name).expect("a value of the chart");
            }
            *place = yaml(value).remove(0);
        }
        chart
    }

    /// The values.
    pub(crate) const fn values(&self) -> &Yaml {
        &self.values
    }

    /// A file of the chart.
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.folder.join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()))
    }

    /// Every document that the templates give.
    pub(crate) fn documents(&self) -> Vec<Yaml> {
        let folder = self.folder.join("templates");
        let entries = folder.read_dir().expect("the chart has templates");
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("readable").path())
            .collect();
        paths.sort();
        let mut documents = Vec::new();
        for path in paths {
            let text = self.render(&path);
            if path.extension().is_some_and(|kind| kind == "yaml") {
                documents.extend(yaml(&text));
            }
        }
        documents
    }

    /// The one document of a kind, and of a name where there are several.
    pub(crate) fn document(&self, kind: &str) -> Yaml {
        let found = self.documents();
        let mut found = found
            .into_iter()
            .filter(|d| d["kind"].as_str() == Some(kind));
        found.next().unwrap_or_else(|| panic!("no {kind}"))
    }

    fn render(&self, path: &Path) -> String {
        let template = path.display();
        let source = std::fs::read_to_string(path).expect("a template");
        let mut text = String::new();
        let mut shown = vec![true];
        for line in source.lines() {
            let whole = line
                .trim()
                .strip_prefix("{{- ")
                .and_then(|l| l.strip_suffix(" }}"));
            let Some(directive) = whole else {
                if shown.iter().all(|&on| on) {
                    text.push_str(&self.inline(line));
                    text.push('\n');
                }
                continue;
            };
            match directive.split_whitespace().collect::<Vec<_>>()[..] {
                ["end"] => _ = shown.pop(),
                ["if", path] => shown.push(truthy(&self.value(path))),
                ["if", "not", path] => shown.push(!truthy(&self.value(path))),
                _ if !shown.iter().all(|&on| on) => {}
                ["toYaml", path, "|", "nindent", by] => {
                    text.push_str(&indented(&emitted(&self.value(path)), by));
                }
                [".Files.Get", name, "|", "nindent", by] => {
                    text.push_str(&indented(&self.file(name.trim_matches('"')), by));
                }
                _ => panic!("{template}: `{directive}` is not a form that the chart uses"),
            }
        }
        assert_eq!(shown.len(), 1, "{template}: an `if` without an `end`");
        text
    }

    fn inline(&self, line: &str) -> String {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{ ") {
            let (expression, after) = after.split_once(" }}").expect("a closed template");
            let (path, quoted) = expression
                .strip_suffix(" | quote")
                .map_or((expression, false), |path| (path, true));
            let value = match self.value(path) {
                Yaml::String(text) | Yaml::Real(text) => text,
                Yaml::Integer(number) => number.to_string(),
                Yaml::Boolean(truth) => truth.to_string(),
                other => panic!("{path}: {other:?} has no place inside a line"),
            };
            text.push_str(before);
            let value = if quoted {
                format!("\"{value}\"")
            } else {
                value
            };
            text.push_str(&value);
            rest = after;
        }
        text + rest
    }

    fn value(&self, path: &str) -> Yaml {
        if path == ".Release.Name" {
            return Yaml::String("example".to_owned());
        }
        let (root, inner) = if let Some(inner) = path.strip_prefix(".Values.") {
            (self.values.clone(), inner.to_owned())
        } else {
            let name = path
                .strip_prefix(".Chart.")
                .expect("a value, or the chart's");
            let chart = yaml(&self.file("Chart.yaml")).remove(0);
            (chart, name[..1].to_lowercase() + &name[1..])
        };
        let found = inner
            .split('.')
            .fold(root, |place, name| place[name].clone());
        assert!(!found.is_badvalue(), "{path} is not in values.yaml");
        found
    }
}

/// Every document of a text.
pub(crate) fn yaml(text: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn truthy(value: &Yaml) -> bool {
    match value {
        Yaml::Boolean(truth) => *truth,
        Yaml::String(text) => !text.is_empty(),
        Yaml::Array(items) => !items.is_empty(),
        Yaml::Hash(entries) => !entries.is_empty(),
        Yaml::Integer(number) => *number != 0,
        _ => false,
    }
}

fn emitted(value: &Yaml) -> String {
    let mut text = String::new();
    YamlEmitter::new(&mut text)
        .dump(value)
        .expect("a string takes all");
    text.trim_start_matches("---\n").to_owned()
}

fn indented(text: &str, by: &str) -> String {
    let by = " ".repeat(by.parse().expect("a number"));
    let lines = text.lines().flat_map(|line| [&by, line, "\n"]);
    lines.collect()
}
