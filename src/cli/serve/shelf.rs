//! The bundles at hand, and the change from one to another.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::sync::TryLockError;

use super::served::Served;
use crate::bundle::{Bundle, BundleError, BundleFiles, Manifest};
use crate::engine::Engine;
use crate::server::{ModelEntry, ModelError, Models, Verification};

/// Bundles listed at most.
const LISTED_MAX: usize = 256;

/// Where bundles come from: the program, the folder that the server was started with, a folder of many.
pub(super) struct Shelf {
    started: Option<PathBuf>,
    folder: Option<PathBuf>,
}

/// One place of a bundle.
enum Source {
    BuiltIn,
    Folder(PathBuf),
}

impl Source {
    fn manifest(&self) -> Result<Manifest, BundleError> {
        match self {
            Self::BuiltIn => Manifest::parse(&BundleFiles::embedded().manifest),
            Self::Folder(folder) => Manifest::read(folder),
        }
    }

    fn files(&self) -> Result<BundleFiles, BundleError> {
        match self {
            Self::BuiltIn => Ok(BundleFiles::embedded()),
            Self::Folder(folder) => BundleFiles::read(folder),
        }
    }
}

impl Shelf {
    /// The bundle folder that the server was started with and the folder of many, if any.
    pub(super) fn new(started: Option<PathBuf>, folder: Option<PathBuf>) -> Self {
        Self { started, folder }
    }

    /// Every bundle at hand by name. A name that occurs twice means the first.
    fn bundles(&self) -> Vec<(String, Source)> {
        let single = [
            Some(Source::BuiltIn),
            self.started.clone().map(Source::Folder),
        ];
        let mut bundles: Vec<(String, Source)> = single
            .into_iter()
            .flatten()
            .filter_map(|source| {
                let manifest = source.manifest().ok()?;
                Some((format!("{}@{}", manifest.name, manifest.version), source))
            })
            .collect();
        let folder = self.folder.as_deref().map(listed).unwrap_or_default();
        for (name, version, path) in folder {
            let name = format!("{name}@{version}");
            if bundles.iter().all(|(known, _)| *known != name) {
                bundles.push((name, Source::Folder(path)));
            }
        }
        bundles.truncate(LISTED_MAX);
        bundles
    }

    /// The bundle of this name, among those listed: what a caller sends never becomes part of a path.
    fn find(&self, name: &str) -> Result<Source, ModelError> {
        let bundles = self.bundles().into_iter();
        let mut found = bundles.filter(|(known, _)| known == name);
        found
            .next()
            .map(|(_, source)| source)
            .ok_or(ModelError::Unknown)
    }
}

/// The folders `<name>/<version>` of a folder, by name and version. Links are not followed.
fn listed(folder: &Path) -> Vec<(String, u32, PathBuf)> {
    let mut found = Vec::new();
    for name in folders(folder) {
        for version in folders(&name.path()) {
            let named = name.file_name().into_string().ok();
            let number = version.file_name().into_string().ok();
            let number = number.and_then(|text| {
                let number: u32 = text.parse().ok()?;
                (number.to_string() == text).then_some(number)
            });
            if let (Some(named), Some(number)) = (named, number) {
                found.push((named, number, version.path()));
            }
        }
    }
    found.sort();
    found
}

fn folders(folder: &Path) -> impl Iterator<Item = DirEntry> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
}

impl Models for Served {
    fn list(&self) -> Vec<ModelEntry> {
        let engine = self.engine();
        let bundles = self.shelf.bundles().into_iter();
        let entry = |(bundle, source): (String, Source)| {
            let text_model = source.manifest().ok().map(|manifest| manifest.text_model());
            ModelEntry {
                built_in: matches!(source, Source::BuiltIn),
                active: bundle == engine.bundle(),
                keeps_histories: text_model.as_deref() == Some(engine.text_model()),
                text_model,
                bundle,
            }
        };
        bundles.map(entry).collect()
    }

    fn verify(&self, bundle: &str) -> Result<Verification, ModelError> {
        let read = self.shelf.find(bundle)?.files();
        let (problem, files) = match &read {
            Err(error) => (Some(problem(error)), Vec::new()),
            Ok(files) => (
                load(files, bundle).err(),
                files.hashes().map_or_else(|_| Vec::new(), Vec::from),
            ),
        };
        let files = files.into_iter();
        Ok(Verification {
            problem,
            files: files
                .map(|(file, expected, came)| (file, expected, Some(came)))
                .collect(),
        })
    }

    fn activate(&self, bundle: &str, forget_histories: bool) -> Result<bool, ModelError> {
        let _only = match self.activating.try_lock() {
            Ok(only) => only,
            Err(TryLockError::WouldBlock) => return Err(ModelError::Busy),
            Err(TryLockError::Poisoned(only)) => only.into_inner(),
        };
        let files = self
            .shelf
            .find(bundle)?
            .files()
            .map_err(|error| unfit(problem(&error)))?;
        let parts = load(&files, bundle)
            .map_err(unfit)?
            .into_engine_parts(self.key.clone());
        let active = self.engine();
        let keeps = parts.text_model == active.text_model();
        let next = if keeps {
            active
                .with_bundle(parts)
                .ok_or(ModelError::OtherTextModel)?
        } else if forget_histories {
            Engine::new(parts, self.accounts_max)
        } else {
            return Err(ModelError::OtherTextModel);
        };
        self.replace(next, &files);
        tracing::info!(bundle, histories_kept = keeps, "bundle activated");
        Ok(keeps)
    }
}

/// The bundle of these files, if it fits and is the one asked for.
fn load(files: &BundleFiles, name: &str) -> Result<Bundle, &'static str> {
    let bundle = Bundle::from_files(files).map_err(|error| problem(&error))?;
    if bundle.name() == name {
        Ok(bundle)
    } else {
        Err("its manifest states another name or version than its folder")
    }
}

const fn unfit(problem: &'static str) -> ModelError {
    ModelError::Unfit { problem }
}

/// What is wrong, without a path or a word of a file; the log has the rest.
fn problem(error: &BundleError) -> &'static str {
    tracing::warn!(%error, "a bundle is unfit");
    match error {
        BundleError::File { .. } => "a file is missing or cannot be read",
        BundleError::Manifest(_) => "its manifest is not of the form of a manifest",
        BundleError::Format { .. } => "it has another format than this program reads",
        BundleError::Hash { .. } => "a file does not have the hash that the manifest states",
        BundleError::RiskModel(_) => "it was made for other measures than this program takes",
        BundleError::Tokenizer(_)
        | BundleError::Encoder(_)
        | BundleError::Words(_)
        | BundleError::Bandwidth(_)
        | BundleError::RiskModelForm(_) => "a file is not of its form",
    }
}
