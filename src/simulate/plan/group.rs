//! The honest group that an account belongs to, for its label.

use crate::domain::GroupKind;

/// Accounts that share a template or an owner.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) kind: GroupKind,
}
