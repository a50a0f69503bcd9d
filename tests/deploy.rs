//! Deployment files agree with the server: ports, folders, users, metrics and time to stop.

#[path = "deploy/chart.rs"]
mod chart;
#[path = "deploy/memory.rs"]
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chart::{Chart, yaml};
use serde_json::Value;
use stillwatch::internals::server::Limits;
use stillwatch::internals::settings::{self, ServerSettings, Setting};
use yaml_rust2::Yaml;

/// Returns every metric with its labels, from the documentation page that another test compares with the server.
fn metrics() -> BTreeMap<String, Vec<String>> {
    let page = read("docs/metrics.md");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| `stillwatch_"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let quoted = |cell: &str| -> Vec<String> {
            let parts = cell.split('`').skip(1).step_by(2);
            parts.map(str::to_owned).collect()
        };
        let mut labels = quoted(cells[3]);
        if cells[2] == "histogram" {
            labels.push("le".to_owned());
        }
        (quoted(cells[1])[0].clone(), labels)
    };
    rows.map(row).collect()
}

/// Labels that Prometheus adds to every metric.
const SCRAPED: [&str; 2] = ["instance", "job"];

const PORT: i64 = 7700;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()))
}

/// Builds the chart with every switch on.
fn all_on() -> Chart {
    Chart::with(&[
        ("autoscaling.enabled", "true"),
        ("serviceMonitor.enabled", "true"),
        ("prometheusRule.enabled", "true"),
        ("dashboard.enabled", "true"),
        ("key.existingSecret", "the-key"),
        ("auth.existingSecret", "the-keys"),
        (
            "settings",
            "{auth: {allow_unauthenticated: true}, server: {workers: 2}}",
        ),
        ("data.storageClassName", "fast"),
        ("extraArgs", "[--accounts-max, '7']"),
        ("extraEnv", "[{name: STILLWATCH_BUNDLE, value: x}]"),
        ("extraVolumes", "[{name: keys, secret: {secretName: keys}}]"),
        ("extraVolumeMounts", "[{name: keys, mountPath: /etc/keys}]"),
        ("nodeSelector", "{a: b}"),
        ("tolerations", "[{key: a, operator: Exists}]"),
        ("affinity", "{podAntiAffinity: {}}"),
    ])
}

/// Returns the `Key=Value` lines of the unit, by section.
fn unit() -> BTreeMap<String, Vec<(String, String)>> {
    let mut sections: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut section = String::new();
    for line in read("deploy/systemd/stillwatch.service").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.clone_into(&mut section);
            continue;
        }
        let (key, value) = line.split_once('=').expect("a line of a unit has a key");
        let entry = (key.to_owned(), value.to_owned());
        sections.entry(section.clone()).or_default().push(entry);
    }
    sections
}

fn setting(key: &str) -> String {
    let unit = unit();
    let found = unit["Service"].iter().find(|(name, _)| name == key);
    found.unwrap_or_else(|| panic!("no {key}")).1.clone()
}

#[test]
fn the_chart_renders_with_its_own_values_and_with_all_switches_on() {
    for (chart, least) in [(Chart::with(&[]), 5), (all_on(), 9)] {
        let documents = chart.documents();
        assert!(documents.len() >= least, "{}", documents.len());
        for document in &documents {
            assert!(document["apiVersion"].as_str().is_some(), "{document:?}");
            let name = document["metadata"]["name"].as_str().expect("a name");
            assert!(name.starts_with("example"));
        }
        let set = chart.document("StatefulSet");
        let selector = &set["spec"]["selector"]["matchLabels"];
        for document in &documents {
            let selects = &document["spec"]["selector"];
            let labels = match document["kind"].as_str() {
                Some("Service") => selects,
                Some("PodDisruptionBudget" | "ServiceMonitor") => &selects["matchLabels"],
                Some("NetworkPolicy") => &document["spec"]["podSelector"]["matchLabels"],
                _ => continue,
            };
            assert_eq!(labels, selector, "{document:?}");
        }
    }
    let set = all_on().document("StatefulSet");
    assert!(
        set["spec"]["replicas"].is_badvalue(),
        "the autoscaler sets it"
    );
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(
        pod["volumes"][1]["secret"]["secretName"].as_str(),
        Some("the-key")
    );
    assert_eq!(pod["containers"][0]["args"][2].as_str(), Some("7"));
}

#[test]
fn the_schema_knows_every_value() {
    fn known(values: &Yaml, schema: &Value, prefix: &str) {
        let (Some(values), Some(properties)) = (values.as_hash(), schema["properties"].as_object())
        else {
            return;
        };
        for (name, value) in values {
            let name = name.as_str().expect("a name");
            let inner = properties
                .get(name)
                .unwrap_or_else(|| panic!("{prefix}{name}"));
            known(value, inner, &format!("{prefix}{name}."));
        }
    }
    let chart = Chart::with(&[]);
    let schema: Value = serde_json::from_str(&chart.file("values.schema.json")).unwrap();
    known(chart.values(), &schema, "");
}

