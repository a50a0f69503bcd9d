//! Files on disk that outlive a restart: the deployment's key and what reviewers said.
//!
//! Uses `domain`, `privacy`, `wire`. Everything is readable by the owner alone.

mod key;
mod labels;

pub use key::{KeyFileError, deployment_key};
pub use labels::{LabelFile, LabelFileError, LabelStoreError, StoredLabel};
