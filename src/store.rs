//! Files on disk that outlive a restart: the deployment's key and the reviewers' labels.
//!
//! Uses `domain`, `privacy`, `wire`. Everything is readable by the owner alone.

mod key;
mod labels;

pub use key::{KeyError, deployment_key, known_key};
pub use labels::{LabelFile, LabelFileError, LabelStoreError, StoredLabel};
