//! What a model on disk must satisfy before it may score anyone.

use super::{AdditiveModelError, MAX_BINS, MAX_LOG_ODDS, Term};

pub(super) fn check_term(term: &Term) -> Result<(), AdditiveModelError> {
    let place = format!("term {:?}", term.name);
    check_edges(&place, &term.edges)?;
    check_shrink(&place, term.shrink)?;
    if let Some(typical) = term.typical {
        check_number(&format!("{place} typical"), typical, f64::MAX)?;
    }
    let expected = if term.lines {
        term.edges.len().max(1)
    } else {
        term.edges.len() + 1
    };
    check_values(&place, &term.values, expected)?;
    match term.values.windows(2).position(|pair| pair[0] > pair[1]) {
        Some(before) if term.monotone => Err(AdditiveModelError::NotMonotone {
            place,
            index: before + 1,
        }),
        _ => Ok(()),
    }
}

fn check_edges(place: &str, edges: &[f64]) -> Result<(), AdditiveModelError> {
    check_count(&format!("{place} edges"), edges.len(), MAX_BINS - 1)?;
    let place = format!("{place} edges");
    edges
        .iter()
        .try_for_each(|&edge| check_number(&place, edge, f64::MAX))?;
    match edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => Err(AdditiveModelError::Edges {
            place,
            index: before + 1,
        }),
        None => Ok(()),
    }
}

fn check_values(place: &str, values: &[f64], expected: usize) -> Result<(), AdditiveModelError> {
    if values.len() != expected {
        let place = place.to_owned();
        return Err(AdditiveModelError::Length {
            place,
            expected,
            actual: values.len(),
        });
    }
    values
        .iter()
        .try_for_each(|&value| check_number(place, value, MAX_LOG_ODDS))
}

fn check_shrink(place: &str, shrink: f64) -> Result<(), AdditiveModelError> {
    let place = format!("{place} shrink");
    check_number(&place, shrink, f64::MAX)?;
    if shrink < 0.0 {
        return Err(AdditiveModelError::Number {
            place,
            limit: f64::MAX,
            actual: shrink,
        });
    }
    Ok(())
}

fn check_count(place: &str, actual: usize, limit: usize) -> Result<(), AdditiveModelError> {
    if actual > limit {
        return Err(AdditiveModelError::TooMany {
            place: place.to_owned(),
            limit,
            actual,
        });
    }
    Ok(())
}

pub(super) fn check_number(place: &str, actual: f64, limit: f64) -> Result<(), AdditiveModelError> {
    if actual.abs() <= limit {
        return Ok(());
    }
    Err(AdditiveModelError::Number {
        place: place.to_owned(),
        limit,
        actual,
    })
}
