//! Pooling of strata that are too thin for thresholds of their own with their smallest sibling.
//!
//! Names of strata are paths, `consumer/chat`: those with one parent are siblings, and a stratum without one moves up
//! to its parent's level (a Mondrian taxonomy, Vovk, Gammerman & Shafer 2005, section 4.5, cut back where it is too
//! fine). Sizes alone decide, never scores: pooling by score would break the exchangeability of the accounts.

/// Pooled strata, with their size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    /// Names of the strata in it, sorted.
    pub(super) members: Vec<String>,
    /// Number of applications.
    applications: usize,
    parent: String,
}

/// Pools strata, given by name with their number of applications, until each pool counts at least `fewest` or is the
/// only one. An application that is in two strata is counted twice when they are merged, which errs towards too few
/// pools.
pub(super) fn pooled(strata: Vec<(String, usize)>, fewest: usize) -> Vec<Pool> {
    let mut pools: Vec<Pool> = strata
        .into_iter()
        .map(|(name, applications)| Pool {
            parent: parent(&name).to_owned(),
            members: vec![name],
            applications,
        })
        .collect();
    // Independent of the input order: the first of equally small ones is always the same.
    pools.sort_by(|a, b| a.members.cmp(&b.members));
    while let Some(thin) = smallest(&pools, |pool| pool.applications < fewest) {
        let pool = pools.swap_remove(thin);
        let sibling = smallest(&pools, |other| other.parent == pool.parent);
        // At the top level all are siblings, whatever their depth.
        let family = || smallest(&pools, |_| pool.parent.is_empty());
        if pools.is_empty() {
            return vec![pool];
        } else if let Some(index) = sibling.or_else(family) {
            let joined = &mut pools[index];
            joined.applications += pool.applications;
            joined.members.extend(pool.members);
            joined.members.sort_unstable();
        } else {
            pools.push(Pool {
                parent: parent(&pool.parent).to_owned(),
                ..pool
            });
        }
        pools.sort_by(|a, b| a.members.cmp(&b.members));
    }
    pools
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn smallest(pools: &[Pool], among: impl Fn(&Pool) -> bool) -> Option<usize> {
    let indices = (0..pools.len()).filter(|index| among(&pools[*index]));
    indices.min_by_key(|index| pools[*index].applications)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(strata: &[(&str, usize)], fewest: usize) -> Vec<Vec<String>> {
        let strata = strata.iter().map(|&(name, size)| (name.to_owned(), size));
        let pools = pooled(strata.collect(), fewest);
        pools.into_iter().map(|pool| pool.members).collect()
    }

    #[test]
    fn a_thin_stratum_joins_its_smallest_sibling() {
        let strata = [("a/x", 5), ("a/y", 50), ("a/z", 30), ("b/x", 12), ("c", 40)];
        assert_eq!(
            names(&strata, 10),
            [vec!["a/x", "a/z"], vec!["a/y"], vec!["b/x"], vec!["c"]]
        );
        // b/x has no sibling: it moves up, where c is.
        assert_eq!(names(&strata, 20)[2], ["b/x", "c"]);
        assert_eq!(names(&strata[..1], 20), [["a/x"]]);
        // An only child two levels down moves up until it has a sibling; a thin one at the top is merged with any
        // other.
        assert_eq!(names(&[("b", 3), ("b/c/d", 30)], 10), [["b", "b/c/d"]]);
        assert_eq!(names(&[("a", 3), ("b/c/d", 3)], 10), [["a", "b/c/d"]]);
    }

    proptest! {
        #[test]
        fn every_stratum_stands_in_one_pool(
            sizes in prop::collection::btree_map("[ab](/[xyz]){0,2}", 1_usize..40, 1..12),
            fewest in 1_usize..60,
        ) {
            let strata: Vec<(String, usize)> = sizes.clone().into_iter().collect();
            let mut backwards = strata.clone();
            backwards.reverse();
            let pools = pooled(strata, fewest);
            prop_assert_eq!(&pooled(backwards, fewest), &pools);
            let mut members: Vec<&String> = pools.iter().flat_map(|pool| &pool.members).collect();
            members.sort();
            prop_assert!(members.iter().copied().eq(sizes.keys()));
            for pool in &pools {
                let own: usize = pool.members.iter().map(|name| sizes[name]).sum();
                prop_assert!(own >= fewest || pools.len() == 1);
            }
        }
    }
}
