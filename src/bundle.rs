//! The model bundle on disk: manifest, hashes, load, save.
//!
//! A folder `models/<name>/<version>/` with `manifest.toml`, `tokenizer.json`, `encoder.safetensors`, `words.bloom`,
//! `risk_model.json` and `CARD.md`. The manifest names the hash of every other file; a bundle whose files do not match is
//! not loaded. The bundle shipped with the program is compiled in, so a server starts from any folder.
//!
//! Uses `engine` and everything to its left. The one module of the serving path that reads model files.

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

pub use catalogue::{BundleCatalogue, BundleSource, CatalogueEntry};
pub use error::BundleError;
pub use manifest::{EncoderKind, FORMAT, Manifest, RandomFeatureSettings};

/// The files of a bundle, other than its manifest.
const FILES: [&str; 5] = [
    "tokenizer.json",
    "encoder.safetensors",
    "words.bloom",
    "risk_model.json",
    "CARD.md",
];

/// BLAKE3 hashes of one file of a bundle, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHash {
    /// Name of the file.
    pub file: &'static str,
    /// The hash that the manifest states, if it states one.
    pub expected: Option<String>,
    /// The hash that the file has.
    pub actual: String,
}

/// The contents of a bundle's files.
#[derive(Clone)]
pub struct BundleFiles {
    /// `manifest.toml`.
    pub manifest: String,
    /// In the order of the manifest's `[files]`: tokenizer, encoder, words, risk model, card.
    pub files: [Vec<u8>; FILES.len()],
}

/// A loaded bundle.
pub struct Bundle {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The text model.
    pub encoder: TextEncoder,
    /// Words that templates are made of.
    pub common_words: CommonWords,
    /// The projection of profiles' mean embeddings.
    pub random_features: RandomFeatures,
    /// Measures to risk.
    pub risk_model: RiskModel,
    /// Its card, in Markdown.
    pub card: String,
}

impl Bundle {
    /// The bundle compiled into the program.
    ///
    /// # Errors
    /// When the program was built from a broken bundle; a test rules it out for releases.
    pub fn embedded() -> Result<Self, BundleError> {
        Self::from_files(&BundleFiles::embedded())
    }

    /// The bundle of this name in these files.
    ///
    /// # Errors
    /// When the manifest states another name, a file does not match the manifest or is not of its form.
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

    /// The bundle in a folder.
    ///
    /// # Errors
    /// When a file is missing, does not match the manifest, or is not of its form.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        Self::from_files(&BundleFiles::read(folder)?)
    }

    /// The bundle in these files.
    ///
    /// # Errors
    /// When a file does not match the manifest or is not of its form.
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
        // In two steps, so that a file of the wrong form and one of another program are told apart.
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

    /// Name and version, such as `default@1`.
    pub fn name(&self) -> String {
        self.manifest.bundle_name()
    }

    /// What an engine needs, under a deployment's key.
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
    /// The bundle compiled into the program.
    pub fn embedded() -> Self {
        Self {
            manifest: include_str!("../models/default/3/manifest.toml").to_owned(),
            files: [
                include_bytes!("../models/default/3/tokenizer.json").to_vec(),
                include_bytes!("../models/default/3/encoder.safetensors").to_vec(),
                include_bytes!("../models/default/3/words.bloom").to_vec(),
                include_bytes!("../models/default/3/risk_model.json").to_vec(),
                include_bytes!("../models/default/3/CARD.md").to_vec(),
            ],
        }
    }

    /// The bundle in a folder, not yet checked.
    ///
    /// # Errors
    /// When a file cannot be read, or the manifest is not of this program's format.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|error| BundleError::File { path, error })
        };
        let manifest = String::from_utf8_lossy(&read("manifest.toml")?).into_owned();
        // Another format has other files: say that first, and not that one is missing.
        Manifest::parse(&manifest)?;
        let mut files: [Vec<u8>; FILES.len()] = Default::default();
        for (file, name) in files.iter_mut().zip(FILES) {
            *file = read(name)?;
        }
        Ok(Self { manifest, files })
    }

    /// BLAKE3 hash of the manifest, in hexadecimal digits: identifies the bundle's content.
    pub fn digest(&self) -> String {
        blake3::hash(self.manifest.as_bytes()).to_hex().to_string()
    }

    /// The hashes of every file but the manifest.
    ///
    /// # Errors
    /// When the manifest is not of its form.
    pub fn hashes(&self) -> Result<[FileHash; FILES.len()], BundleError> {
        let manifest = Manifest::parse(&self.manifest)?;
        Ok(std::array::from_fn(|index| FileHash {
            file: FILES[index],
            expected: manifest.files.get(FILES[index]).cloned(),
            actual: blake3::hash(&self.files[index]).to_hex().to_string(),
        }))
    }

    /// Puts the files together under a manifest that vouches for them.
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

    /// Writes the bundle into a folder, which is made. The manifest comes last, so that a bundle cut short is refused.
    ///
    /// # Errors
    /// When a file cannot be written.
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
