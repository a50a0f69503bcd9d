//! The routes of one group, with the names under which their calls are counted.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Method of a call whose path is not known.
pub(in crate::server) const OTHER: &str = "other";

/// Routes and the names of their calls. A name is the last segment of a path.
pub(in crate::server) struct ApiRoutes {
    routes: axum::Router,
    names: MethodNames,
}

/// The names of a group's calls: the `method` label of metrics. The list is closed, so that no caller can make a series.
#[derive(Clone, Debug)]
pub(in crate::server) struct MethodNames {
    known: BTreeSet<Arc<str>>,
    other: Arc<str>,
}

impl ApiRoutes {
    /// Names the calls of `routes` by their `paths`.
    pub(in crate::server) fn new<P: AsRef<str>>(
        routes: axum::Router,
        paths: impl IntoIterator<Item = P>,
    ) -> Self {
        let paths = paths.into_iter();
        Self {
            routes,
            names: MethodNames {
                known: paths.map(|path| last(path.as_ref()).into()).collect(),
                other: OTHER.into(),
            },
        }
    }

    /// Adds the routes and names of `other`.
    pub(in crate::server) fn merge(mut self, other: Self) -> Self {
        self.routes = self.routes.merge(other.routes);
        self.names.known.extend(other.names.known);
        self
    }

    /// Returns the names and the routes.
    pub(in crate::server) fn into_parts(self) -> (MethodNames, axum::Router) {
        (self.names, self.routes)
    }
}

impl MethodNames {
    /// Returns the name of the call at `path`; [`OTHER`] when it is not one of the group's.
    pub(in crate::server) fn of(&self, path: &str) -> &Arc<str> {
        self.known.get(last(path)).unwrap_or(&self.other)
    }

    /// Returns every name, [`OTHER`] included.
    pub(in crate::server) fn all(&self) -> impl Iterator<Item = &Arc<str>> {
        self.known.iter().chain([&self.other])
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
