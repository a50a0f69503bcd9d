"""The contract's messages as dataclasses. Names and meanings are those of `proto/stillwatch/v1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Literal

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
Band = Literal["insufficient", "low", "elevated", "high", "severe"]
Recommendation = Literal["allow", "watch", "review", "restrict"]


@dataclass(frozen=True)
class Message:
    """One message of a request."""

    role: Role | str
    content: str | Sequence[Mapping[str, object]] | None
    """Text, or the usual list of parts, from which the server reads the text parts."""


@dataclass(frozen=True)
class Parameters:
    """Sampling and output parameters, as set by the caller. An absent parameter is never evidence."""

    temperature: float | None = None
    max_tokens: int | None = None
    n: int | None = None
    """Number of answers requested."""
    response_format: str | None = None
    """`text`, `json_object`, `json_schema`; any other value counts as a separate format."""
    reasoning_effort: str | None = None
    logprobs: bool | None = None


@dataclass(frozen=True)
class Response:
    """The response of the model, as far as the caller knows it."""

    text: str | None = None
    finish_reason: str | None = None
    """`stop`, `length`, `tool_calls`, `content_filter`, or the other common names of these four."""
    status: int | None = None
    """HTTP status of the response."""
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True)
class Client:
    """Origin of the request. Converted to keyed digests on receipt; location is never a feature."""

    ip: str | None = None
    user_agent: str | None = None
    tls_fingerprint: str | None = None
    """TLS fingerprint of the client, such as JA4."""
    api_key: str | None = None
    """Name of the API key, never the key itself."""
    payment: str | None = None
    """Name of the payment instrument."""


@dataclass(frozen=True)
class Exchange:
    """One request to a model and its response."""

    account: str
    """Account that made the request, by the caller's name for it."""
    model: str
    messages: Sequence[Message]
    """The conversation so far, oldest first; at least one."""
    id: str | None = None
    """The caller's id for this exchange. When absent the client sets a random one, the same on every retry."""
    time: datetime | str | None = None
    """Time of the request: a datetime with an offset, or RFC 3339 text. If absent, the time of receipt."""
    organization: str | None = None
    conversation: str | None = None
    system: str | None = None
    """System prompt, if separate from the messages."""
    tools: Sequence[str] | None = None
    """Names of the tools offered."""
    parameters: Parameters | None = None
    response: Response | None = None
    client: Client | None = None


@dataclass(frozen=True)
class Label:
    """A reviewer's label of an account or of one of its conversations. Set exactly one of `account` and `pseudonym`."""

    account: str | None
    """The account, by the caller's name for it."""
    label: Literal["extraction", "benign"]
    techniques: Sequence[str] | None = None
    """Names of the techniques used; absent for benign."""
    reviewer: str | None = None
    """The person who decided."""
    conversation: str | None = None
    """The conversation that the label applies to; if absent, the whole account."""
    pseudonym: str | None = None
    """The account's pseudonym, as in `accounts.list()`: 32 hexadecimal digits."""


@dataclass(frozen=True)
class StoredLabel:
    """A current label, with the field names of a label file."""

    pseudonym: str
    account: str | None
    """The account's name; `None` if no label had it."""
    label: Literal["extraction", "benign"] | str
    techniques: tuple[str, ...]
    conversation: str | None
    source: str | None
    """Source of the label, such as the reviewer."""


@dataclass(frozen=True)
class LabelPage:
    """One page of the current labels."""

    labels: tuple[StoredLabel, ...]
    next_page_token: str | None
    """Token that requests the next page; `None` on the last page."""


@dataclass(frozen=True)
class LabelReceipt:
    """The result of submitting a label."""

    labels: int
    """Number of current labels: one per account and conversation."""
    replaced: bool
    """Whether an earlier label was replaced."""


@dataclass(frozen=True)
class Reason:
    """One additive term of a score, as numbers and as a sentence."""

    code: str
    observed: float
    expected: float
    baseline_of: str
    """Group for which `expected` is typical: `population` means all benign accounts."""
    contribution: float
    """Log-odds added to the score."""
    text: str
    technique: str | None


@dataclass(frozen=True)
class Assessment:
    """Stillwatch's assessment of an account after one exchange."""

    exchange: str
    account: str
    time: str
    exchange_count: int
    """Exchanges of the account counted so far, including this one."""
    risk: float
    """Calibrated probability that the account is extracting, given everything counted so far."""
    risk_low: float
    risk_high: float
    band: Band | str
    recommendation: Recommendation | str
    """Stillwatch recommends; the gateway enforces."""
    mitigations: tuple[str, ...]
    techniques: Mapping[str, float]
    """Risk of each technique that had enough history, by name."""
    conversation_risk: float
    """Risk of this conversation alone, judged by its text."""
    reasons: tuple[Reason, ...]
    """Largest first. With `base`, their contributions sum to `score`."""
    base: float
    score: float
    truncated: bool
    bundle: str
    """The model bundle that scored, such as `default@4`."""


@dataclass(frozen=True)
class ItemError:
    """Why one exchange of a batch has no assessment."""

    code: str
    message: str
    reason: str
    field: str
    retryable: bool


@dataclass(frozen=True)
class Account:
    """The current assessment of an account, without a new exchange."""

    account: str
    """The account's name, if the request had it."""
    pseudonym: str
    """32 hexadecimal digits."""
    exchange_count: int
    last_seen: str
    """Time of the latest exchange."""
    risk: float
    risk_low: float
    risk_high: float
    band: Band | str
    recommendation: Recommendation | str
    mitigations: tuple[str, ...]
    techniques: Mapping[str, float]
    reasons: tuple[Reason, ...]
    base: float
    score: float
    bundle: str


@dataclass(frozen=True)
class AccountRow:
    """One account of a list; names are not stored."""

    pseudonym: str
    exchange_count: int
    last_seen: str
    risk: float
    band: Band | str
    recommendation: Recommendation | str


@dataclass(frozen=True)
class AccountPage:
    """One page of the stored accounts."""

    accounts: tuple[AccountRow, ...]
    next_page_token: str | None
    """Token that requests the next page; `None` on the last page."""


@dataclass(frozen=True)
class ContextSentence:
    """A measure that weighs nothing in the risk, in words."""

    technique: str
    """The technique that it is background for."""
    text: str
    """One plain sentence for people."""


@dataclass(frozen=True)
class Explanation:
    """The explanation of an account's assessment."""

    account: Account
    baseline: str
    """Description of the group that the reasons compare the account with."""
    technique: str | None
    """The technique that explains most of the risk."""
    looks_for: str
    """Description of the behaviour that this technique's detector looks for."""
    look_alikes: tuple[str, ...]
    """Benign uses that can look alike."""
    not_used: str
    """Description of the data that no detector looks at."""
    contest: str
    """How the account's owner can contest it."""
    context: tuple[ContextSentence, ...] = ()
    """Measures of the account that weigh nothing in the risk: background for the reasons."""


def to_json(value: object) -> object:
    """Convert a dataclass of this file to JSON; absent fields are omitted."""
    if is_dataclass(value) and not isinstance(value, type):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: to_json(part) for name, part in named if part is not None}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("time: expected a datetime with an offset, got one without")
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): to_json(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(part) for part in value]
    return value