#[test]
fn nothing_runs_as_root_and_only_the_data_folder_is_written() {
    let set = all_on().document("StatefulSet");
    let pod = &set["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true));
    assert!(pod["securityContext"]["runAsUser"].as_i64() > Some(0));
    assert_eq!(pod["automountServiceAccountToken"].as_bool(), Some(false));
    let context = &container["securityContext"];
    assert_eq!(context["readOnlyRootFilesystem"].as_bool(), Some(true));
    assert_eq!(context["allowPrivilegeEscalation"].as_bool(), Some(false));
    assert_eq!(context["capabilities"]["drop"][0].as_str(), Some("ALL"));

    let recipe = read("deploy/docker/Dockerfile");
    let last = recipe.rsplit("\nFROM ").next().unwrap();
    let user = last.lines().find_map(|line| line.strip_prefix("USER "));
    let number = user.and_then(|user| user.split(':').next()?.parse::<i64>().ok());
    assert_eq!(number, pod["securityContext"]["runAsUser"].as_i64());

    for (key, value) in [
        ("DynamicUser", "yes"),
        ("StateDirectory", "stillwatch"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
    ] {
        assert_eq!(setting(key), value, "{key}");
    }
    assert!(setting("ExecStart").ends_with("/stillwatch serve"));

    let data = "/var/lib/stillwatch";
    let mount = container["volumeMounts"][0]["mountPath"].as_str();
    assert_eq!(mount, Some(data));
    assert!(last.contains(&format!("STILLWATCH_DATA={data}")));
    assert!(last.contains(&format!("VOLUME {data}")));
}

#[test]
fn ports_and_probes_agree_with_the_server() {
    let source = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let default = ServerSettings::default().listen;
    assert_eq!(default.to_string(), format!("127.0.0.1:{PORT}"));
    let chart = Chart::with(&[]);
    assert_eq!(chart.values()["service"]["port"].as_i64(), Some(PORT));
    let set = chart.document("StatefulSet");
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"].as_i64(), Some(PORT));
    let listen = container["env"].as_vec().unwrap().iter();
    let mut listen = listen.filter(|entry| entry["name"].as_str() == Some("STILLWATCH_LISTEN"));
    let everywhere = format!("0.0.0.0:{PORT}");
    assert_eq!(listen.next().unwrap()["value"].as_str(), Some(&*everywhere));
    let recipe = read("deploy/docker/Dockerfile");
    assert!(recipe.contains(&format!("STILLWATCH_LISTEN={everywhere}")));
    assert!(recipe.contains(&format!("EXPOSE {PORT}")));
    let settings = &unit()["Service"];
    let loopback = format!("STILLWATCH_LISTEN=127.0.0.1:{PORT}");
    assert!(settings.contains(&("Environment".to_owned(), loopback)));

    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().expect(probe);
        assert!(source.contains(&format!("\"{path}\"")), "{path}");
    }
}

#[test]
fn whoever_stops_the_server_waits_for_its_grace_period() {
    let shutdown = Limits::default().shutdown_grace_period.as_secs() as i64;
    assert!(setting("TimeoutStopSec").parse::<i64>().unwrap() > shutdown);
    let set = Chart::with(&[]).document("StatefulSet");
    let pod = &set["spec"]["template"]["spec"];
    let pause = &pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1];
    let pause: i64 = pause.as_str().unwrap().parse().unwrap();
    let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap();
    assert!(
        grace > pause + shutdown,
        "{grace} s for {pause} s + {shutdown} s"
    );
}

