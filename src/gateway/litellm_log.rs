//! LiteLLM's log export (`generic_api`): its standard logging payload, as single records, as lines, or as a list; and
//! rows of its table of spend logs.
//!
//! The content type is JSON for all three forms, so the body decides: a list, or objects one after another. A record
//! that cannot be used does not affect the others, even where it is not JSON.

mod record;
mod rejected;

pub(super) use record::draft;
use record::exchange;
pub(crate) use rejected::Rejected;

use super::Context;
use crate::domain::Exchange;
use crate::json::{Node, records};
use crate::wire::WireError;

/// Maximum records of one body; the exporter sends at most 512.
const RECORDS_MAX: usize = 2_048;

/// Reads the exchanges of a body; a record that cannot be used is an error in its position.
///
/// # Errors
/// When nothing can be made out in the body, or there are too many records.
pub(crate) fn read(
    body: &[u8],
    context: &Context<'_>,
) -> Result<Vec<Result<Exchange, Rejected>>, WireError> {
    match Node::read(body) {
        Ok(Node::List(list)) => {
            bounded(list.len())?;
            let exchanges = list.iter().map(|record| exchange(record, context));
            Ok(exchanges.collect())
        }
        Ok(record) => Ok(vec![exchange(&record, context)]),
        Err(error) => salvaged(body, error.into(), context),
    }
}

/// Reads each record of a list alone, or each line. Fails with `error` when none of them is JSON.
fn salvaged(
    body: &[u8],
    error: WireError,
    context: &Context<'_>,
) -> Result<Vec<Result<Exchange, Rejected>>, WireError> {
    let mut cut = records(body);
    if cut.is_empty() {
        let lines = body.split(|byte| *byte == b'\n');
        cut = lines.filter(|line| !line.trim_ascii().is_empty()).collect();
    }
    bounded(cut.len())?;
    let mut any = false;
    let mut read = Vec::with_capacity(cut.len());
    for record in cut {
        let node = Node::read(record);
        any |= node.is_ok();
        read.push(match node {
            Ok(node) => exchange(&node, context),
            Err(error) => Err(WireError::from(error).into()),
        });
    }
    if any { Ok(read) } else { Err(error) }
}

fn bounded(got: usize) -> Result<(), WireError> {
    if got <= RECORDS_MAX {
        return Ok(());
    }
    Err(WireError::OverBound {
        field: "body".to_owned(),
        got,
        bound: RECORDS_MAX,
        unit: "records",
    })
}
