//! Repository rules that the compiler cannot check: allowed imports, forbidden dependencies, links, line width, form
//! of files.
//!
//! Every rule reads the sources as text and fails with all locations that break it.

#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/width.rs"]
mod width;

use std::collections::{BTreeMap, BTreeSet};

use source::{Location, Source, documents, sources};

/// The modules that each module may import, one module per line. `ARCHITECTURE.md` gives the reasons.
const ALLOWED_IMPORTS: &str = "
    domain:
    statistics:
    privacy:  domain
    text:     domain privacy
    encoder:  domain statistics privacy text
    observe:  domain privacy text encoder
    profile:  domain statistics privacy text encoder observe
    detect:   domain privacy text encoder observe profile
    risk:     domain statistics privacy text encoder observe profile detect
    policy:   domain profile
    engine:   domain privacy text encoder observe profile detect risk policy
    bundle:   domain privacy text encoder observe profile detect risk engine
    json:
    chat:     domain json
    wire:     domain json chat
    gateway:  domain json chat wire
    ingest:   domain json chat wire gateway
    server:   domain privacy text encoder observe profile detect risk policy engine bundle json wire gateway
    store:    domain privacy wire
    service:  domain privacy text encoder observe profile detect risk policy engine bundle wire gateway server store
    settings: policy server
    simulate: domain statistics wire ingest
    train:    domain statistics privacy text encoder observe profile detect risk engine bundle ingest simulate
    eval:     domain statistics privacy text encoder observe profile detect risk policy engine bundle ingest simulate train
    cli:      domain privacy text encoder observe profile detect risk policy engine bundle wire gateway ingest \
              server store service settings simulate train eval
";

/// Modules that must give the same answer for the same log on every machine.
const PURE: [&str; 11] = [
    "domain",
    "statistics",
    "privacy",
    "text",
    "encoder",
    "observe",
    "profile",
    "detect",
    "risk",
    "policy",
    "engine",
];

/// Files over [`LINES_MAX`] lines, each with its reason.
const LONG: [(&str, &str); 1] = [(
    "tests/profile_properties.rs",
    "one property per block of the profile, over one shared generator of observations",
)];

/// Most lines of a file that is not listed in [`LONG`].
const LINES_MAX: usize = 500;

fn allowed_imports() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let rows = ALLOWED_IMPORTS
        .lines()
        .filter_map(|line| line.trim().split_once(':'));
    rows.map(|(module, allowed)| (module, allowed.split_whitespace().collect()))
        .collect()
}

/// Fails with a list of all offences, or passes when there are none.
fn forbid(rule: &str, offences: impl IntoIterator<Item = Location>) {
    let offences = offences.into_iter();
    let list: Vec<String> = offences.map(|location| location.to_string()).collect();
    assert!(list.is_empty(), "{rule}:\n{}", list.join("\n"));
}

/// Returns the files under `src` that are not only tests. Tests may name what is forbidden, to show that it changes
/// nothing.
fn shipped() -> impl Iterator<Item = Source> {
    let files = sources("src").into_iter();
    files.filter(|file| !file.name.ends_with("/tests.rs"))
}

/// Finds `needles` in code (comments and prose excluded) of every file under `src` that `applies` accepts.
fn in_code(needles: &[&str], applies: impl Fn(&Source) -> bool) -> Vec<Location> {
    let files = shipped().filter(applies);
    files
        .flat_map(|file| {
            file.code_locations(|line| needles.iter().any(|needle| line.contains(needle)))
        })
        .collect()
}

/// Whether a file is outside all of `modules`.
fn outside(modules: &'static [&'static str]) -> impl Fn(&Source) -> bool {
    move |file| !modules.contains(&file.module())
}

/// Whether a file is in one of `modules`.
fn inside(modules: &'static [&'static str]) -> impl Fn(&Source) -> bool {
    move |file| modules.contains(&file.module())
}

#[test]
fn imports_follow_the_table() {
    let allowed_imports = allowed_imports();
    let mut offences = Vec::new();
    for file in sources("src") {
        let module = file.module();
        // The crate root lists all modules. The binary uses the library from outside, and only `cli`.
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some(allowed) = allowed_imports.get(module) else {
            offences.push(file.location(
                1,
                &format!("`{module}` is not in the import table of this test"),
            ));
            continue;
        };
        for (line, import) in file.imports() {
            if import != module && !allowed.contains(import.as_str()) {
                offences.push(file.location(line, &format!("`{module}` must not use `{import}`")));
            }
        }
    }
    forbid("imports follow the table of ARCHITECTURE.md", offences);
}

#[test]
fn the_binary_asks_the_command_line_alone() {
    let outsider = |line: &str| {
        line.match_indices("stillwatch::")
            .any(|(at, path)| !line[at + path.len()..].starts_with("main()"))
    };
    let binary = sources("src").into_iter().filter(|f| f.module() == "main");
    let offences = binary.flat_map(|file| file.code_locations(outsider));
    forbid("main.rs calls the command line and nothing else", offences);
}

#[test]
fn no_path_climbs_two_modules() {
    forbid(
        "a path that climbs two modules goes through `crate::`, where the table sees it",
        in_code(&["super::super::"], |_| true),
    );
}