/// Returns the names of the environment variables of a rendered container.
fn environment(chart: &Chart) -> Vec<String> {
    let set = chart.document("StatefulSet");
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    let entries = container["env"].as_vec().expect("a list").iter();
    entries
        .map(|entry| entry["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_setting_is_one_that_the_server_reads() {
    let variables: BTreeSet<String> = Setting::all()
        .flat_map(|setting| {
            [
                Some(setting.variable()),
                setting.short_variable().map(str::to_owned),
            ]
        })
        .flatten()
        .collect();
    let mut named = environment(&all_on());
    assert!(named.contains(&"STILLWATCH_SERVER__WORKERS".to_owned()));
    named.extend(environment(&Chart::with(&[])));
    for file in [
        "deploy/systemd/stillwatch.service",
        "deploy/docker/Dockerfile",
    ] {
        let text = read(file);
        let ours = words(&text).filter(|word| word.starts_with("STILLWATCH_"));
        named.extend(ours.map(str::to_owned));
    }
    for name in &named {
        assert!(variables.contains(name), "{name}");
    }
}

/// Fails if a document differs from its generated contents, or writes it where that is requested.
fn is_generated(path: &str, made: &str) {
    if std::env::var_os("STILLWATCH_WRITE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::write(path, made).expect("the document can be written");
    }
    assert!(
        read(path) == made,
        "{path} is not up to date: run `STILLWATCH_WRITE_DOCS=1 cargo test --test deploy settings`"
    );
}

#[test]
fn the_page_has_the_table_of_settings() {
    let page = read("docs/operations.md");
    let (begin, end) = (
        "<!-- settings: generated -->\n\n",
        "\n<!-- end of settings -->",
    );
    let (before, rest) = page.split_once(begin).expect("where the table begins");
    let (_, after) = rest.split_once(end).expect("where the table ends");
    let table = settings::reference_table();
    is_generated(
        "docs/operations.md",
        &[before, begin, &table, end, after].concat(),
    );
}

#[test]
fn the_chart_has_the_schema_of_settings() {
    let path = "deploy/helm/stillwatch/values.schema.json";
    let mut schema: Value = serde_json::from_str(&read(path)).unwrap();
    let mut settings = settings::schema();
    let sections = settings["properties"].as_object_mut().expect("sections");
    // The chart sets the address and the data folder itself.
    sections.remove("data");
    let server = sections["server"]["properties"].as_object_mut();
    server.expect("keys").remove("listen");
    schema["properties"]["settings"] = settings;
    is_generated(path, &format!("{schema:#}\n"));
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_exist() {
    let chart = Chart::with(&[]);
    let dashboard: Value = serde_json::from_str(&chart.file("files/dashboard.json")).unwrap();
    let alerts = yaml(&chart.file("files/alerts.yaml")).remove(0);
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"]
            .as_array()
            .expect("a panel asks for something")
        {
            queries.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    let mut names = BTreeSet::new();
    for rule in alerts["groups"][0]["rules"].as_vec().unwrap() {
        queries.push(rule["expr"].as_str().unwrap().to_owned());
        assert!(
            names.insert(rule["alert"].as_str().unwrap()),
            "alerts have their own names"
        );
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning", "info"].contains(&severity));
        assert!(rule["for"].as_str().is_some());
        for annotation in ["summary", "description"] {
            assert!(
                rule["annotations"][annotation].as_str().is_some(),
                "{annotation}"
            );
        }
    }
    let known = metrics();
    let mut asked = BTreeSet::new();
    for query in &queries {
        let balance = query.matches('(').count() == query.matches(')').count();
        assert!(balance, "{query}");
        let metrics: Vec<&str> = words(query)
            .filter(|word| word.starts_with("stillwatch_"))
            .map(plain)
            .collect();
        assert!(!metrics.is_empty(), "{query}");
        for metric in &metrics {
            assert!(known.contains_key(*metric), "{metric}: {query}");
        }
        for label in labels(query) {
            let has = metrics
                .iter()
                .any(|metric| known[*metric].iter().any(|known| known == label));
            assert!(has || SCRAPED.contains(&label), "{label}: {query}");
        }
        asked.extend(metrics);
    }
    let asked: BTreeSet<String> = asked.into_iter().map(str::to_owned).collect();
    let all: BTreeSet<String> = known.into_keys().collect();
    assert_eq!(asked, all, "a metric that nobody looks at");
}

#[test]
fn panels_have_their_own_place() {
    let dashboard: Value =
        serde_json::from_str(&Chart::with(&[]).file("files/dashboard.json")).unwrap();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64()));
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for x in side("x")..side("x") + side("w") {
            for y in side("y")..side("y") + side("h") {
                assert!(x < 24 && cells.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}

/// Concatenates all sources of the program.
fn sources(folder: &Path) -> String {
    let entries = folder.read_dir().expect("a folder");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let text = |path: std::path::PathBuf| {
        if path.is_dir() {
            sources(&path)
        } else {
            std::fs::read_to_string(path).expect("text")
        }
    };
    paths.map(text).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
}

/// Returns the metric that a series of a histogram belongs to.
fn plain(series: &str) -> &str {
    let parts = ["_bucket", "_sum", "_count"];
    parts
        .iter()
        .find_map(|part| series.strip_suffix(part))
        .unwrap_or(series)
}

/// Returns the labels that a query selects or groups by.
fn labels(query: &str) -> BTreeSet<&str> {
    let selectors = enclosed(query, "{", '}').flat_map(|selector| selector.split("\","));
    let selected = selectors.filter_map(|matcher| matcher.split(['=', '!']).next());
    let groups = enclosed(query, "by (", ')').chain(enclosed(query, "ignoring (", ')'));
    let grouped = groups.flat_map(|names| names.split(','));
    selected.chain(grouped).map(str::trim).collect()
}

/// Returns the texts between `open` and the next `close`.
fn enclosed<'q>(query: &'q str, open: &'q str, close: char) -> impl Iterator<Item = &'q str> {
    let begun = query.split(open).skip(1);
    begun.filter_map(move |rest| rest.split(close).next())
}
