//! Model bundles on disk: manifest, hashes, reading, writing.
//!
//! A bundle is a folder `models/<name>/<version>/` with `manifest.toml`, `tokenizer.json`, `encoder.safetensors`,
//! `words.bloom`, `risk_model.json` and `CARD.md`. The manifest contains the hash of every other file; a bundle whose
//! files do not match is not loaded. The default bundle is compiled into the program, so a server starts from any
//! folder.
//!
//! Uses `engine` and everything to its left. The only module of the serving path that reads model files.

mod catalogue;
mod error;
mod manifest;

use std::path::{Path, PathBuf};

use crate::encoder::{StaticEncoder, TextEncoder, Vocabulary};
use crate::engine::EngineParts;
use crate::observe::Observer;
use crate::privacy::PseudonymKey;
use crate::profile::RandomFeatures;
use crate::risk::{RiskModel, RiskModelFile};
use crate::text::CommonWords;

pub use catalogue::BundleCatalogue;
pub(crate) use catalogue::{BundleSource, CatalogueEntry};
pub use error::BundleError;
pub use manifest::Manifest;
pub(crate) use manifest::{EncoderKind, FORMAT, RandomFeatureSettings};

/// The files of a bundle, other than its manifest.
const FILES: [&str; 5] = [
    "tokenizer.json",
    "encoder.safetensors",
    "words.bloom",
    "risk_model.json",
    "CARD.md",
];

/// Expected and actual BLAKE3 hash of one file of a bundle, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHash {
    /// Name of the file.
    pub file: &'static str,
    /// The hash in the manifest, if there is one.
    pub expected: Option<String>,
    /// The hash of the file.
    pub actual: String,
}

/// The contents of a bundle's files.
#[derive(Clone)]
pub struct BundleFiles {
    /// `manifest.toml`.
    pub manifest: String,
    /// The other files: tokenizer, encoder, words, risk model, card.
    pub files: [Vec<u8>; FILES.len()],
}

/// A loaded bundle.
pub struct Bundle {
    /// The manifest.
    pub manifest: Manifest,
    /// The text model.
    pub encoder: TextEncoder,
    /// The words that templates are made of.
    pub common_words: CommonWords,
    /// The projection of the profiles' mean embeddings.
    pub random_features: RandomFeatures,
    /// Converts measures to risk.
    pub risk_model: RiskModel,
    /// The model card, in Markdown.
    pub card: String,
}

impl Bundle {
    /// Loads the bundle compiled into the program.
    ///
    /// # Errors
    /// If the program was built from a broken bundle; a test rules this out for releases.
    pub fn embedded() -> Result<Self, BundleError> {
        Self::from_files(&BundleFiles::embedded())
    }

    /// Loads a bundle from these files and checks its name.
    ///
    /// # Errors
    /// If the manifest states another name, or if a file does not match the manifest or is invalid.
    pub fn from_files_of(name: &str, files: &BundleFiles) -> Result<Self, BundleError> {
        let bundle = Self::from_files(files)?;
        let actual = bundle.name();
        if actual == name {
            Ok(bundle)
        } else {
            Err(BundleError::Name {
                expected: name.to_owned(),
                actual,
            })
        }
    }