#[test]
fn foundations_stay_in_their_modules() {
    forbid(
        "candle only in encoder and train",
        in_code(
            &["candle_core", "candle_nn"],
            outside(&["encoder", "train"]),
        ),
    );
    forbid(
        "axum and sockets only in server; cli may bind",
        in_code(&["axum::", "hyper_util::"], outside(&["server"])),
    );
    forbid(
        "the protocol stack only in wire and server",
        in_code(&["connectrpc"], outside(&["wire", "server"])),
    );
    forbid(
        "protobuf's wire format only in wire, gateway and server",
        in_code(&["buffa::"], outside(&["wire", "gateway", "server"])),
    );
    forbid(
        "flags and progress bars only in cli",
        in_code(
            &["clap::", "indicatif::", "anyhow::"],
            outside(&["cli", "main"]),
        ),
    );
}

#[test]
fn the_clock_is_read_at_the_edge() {
    let clock = [
        "SystemTime::now",
        "Instant::now",
        "Utc::now",
        "Timestamp::now",
        "Zoned::now",
    ];
    forbid(
        "the clock only in server and cli: elsewhere time is the exchange's own",
        in_code(&clock, outside(&["server", "cli"])),
    );
}

#[test]
fn the_scoring_path_does_no_input_or_output() {
    let io_paths = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "tokio::",
        "tracing::",
    ];
    forbid(
        "no I/O from domain to engine",
        in_code(&io_paths, inside(&PURE)),
    );
}

#[test]
fn nothing_calls_out() {
    let callers = [
        "TcpStream::connect",
        "UdpSocket",
        "reqwest",
        "ureq",
        "hf_hub",
        "hyper::client",
    ];
    forbid("no outbound connection", in_code(&callers, |_| true));
    let manifest = include_str!("../Cargo.toml");
    let shipped = manifest.split("[dev-dependencies]").next().unwrap();
    for client in ["reqwest", "ureq", "hf-hub", "isahc", "curl"] {
        let named = shipped.lines().any(|line| line.starts_with(client));
        assert!(
            !named,
            "{client} is an HTTP client; PRIVACY.md says there is none"
        );
    }
}

#[test]
fn origin_is_never_a_feature() {
    let origin = [
        "timezone",
        "locale",
        "country",
        "nationality",
        "ethnicity",
        "geolocation",
    ];
    let offences = shipped().flat_map(|file| {
        file.code_locations(|line| {
            let joined = line.to_lowercase().replace('_', "");
            origin.iter().any(|word| joined.contains(word))
        })
    });
    forbid("geographic origin is not an input", offences);

    let judging = shipped().filter(inside(&["profile", "detect", "risk"]));
    let offences = judging.flat_map(|file| {
        file.code_locations(|line| {
            source::words(line).any(|word| matches!(word.as_str(), "language" | "script"))
        })
    });
    forbid(
        "language and script slice error rates; nothing that judges reads them",
        offences,
    );
}

#[test]
fn standard_output_belongs_to_the_command_line() {
    let prints = ["println!", "print!(", "dbg!"];
    forbid(
        "printing only in cli",
        in_code(&prints, outside(&["cli", "main"])),
    );
}

#[test]
fn every_file_says_what_it_is() {
    let folders = ["src", "tests", "benches", "build.rs"];
    let files = folders.into_iter().flat_map(sources);
    let silent = files.filter(|file| !file.text.starts_with("//!"));
    forbid(
        "a file starts with `//!`",
        silent.map(|file| file.location(1, "no module comment")),
    );
}

#[test]
fn files_stay_short() {
    let mut offences = Vec::new();
    for file in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        let lines = file.text.lines().count();
        let excused = LONG.iter().any(|(name, _)| *name == file.name);
        if lines > LINES_MAX && !excused {
            offences.push(file.location(lines, &format!("over {LINES_MAX} lines: split by noun")));
        }
        if lines <= LINES_MAX && excused {
            offences.push(file.location(lines, "no longer long: take it off the list"));
        }
    }
    forbid("short files", offences);
}

#[test]
fn what_is_left_to_do_has_an_owner() {
    let marker = concat!("TO", "DO");
    let mut offences = Vec::new();
    for file in ["src", "tests", "benches", "build.rs"]
        .into_iter()
        .flat_map(sources)
    {
        for (line, text) in (1..).zip(file.text.lines()) {
            let mut found = text.match_indices(marker);
            if found.any(|(at, _)| !text[at + marker.len()..].starts_with('(')) {
                offences.push(file.location(line, text));
            }
        }
    }
    forbid("a note of work to do names its owner in brackets", offences);
}

#[test]
fn documents_name_no_place_on_a_machine() {
    let homes = ["/home/", "/root/", "/Users/", "/work/", "/tmp/", "C:\\"];
    let mut offences = Vec::new();
    for file in documents() {
        for (line, text) in (1..).zip(file.text.lines()) {
            if homes.iter().any(|home| text.contains(home)) {
                offences.push(file.location(line, text));
            }
        }
    }
    forbid(
        "paths in documents start at the root of the repository",
        offences,
    );
}
