//! The catalogue of available bundles: the one compiled in, the one that the program was started with, and those of a
//! folder.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use super::{BundleError, BundleFiles, Manifest};

/// Maximum number of bundles in a catalogue.
const ENTRIES_MAX: usize = 256;

/// A catalogue that finds bundles by name.
///
/// It is read anew on every call, so that a bundle added to the folder is found without a restart.
#[derive(Clone, Debug, Default)]
pub struct BundleCatalogue {
    /// Folder of the bundle that the program was started with, unless that is the one compiled in.
    pub started: Option<PathBuf>,
    /// Folder of many bundles, each at `<name>/<version>`.
    pub folder: Option<PathBuf>,
}

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// `name@version`.
    pub name: String,
    /// The source of its files.
    pub source: BundleSource,
}

/// The source of a bundle's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleSource {
    /// Compiled into the program.
    BuiltIn,
    /// A folder with its files.
    Folder(PathBuf),
}

impl BundleSource {
    /// Reads the bundle's manifest.
    ///
    /// # Errors
    /// If it cannot be read or is invalid.
    pub fn manifest(&self) -> Result<Manifest, BundleError> {
        match self {
            Self::BuiltIn => Manifest::parse(&BundleFiles::embedded().manifest),
            Self::Folder(folder) => Manifest::read(folder),
        }
    }

    /// Reads the bundle's files, without checking them.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn files(&self) -> Result<BundleFiles, BundleError> {
        match self {
            Self::BuiltIn => Ok(BundleFiles::embedded()),
            Self::Folder(folder) => BundleFiles::read(folder),
        }
    }
}

impl BundleCatalogue {
    /// Returns all bundles, in a fixed order, at most 256. If a name occurs twice, the first entry counts.
    pub fn entries(&self) -> Vec<CatalogueEntry> {
        let single = [
            Some(BundleSource::BuiltIn),
            self.started.clone().map(BundleSource::Folder),
        ];
        let single = single.into_iter().flatten().filter_map(|source| {
            let name = source.manifest().ok()?.bundle_name();
            Some(CatalogueEntry { name, source })
        });
        let mut entries: Vec<CatalogueEntry> = single.collect();
        for entry in self.folder.as_deref().map(listed).unwrap_or_default() {
            if entries.iter().all(|known| known.name != entry.name) {
                entries.push(entry);
            }
        }
        entries.truncate(ENTRIES_MAX);
        entries
    }

    /// Returns the source of the bundle with this name; `None` if there is none. It is looked up in [`Self::entries`]:
    /// a name that a caller sends never becomes part of a path.
    pub fn find(&self, name: &str) -> Option<BundleSource> {
        let mut entries = self.entries().into_iter();
        entries
            .find(|entry| entry.name == name)
            .map(|entry| entry.source)
    }
}

/// Returns the bundles at `<name>/<version>` of a folder, by name and version. Links are not followed.
fn listed(folder: &Path) -> Vec<CatalogueEntry> {
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
    let entry = |(name, version, path)| CatalogueEntry {
        name: format!("{name}@{version}"),
        source: BundleSource::Folder(path),
    };
    found.into_iter().map(entry).collect()
}

fn folders(folder: &Path) -> impl Iterator<Item = DirEntry> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
}
