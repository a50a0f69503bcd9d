//! What a model on disk must satisfy before it may score anyone.

use super::{AdditiveModelError, MAX_BINS, MAX_LOG_ODDS, PairTerm, Term};

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

pub(super) fn check_pair(
    index: usize,
    pair: &PairTerm,
    terms: &[Term],
) -> Result<(), AdditiveModelError> {
    let place = format!("pair {index}");
    if pair.first >= pair.second || pair.second >= terms.len() {
        return Err(AdditiveModelError::PairFeatures {
            place,
            features: terms.len(),
            first: pair.first,
            second: pair.second,
        });
    }
    check_edges(&place, &pair.first_edges)?;
    check_edges(&place, &pair.second_edges)?;
    check_shrink(&place, pair.shrink)?;
    let columns = pair.second_edges.len() + 1;
    check_values(&place, &pair.values, (pair.first_edges.len() + 1) * columns)?;
    for at in 0..pair.values.len() {
        let falls_down = at >= columns && pair.values[at - columns] > pair.values[at];
        let falls_right = at % columns > 0 && pair.values[at - 1] > pair.values[at];
        if (falls_down && terms[pair.first].monotone)
            || (falls_right && terms[pair.second].monotone)
        {
            return Err(AdditiveModelError::NotMonotone { place, index: at });
        }
    }
    Ok(())
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
            came: values.len(),
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
            came: shrink,
        });
    }
    Ok(())
}

pub(super) fn check_count(
    place: &str,
    came: usize,
    limit: usize,
) -> Result<(), AdditiveModelError> {
    if came > limit {
        return Err(AdditiveModelError::TooMany {
            place: place.to_owned(),
            limit,
            came,
        });
    }
    Ok(())
}

pub(super) fn check_number(place: &str, came: f64, limit: f64) -> Result<(), AdditiveModelError> {
    if came.abs() <= limit {
        return Ok(());
    }
    Err(AdditiveModelError::Number {
        place: place.to_owned(),
        limit,
        came,
    })
}
