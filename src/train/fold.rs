//! Folds for cross-fitting: a pure function of a unit's group, so that a pipeline, its relatives and an
//! application's translations always fall together.

use super::examples::LabeledRequest;
use crate::simulate::corpus::share_of;

/// The fold of a request's unit, in `0..folds`. Pipelines and applications fold by their group; a benign pool folds
/// by its own name, because lineage ties two thirds of those pools into one group.
pub fn fold_of(request: &LabeledRequest<'_>, application: bool, folds: usize, salt: &str) -> usize {
    let key = if request.attack || application {
        request.group
    } else {
        request.unit
    };
    ((share_of(key, salt) * folds as f64) as usize).min(folds - 1)
}