    /// Loads the bundle in a folder.
    ///
    /// # Errors
    /// If a file is missing, does not match the manifest or is invalid.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        Self::from_files(&BundleFiles::read(folder)?)
    }

    /// Loads a bundle from these files.
    ///
    /// # Errors
    /// If a file does not match the manifest or is invalid.
    pub fn from_files(files: &BundleFiles) -> Result<Self, BundleError> {
        let manifest = Manifest::parse(&files.manifest)?;
        for (file, name) in files.files.iter().zip(FILES) {
            let actual = blake3::hash(file).to_hex().to_string();
            let expected = manifest.files.get(name).cloned().unwrap_or_default();
            if actual != expected {
                return Err(BundleError::Hash {
                    file: name,
                    expected,
                    actual,
                });
            }
        }
        let [tokenizer, weights, words, risk_model, card] = &files.files;
        let vocabulary = Vocabulary::from_json(&String::from_utf8_lossy(tokenizer))?;
        let model = StaticEncoder::from_safetensors(weights, manifest.tokens)?;
        // In two steps, so that a malformed file and one for another program give different errors.
        let risk_model: RiskModelFile = serde_json::from_slice(risk_model)?;
        let projection = manifest.random_features;
        Ok(Self {
            encoder: TextEncoder::new(vocabulary, model)?,
            common_words: CommonWords::from_bytes(words)?,
            random_features: RandomFeatures::new(projection.seed, projection.bandwidth)?,
            risk_model: risk_model.try_into()?,
            card: String::from_utf8_lossy(card).into_owned(),
            manifest,
        })
    }

    /// Returns name and version, such as `default@1`.
    pub fn name(&self) -> String {
        self.manifest.bundle_name()
    }

    /// Converts the bundle to the parts of an engine, under a deployment's key.
    pub fn into_engine_parts(self, key: PseudonymKey) -> EngineParts {
        EngineParts {
            bundle: self.name().into(),
            text_model: self.manifest.text_model(),
            observer: Observer::new(self.encoder, self.common_words, key),
            random_features: self.random_features,
            risk_model: self.risk_model,
        }
    }
}

impl BundleFiles {
    /// Returns the files of the bundle compiled into the program.
    pub fn embedded() -> Self {
        Self {
            manifest: include_str!("../models/default/4/manifest.toml").to_owned(),
            files: [
                include_bytes!("../models/default/4/tokenizer.json").to_vec(),
                include_bytes!("../models/default/4/encoder.safetensors").to_vec(),
                include_bytes!("../models/default/4/words.bloom").to_vec(),
                include_bytes!("../models/default/4/risk_model.json").to_vec(),
                include_bytes!("../models/default/4/CARD.md").to_vec(),
            ],
        }
    }

    /// Reads the files of the bundle in a folder, without checking them.
    ///
    /// # Errors
    /// If a file cannot be read, or if the manifest is not of this program's format.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|error| BundleError::File { path, error })
        };
        let manifest = String::from_utf8_lossy(&read("manifest.toml")?).into_owned();
        // Another format has other files: report that first, and not a missing file.
        Manifest::parse(&manifest)?;
        let mut files: [Vec<u8>; FILES.len()] = Default::default();
        for (file, name) in files.iter_mut().zip(FILES) {
            *file = read(name)?;
        }
        Ok(Self { manifest, files })
    }

    /// Returns the BLAKE3 hash of the manifest in hexadecimal digits, which identifies the bundle's content.
    pub fn digest(&self) -> String {
        blake3::hash(self.manifest.as_bytes()).to_hex().to_string()
    }

    /// Returns the hashes of every file except the manifest.
    ///
    /// # Errors
    /// If the manifest is invalid.
    pub fn hashes(&self) -> Result<[FileHash; FILES.len()], BundleError> {
        let manifest = Manifest::parse(&self.manifest)?;
        Ok(std::array::from_fn(|index| FileHash {
            file: FILES[index],
            expected: manifest.files.get(FILES[index]).cloned(),
            actual: blake3::hash(&self.files[index]).to_hex().to_string(),
        }))
    }

    /// Combines the files with a manifest, and writes their hashes into it.
    pub fn new(mut manifest: Manifest, files: [Vec<u8>; FILES.len()]) -> Self {
        manifest.files = FILES
            .iter()
            .zip(&files)
            .map(|(name, file)| ((*name).to_owned(), blake3::hash(file).to_hex().to_string()))
            .collect();
        Self {
            manifest: manifest.to_toml(),
            files,
        }
    }

    /// Writes the bundle into a folder, which is created. The manifest is written last, so that an incomplete bundle is
    /// rejected.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), BundleError> {
        let at = |path: PathBuf| move |error| BundleError::File { path, error };
        std::fs::create_dir_all(folder).map_err(at(folder.to_owned()))?;
        for (file, name) in self.files.iter().zip(FILES) {
            let path = folder.join(name);
            std::fs::write(&path, file).map_err(at(path))?;
        }
        let path = folder.join("manifest.toml");
        std::fs::write(&path, &self.manifest).map_err(at(path))
    }
}
