//! Folds for cross-fitting, a pure function of a unit's name, so that a pipeline and its relatives, and an application
//! and its translations, are always in the same fold.

use super::examples::{LabeledRequest, Origin};
use crate::simulate::corpus::share_of;

/// Salt of the folds of a bundle trained from pools.
pub(super) const FOLD_SALT: &str = "cross-fit";

/// Returns the fold of a request's unit, in `0..folds`. Pipelines and applications fold by their group; a benign pool
/// folds by its own name, because lineage links two thirds of those pools into one group.
pub(crate) fn fold_of(request: &LabeledRequest<'_>, folds: usize, salt: &str) -> usize {
    fold_of_key(unit_of_split(request), folds, salt)
}

/// Returns the key that a request folds by: a benign pool's name, otherwise the group.
pub(crate) fn unit_of_split<'a>(request: &LabeledRequest<'a>) -> &'a str {
    if request.origin == Origin::Pool {
        request.unit
    } else {
        request.group
    }
}

/// Returns the fold of a group (or of a benign pool's name), in `0..folds`.
pub(crate) fn fold_of_key(key: &str, folds: usize, salt: &str) -> usize {
    ((share_of(key, salt) * folds as f64) as usize).min(folds - 1)
}
