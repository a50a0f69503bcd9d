//! What the path of a request to a model says: which API it is, and where the API names the model there, which model.

/// A path of a model API under which calls are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Route {
    /// The model, where the path names it.
    pub(super) model: Option<String>,
    /// Whether the body holds several calls.
    pub(super) batch: bool,
}

/// Ends of paths, in lower case, at which a model is asked for text.
const TEXT: [&str; 10] = [
    "/chat/completions",
    "/completions",
    "/responses",
    "/messages",
    "/complete",
    "/v1/chat",
    "/v2/chat",
    "/api/chat",
    "/api/generate",
    "/v1/generate",
];
/// Methods of Google's APIs, after the colon.
const METHODS: [&str; 6] = [
    "generatecontent",
    "streamgeneratecontent",
    "batchgeneratecontent",
    "rawpredict",
    "streamrawpredict",
    "predict",
];
/// Bedrock's operations on a model.
const OPERATIONS: [&str; 4] = [
    "converse",
    "converse-stream",
    "invoke",
    "invoke-with-response-stream",
];

impl Route {
    /// Reads a path with its query, under any prefix and in any case; `None` for one at which no model is asked for
    /// text.
    pub(super) fn of(path: &[u8]) -> Option<Self> {
        let path = path.split(|&byte| matches!(byte, b'?' | b'#')).next()?;
        let path = std::str::from_utf8(path).ok()?.trim_end_matches('/');
        let lower = path.to_ascii_lowercase();
        let one = |model: Option<&str>| Self {
            model: model.map(unescaped).filter(|model| !model.is_empty()),
            batch: false,
        };
        if lower.ends_with("/messages/batches") {
            return Some(Self {
                batch: true,
                ..one(None)
            });
        }
        let mut segments = path.rsplit('/');
        let (last, before) = (segments.next()?, segments.next());
        let operation = last.to_ascii_lowercase();
        if OPERATIONS.contains(&&*operation) && names(segments.next(), "model") {
            return Some(one(before));
        }
        // Some clients escape the colon.
        let method = last
            .rsplit_once(':')
            .or_else(|| last.rsplit_once("%3A"))
            .or_else(|| last.rsplit_once("%3a"));
        if let Some((model, method)) = method {
            let method = method.to_ascii_lowercase();
            return METHODS.contains(&&*method).then(|| Self {
                batch: method.starts_with("batch"),
                ..one(Some(model))
            });
        }
        TEXT.iter()
            .any(|end| lower.ends_with(end))
            .then(|| one(deployment(path)))
    }
}

fn names(segment: Option<&str>, name: &str) -> bool {
    segment.is_some_and(|segment| segment.eq_ignore_ascii_case(name))
}

/// Returns the deployment that a path of Azure's API names.
fn deployment(path: &str) -> Option<&str> {
    let mut segments = path.split('/');
    segments.find(|segment| names(Some(segment), "deployments"))?;
    segments.next()
}

/// Returns a segment of a path without its percent escapes.
fn unescaped(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.first_chunk::<2>().filter(|_| *first == b'%');
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_model_apis_are_known_with_the_models_they_name() {
        for (path, model) in [
            ("/v1/chat/completions", None),
            ("/prefix/V1/Chat/Completions?x=/y", None),
            ("/v1/completions/", None),
            ("/completions", None),
            ("/v1/responses", None),
            ("/v1/messages/", None),
            ("/v1/messages?beta=true", None),
            ("/api/chat", None),
            (
                "/openai/deployments/my-gpt/chat/completions?api-version=1",
                Some("my-gpt"),
            ),
            (
                "/v1beta/models/gemini-3-pro:generateContent",
                Some("gemini-3-pro"),
            ),
            (
                "/v1beta/models/gemini-3-pro%3AstreamGenerateContent?alt=sse",
                Some("gemini-3-pro"),
            ),
            (
                "/v1/projects/p/locations/l/publishers/anthropic/models/opus@1:streamRawPredict",
                Some("opus@1"),
            ),
            (
                "/model/anthropic.opus-v1%3A0/converse",
                Some("anthropic.opus-v1:0"),
            ),
            (
                "/model/us.opus/invoke-with-response-stream",
                Some("us.opus"),
            ),
        ] {
            let route = Route::of(path.as_bytes()).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(
                (route.model.as_deref(), route.batch),
                (model, false),
                "{path}"
            );
        }
        for path in ["/v1/messages/batches", "/v1/models/m:batchGenerateContent"] {
            assert!(
                Route::of(path.as_bytes()).is_some_and(|route| route.batch),
                "{path}"
            );
        }
        for path in [
            "",
            "/v1/models",
            "/v1/messages/count_tokens",
            "/v1/embeddings",
            "/v1/images/generations",
            "/v1/audio/speech",
            "/v1/moderations",
            "/v1/rerank",
            "/v1beta/models/m:embedContent",
            "/v1beta/models/m:countTokens",
            "/invoke",
        ] {
            assert_eq!(Route::of(path.as_bytes()), None, "{path}");
        }
    }
}
