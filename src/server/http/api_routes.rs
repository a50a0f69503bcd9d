//! The routes of one group, with the method names used in metrics.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Method name of requests to unknown paths.
pub(in crate::server) const OTHER: &str = "other";

/// Routes and their method names. A name is the last segment of a path.
pub(in crate::server) struct ApiRoutes {
    routes: axum::Router,
    names: MethodNames,
}

/// The method names of a group: the values of the `method` label in metrics. The list is closed, so that no caller can
/// create a time series.
#[derive(Clone, Debug)]
pub(in crate::server) struct MethodNames {
    known: BTreeSet<Arc<str>>,
    other: Arc<str>,
}

impl ApiRoutes {
    /// Creates a group of `routes` with method names taken from their `paths`.
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
    /// Returns the method name of `path`; [`OTHER`] if it is not in the group.
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
