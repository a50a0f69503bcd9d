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
    """Text, or the usual list of parts, of which the server reads the text parts."""


@dataclass(frozen=True)
class Parameters:
    """Sampling and output settings, as the caller set them. Absent is never evidence."""

    temperature: float | None = None
    max_tokens: int | None = None
    n: int | None = None
    """Number of answers asked for."""
    response_format: str | None = None
    """`text`, `json_object`, `json_schema`; anything else counts as a format of its own."""
    reasoning_effort: str | None = None
    logprobs: bool | None = None


@dataclass(frozen=True)
class Response:
    """The answer, as far as the caller knows it."""

    text: str | None = None
    finish_reason: str | None = None
    """`stop`, `length`, `tool_calls`, `content_filter`, or the other common names of these four."""
    status: int | None = None
    """HTTP status of the call."""
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True)
class Client:
    """Where the call came from. Becomes keyed digests at the door; place is never a feature."""

    ip: str | None = None
    user_agent: str | None = None
    tls_fingerprint: str | None = None
    """Such as JA4."""
    api_key: str | None = None
    """Name of the API key, never the key itself."""
    payment: str | None = None
    """Name of the payment instrument."""


@dataclass(frozen=True)
class Exchange:
    """One request to a model and its answer."""

    account: str
    """Who made the request, in the caller's words."""
    model: str
    messages: Sequence[Message]
    """The conversation so far, oldest first; at least one."""
    id: str | None = None
    """The caller's id for this exchange. When absent the client sets a random one, the same on every retry."""
    time: datetime | str | None = None
    """When the request was made: with an offset, or RFC 3339 text. Absent: when the server read it."""
    organization: str | None = None
    conversation: str | None = None
    system: str | None = None
    """System prompt given apart from the messages."""
    tools: Sequence[str] | None = None
    """Names of the tools offered."""
    parameters: Parameters | None = None
    response: Response | None = None
    client: Client | None = None


@dataclass(frozen=True)
class Label:
    """A reviewer's label of an account or of one of its conversations. Exactly one of `account` and `pseudonym` is set."""

    account: str | None
    """The account, in the caller's words."""
    label: Literal["extraction", "benign"]
    techniques: Sequence[str] | None = None
    """Techniques used, by name; absent for benign."""
    reviewer: str | None = None
    """Who decided."""
    conversation: str | None = None
    """The one conversation that the label is about; absent: the whole account."""
    pseudonym: str | None = None
    """The account as `accounts.list()` names it: 32 hexadecimal digits."""


@dataclass(frozen=True)
class StoredLabel:
    """A label in force, with the names of a label file's line."""

    pseudonym: str
    account: str | None
    """The account's name; `None` when no label gave it."""
    label: Literal["extraction", "benign"] | str
    techniques: tuple[str, ...]
    conversation: str | None
    source: str | None
    """Who decided."""


@dataclass(frozen=True)
class LabelPage:
    """Some of the labels in force."""

    labels: tuple[StoredLabel, ...]
    next_page_token: str | None
    """What to ask for the next page with; `None` on the last."""


@dataclass(frozen=True)
class LabelReceipt:
    """Result of a label's submission."""

    labels: int
    """Labels in force: one per account and conversation."""
    replaced: bool
    """Whether an earlier label was replaced."""


@dataclass(frozen=True)
class Reason:
    """One additive term of a score, in numbers and in words."""

    code: str
    observed: float
    expected: float
    baseline_of: str
    """Whose usual `expected` is: `population`, all benign accounts."""
    contribution: float
    """Log-odds added to the score."""
    text: str
    technique: str | None


@dataclass(frozen=True)
class Assessment:
    """What Stillwatch says of an account after one exchange."""

    exchange: str
    account: str
    time: str
    exchange_count: int
    """Exchanges of the account counted so far, this one included."""
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
    """Of this conversation alone, as far as its text tells."""
    reasons: tuple[Reason, ...]
    """Largest first. With `base`, their contributions sum to `score`."""
    base: float
    score: float
    truncated: bool
    bundle: str
    """The model bundle that said so, such as `default@3`."""


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
    """How an account stands, without a new exchange."""

    account: str
    """The account's name, when the request gave it."""
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
    """One account of a list; names are not kept."""

    pseudonym: str
    exchange_count: int
    last_seen: str
    risk: float
    band: Band | str
    recommendation: Recommendation | str


@dataclass(frozen=True)
class AccountPage:
    """Some of the accounts that are remembered."""

    accounts: tuple[AccountRow, ...]
    next_page_token: str | None
    """What to ask for the next page with; `None` on the last."""


@dataclass(frozen=True)
class Explanation:
    """Why an account stands where it stands."""

    account: Account
    baseline: str
    """Whom the reasons compare it with, in words."""
    technique: str | None
    """The technique that explains most of the risk."""
    looks_for: str
    """What that technique's detector looks for."""
    look_alikes: tuple[str, ...]
    """Honest users who can look like it."""
    not_used: str
    """What no detector looks at."""
    contest: str
    """How the account's owner can contest it."""


def to_json(value: object) -> object:
    """JSON of a dataclass of this file; what is absent is left out."""
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
