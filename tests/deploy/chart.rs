//! A renderer of the Helm chart for the few template forms that the chart may use.
//!
//! A path or a variable, optionally quoted or in capitals; `if`, `if not` and `range` on a line of their own; `toYaml`
//! and a file, indented. Anything else fails the test: a chart that needs more is hard to read at a glance too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlEmitter, YamlLoader};

/// The chart's folder, with the values that it is rendered with.
pub(crate) struct Chart {
    folder: PathBuf,
    values: Yaml,
}

impl Chart {
    /// Loads the chart with its own values, and `changes` as `("a.b", "yaml")`.
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
            let mut node = &mut chart.values;
            for name in path.split('.') {
                let Yaml::Hash(entries) = node else {
                    panic!("{path}: no such value");
                };
                let name = Yaml::String(name.to_owned());
                node = entries.get_mut(&name).expect("a value of the chart");
            }
            *node = yaml(value).remove(0);
        }
        chart
    }

    /// Returns the values.
    pub(crate) const fn values(&self) -> &Yaml {
        &self.values
    }

    /// Reads a file of the chart.
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.folder.join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()))
    }

    /// Renders every document of the templates.
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

    /// Returns the only document of a kind, or the one with a name where there are several.
    pub(crate) fn document(&self, kind: &str) -> Yaml {
        let found = self.documents();
        let mut found = found
            .into_iter()
            .filter(|d| d["kind"].as_str() == Some(kind));
        found.next().unwrap_or_else(|| panic!("no {kind}"))
    }

    fn render(&self, path: &Path) -> String {
        let source = std::fs::read_to_string(path).expect("a template");
        let lines: Vec<&str> = source.lines().collect();
        self.block(&lines, &Variables::new())
    }

    /// Renders lines; `variables` are those of the enclosing loops.
    fn block(&self, mut lines: &[&str], variables: &Variables) -> String {
        let mut text = String::new();
        while let Some((line, rest)) = lines.split_first() {
            lines = rest;
            let Some(directive) = directive(line) else {
                text.push_str(&self.inline(line, variables));
                text.push('\n');
                continue;
            };
            let inner = if opens(directive) {
                let end = closing(lines);
                let inner = &lines[..end];
                lines = &lines[end + 1..];
                inner
            } else {
                &[]
            };
            match directive.split_whitespace().collect::<Vec<_>>()[..] {
                ["if", path] if truthy(&self.value(path, variables)) => {
                    text.push_str(&self.block(inner, variables));
                }
                ["if", "not", path] if !truthy(&self.value(path, variables)) => {
                    text.push_str(&self.block(inner, variables));
                }
                ["if", _] | ["if", "not", _] => {}
                ["range", key, value, ":=", path] => {
                    let Yaml::Hash(entries) = self.value(path, variables) else {
                        panic!("{path} is no mapping");
                    };
                    for (name, entry) in entries {
                        let mut variables = variables.clone();
                        variables.insert(key.trim_end_matches(',').to_owned(), name);
                        variables.insert(value.to_owned(), entry);
                        text.push_str(&self.block(inner, &variables));
                    }
                }
                ["toYaml", path, "|", "nindent", by] => {
                    text.push_str(&indented(&emitted(&self.value(path, variables)), by));
                }
                [".Files.Get", name, "|", "nindent", by] => {
                    text.push_str(&indented(&self.file(name.trim_matches('"')), by));
                }
                _ => panic!("`{directive}` is not a form that the chart uses"),
            }
        }
        text
    }

    fn inline(&self, line: &str, variables: &Variables) -> String {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{ ") {
            let (expression, after) = after.split_once(" }}").expect("a closed template");
            let (path, quoted) = expression
                .strip_suffix(" | quote")
                .map_or((expression, false), |path| (path, true));
            let (path, capitals) = path
                .strip_prefix("upper ")
                .map_or((path, false), |path| (path, true));
            // A number of YAML may be a float to Helm, which would print a large one with an exponent.
            let path = path
                .strip_prefix("ternary (int64 ")
                .and_then(|whole| whole.split(')').next())
                .unwrap_or(path);
            let value = match self.value(path, variables) {
                Yaml::String(text) | Yaml::Real(text) => text,
                Yaml::Integer(number) => number.to_string(),
                Yaml::Boolean(truth) => truth.to_string(),
                other => panic!("{path}: {other:?} cannot be used inside a line"),
            };
            text.push_str(before);
            let value = if capitals {
                value.to_uppercase()
            } else {
                value
            };
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

    fn value(&self, path: &str, variables: &Variables) -> Yaml {
        if let Some(value) = variables.get(path) {
            return value.clone();
        }
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
        let found = inner.split('.').fold(root, |node, name| node[name].clone());
        assert!(!found.is_badvalue(), "{path} is not in values.yaml");
        found
    }
}

/// Variables bound by loops.
type Variables = BTreeMap<String, Yaml>;

/// Returns the directive of a line that has nothing else on it.
fn directive(line: &str) -> Option<&str> {
    line.trim().strip_prefix("{{- ")?.strip_suffix(" }}")
}

fn opens(directive: &str) -> bool {
    directive.starts_with("if ") || directive.starts_with("range ")
}

/// Returns the index of the end of the block that was opened before `lines`.
fn closing(lines: &[&str]) -> usize {
    let mut depth = 1;
    let closes = |line: &&str| {
        match directive(line) {
            Some("end") => depth -= 1,
            Some(directive) if opens(directive) => depth += 1,
            _ => {}
        }
        depth == 0
    };
    lines.iter().position(closes).expect("a block has an end")
}

/// Parses every document of a text.
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
