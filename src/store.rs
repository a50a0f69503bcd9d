//! Persistent files: the deployment's key, the reviewers' labels and their marks.
//!
//! Uses `domain`, `privacy`, `wire`. All files are readable by the owner only.

mod key;
mod labels;
mod line_file;
mod marks;

pub(crate) use key::{KeyError, deployment_key, known_key};
pub(crate) use labels::LabelFile;
pub(crate) use line_file::{AppendError, LineFileError};
pub(crate) use marks::{MarkFile, read_marks};
