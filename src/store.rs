//! Persistent files: the deployment's key and the reviewers' labels.
//!
//! Uses `domain`, `privacy`, `wire`. All files are readable by the owner only.

mod key;
mod labels;

pub(crate) use key::{KeyError, deployment_key, known_key};
pub(crate) use labels::{LabelFile, LabelFileError, LabelStoreError};
