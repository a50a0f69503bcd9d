//! Import cycles: no file of `src` imports itself through others, so the sources can be read from the bottom up.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;

use crate::source::{Source, sources};

type Module = Vec<String>;

/// A file's imports: the paths that it uses, and those that it re-exports under its own module's name.
#[derive(Default)]
struct Imports {
    /// Absolute paths of everything that the file names.
    used: BTreeSet<Module>,
    /// Name in this module -> absolute path, for each `pub use`.
    re_exported: BTreeMap<String, Module>,
}

/// Returns the module path of a file under `src`; empty for the root.
fn module_of(file: &Source) -> Module {
    let path = file.name.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" || path == "main" {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

struct Reader<'a> {
    module: &'a Module,
    /// Modules declared in this file, by name.
    children: BTreeSet<String>,
    imports: Imports,
}

impl Reader<'_> {
    /// Resolves `path` as written in this file to an absolute path; `None` for other crates and for names of this
    /// file.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let mut absolute = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            child if self.children.contains(child) => {
                let mut own = self.module.clone();
                own.push(child.to_owned());
                own
            }
            _ => return None,
        };
        absolute.extend(rest.iter().cloned());
        Some(absolute)
    }

    fn tree(&mut self, tree: &syn::UseTree, prefix: &[String], public: bool) {
        let with = |name: String| prefix.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            syn::UseTree::Path(path) => {
                self.tree(&path.tree, &with(path.ident.to_string()), public);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, prefix, public);
                }
            }
            syn::UseTree::Glob(_) => self.name(prefix, None),
            syn::UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.name(&with(name.clone()), public.then_some(name));
            }
            syn::UseTree::Rename(name) => {
                let own = public.then(|| name.rename.to_string());
                self.name(&with(name.ident.to_string()), own);
            }
        }
    }

    fn name(&mut self, path: &[String], re_exported_as: Option<String>) {
        if let Some(absolute) = self.absolute(path) {
            if let Some(name) = re_exported_as {
                self.imports.re_exported.insert(name, absolute);
            } else {
                self.imports.used.insert(absolute);
            }
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|name| name == "test")
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            // Tests may import anything.
            syn::Item::Mod(module) if is_test(&module.attrs) => {}
            syn::Item::Use(import) if is_test(&import.attrs) => {}
            syn::Item::Use(import) => {
                let public = !matches!(import.vis, syn::Visibility::Inherited);
                self.tree(&import.tree, &[], public);
            }
            _ => syn::visit::visit_item(self, item),
        }
    }

    /// `pub(in crate::server)` says who may look, and looks at nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if names.len() > 1 {
            self.name(&names, None);
        }
        syn::visit::visit_path(self, path);
    }
}

fn read(file: &Source, module: &Module) -> Imports {
    let parsed = syn::parse_file(&file.text)
        .unwrap_or_else(|error| panic!("{}: expected Rust, got {error}", file.name));
    let children = parsed.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    });
    let mut reader = Reader {
        module,
        children: children.collect(),
        imports: Imports::default(),
    };
    reader.visit_file(&parsed);
    reader.imports
}

/// Returns the module of the file that defines what `path` names, following re-exports.
fn defining_module(files: &BTreeMap<Module, Imports>, path: &Module) -> Option<Module> {
    let mut path = path.clone();
    // A chain longer than any in this crate would be a cycle.
    for _ in 0..16 {
        let known = (1..=path.len())
            .rev()
            .find(|length| files.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(known);
        let re_exported = rest
            .first()
            .and_then(|name| files[module].re_exported.get(name));
        match re_exported {
            Some(further) => {
                path = further.iter().chain(&rest[1..]).cloned().collect();
            }
            None => return Some(module.to_vec()),
        }
    }
    None
}

/// Returns the files that `from` imports, directly or through others; includes `from` only if it is in a cycle.
fn reachable<'a>(
    edges: &'a BTreeMap<&Module, BTreeSet<Module>>,
    from: &'a Module,
) -> BTreeSet<&'a Module> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        for next in edges.get(module).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let tests = |file: &Source| file.name.ends_with("/tests.rs");
    let files: BTreeMap<Module, Imports> = sources("src")
        .iter()
        .filter(|file| !tests(file))
        .map(|file| {
            let module = module_of(file);
            let imports = read(file, &module);
            (module, imports)
        })
        .collect();
    let edges: BTreeMap<&Module, BTreeSet<Module>> = files
        .iter()
        .map(|(module, imports)| {
            let defined_in = imports
                .used
                .iter()
                .filter_map(|path| defining_module(&files, path));
            (module, defined_in.filter(|other| other != module).collect())
        })
        .collect();
    let mut cycles: BTreeSet<Vec<String>> = BTreeSet::new();
    for module in edges.keys() {
        let reached = reachable(&edges, module);
        if reached.contains(module) {
            let cycle = reached
                .into_iter()
                .filter(|other| reachable(&edges, other).contains(module));
            cycles.insert(cycle.map(|module| module.join("::")).collect());
        }
    }
    let cycles: Vec<String> = cycles
        .iter()
        .map(|cycle| format!("  {}", cycle.join(", ")))
        .collect();
    assert!(
        cycles.is_empty(),
        "files that import each other:\n{}",
        cycles.join("\n")
    );
}
